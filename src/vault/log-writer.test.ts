import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptedEntries, acceptedSegments } from '../../test/support/accepted-log.ts';
import {
  bodyOf,
  buffers,
  callsOf,
  LogWriterRig,
  numbersOn,
  originOf,
  simulatedVault,
} from '../../test/support/log-writer-rig.ts';
import { BlockFlag, BlockType } from './format.ts';
import { VaultAnswer } from './hand-over.ts';
import { LogState } from './log-state.ts';
import { ReadStatus } from './read-status.ts';
import { SpareState } from './spares.ts';
import { readTrailer, Trailer } from './trailer.ts';
import { U64 } from './u64.ts';

const { Acked, Full, TooLarge } = VaultAnswer;
const unit = 4096;
const segment1 = 'seg/0000000000000001.vlt';

describe('LogWriter.commit()', () => {
  it('writes segment header and group in one go and syncs once', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    const calls = callsOf(disk, () => assert.equal(rig.commit([bodyOf(1)]).answer, Acked));
    assert.deepEqual(calls, [
      'open seg/next.spare',
      'rename seg/next.spare',
      'fsyncdir seg',
      'write seg/next.spare',
      'fdatasync seg/next.spare',
    ]);
    const more = callsOf(disk, () => assert.equal(rig.commit([bodyOf(2)]).answer, Acked));
    assert.deepEqual(more, ['write seg/next.spare', 'fdatasync seg/next.spare']);
    assert.deepEqual(numbersOn(disk), [1, 2]);
  });

  it('fills in every field of the headers', () => {
    const disk = simulatedVault();
    const origin = originOf();
    Object.assign(origin, { epoch: 3, nextSegmentId: 9, nextBlockSeq: 40, nextEntrySeq: 500 });
    Object.assign(origin, { lastBlockSeq: 30, entryEnd: 490, lastSegmentId: 7 });
    origin.chain.set(11, 12);
    const rig = new LogWriterRig(disk, { origin });
    const group = [bodyOf(1, 300_000), bodyOf(2), bodyOf(3)];
    assert.equal(new LogWriterRig(disk, { origin }).commit(group).answer, TooLarge);
    assert.equal(rig.commit([bodyOf(1), bodyOf(2)]).answer, Acked);
    assert.equal(rig.commit([bodyOf(3)]).answer, Acked);

    const [segment] = acceptedSegments(disk);
    const { header, blocks, path } = segment!;
    assert.equal(path, 'seg/0000000000000009.vlt');
    const { salt, createdNs, hash, prevChain, vaultUuid, ...plain } = header;
    assert.deepEqual(plain, {
      ...{ segmentId: 9, epoch: 3, flags: 1, firstBlockSeq: 40, firstEntrySeq: 500 },
      ...{ prevSegmentId: 7, prevLastBlock: 30, prevEntryEnd: 490, capacityUnits: 16 },
      ...{ minor: 0, incompat: 0, roCompat: 0, compat: 0, software: 'rig 1.0' },
    });
    assert.ok(!salt.isZero && !hash.isZero);
    assert.equal(createdNs.msOfNs, rig.clock.wallMs());
    assert.deepEqual(prevChain, new U64().set(11, 12));
    assert.deepEqual([...vaultUuid], Array(16).fill(0x5a));

    const [first, second] = blocks;
    const fields = ({ prevChain: chain, ...rest }: typeof first & object) => ({ ...rest, chain });
    const common = { type: 1, flags: 25, vaultTag: 0x5a5a5a5a, segmentId: 9, epoch: 3, salt };
    const { storedHash, headerHash, storedSizeBytes } = first!;
    assert.deepEqual(fields(first!), {
      ...{ ...common, sinceDurable: 10, offsetUnits: 1, blockSeq: 40, firstEntrySeq: 500 },
      ...{ entryCount: 2, rawSizeBytes: 2 * 168, groupIndex: 0, groupBlocks: 1, durableSeq: 30 },
      ...{ storedHash, headerHash, storedSizeBytes, chain: prevChain },
      newestReceivedNs: new U64().setNsOfMs(1_700_000_000_001),
    });
    assert.deepEqual(fields(second!), {
      ...{ ...common, sinceDurable: 0, offsetUnits: 2, blockSeq: 41, firstEntrySeq: 502 },
      ...{ entryCount: 1, rawSizeBytes: 168, groupIndex: 0, groupBlocks: 1, durableSeq: 40 },
      ...{ storedHash: second!.storedHash, headerHash: second!.headerHash },
      ...{ storedSizeBytes: second!.storedSizeBytes, chain: headerHash },
      newestReceivedNs: new U64().setNsOfMs(1_700_000_000_000),
    });
    assert.deepEqual(
      { ...rig.writer.end },
      {
        ...{ liveSegmentId: 9, endBytes: 3 * unit, blockSeq: 41, entryEnd: 503 },
      },
    );
  });

  it('cuts a large entry, and writes several times before the one sync', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes: 2048 * unit });
    rig.prepare();
    const calls = callsOf(disk, () => {
      assert.equal(rig.commit([bodyOf(7, 5_500_000)]).answer, Acked);
    });
    const written = calls.filter((call) => call.startsWith('write'));
    assert.equal(written.length, 2);
    assert.equal(calls.at(-1), 'fdatasync seg/next.spare');
    assert.equal(calls.filter((call) => call.startsWith('fdatasync')).length, 1);
    const { blocks } = acceptedSegments(disk)[0]!;
    const { Frame, GroupFirst, GroupLast, Continued, More } = BlockFlag;
    assert.deepEqual(
      blocks.map(({ flags }) => flags),
      [
        Frame | GroupFirst | More,
        ...Array(4).fill(Frame | Continued | More),
        Frame | GroupLast | Continued,
      ],
    );
    assert.deepEqual(
      blocks.map(({ entryCount, groupIndex }) => [entryCount, groupIndex]),
      [0, 1, 2, 3, 4, 5].map((index) => [index === 0 ? 1 : 0, index]),
    );
    const [entry] = acceptedEntries(disk);
    assert.ok(entry?.body.equals(bodyOf(7, 5_500_000)));
  });

  it('gives numbers without gaps, also to entries that share a block with larger ones', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes: 1024 * unit });
    const bodies = [10, 200_000, 100_000, 900_000, 1_500_000, 0, 3].map((size, n) =>
      bodyOf(n, size, n % 2 === 0),
    );
    const { entries } = rig.commit(bodies);
    assert.deepEqual(
      entries.map(({ entrySeq }) => entrySeq),
      [0, 1, 2, 3, 4, 5, 6],
    );
    const read = acceptedEntries(disk);
    assert.deepEqual(
      read.map(({ entrySeq }) => entrySeq),
      [0, 1, 2, 3, 4, 5, 6],
    );
    for (const [n, { body }] of read.entries()) assert.ok(body.equals(bodies[n]!));
    const { blocks } = acceptedSegments(disk)[0]!;
    assert.deepEqual(
      blocks.map(({ firstEntrySeq, entryCount }) => [firstEntrySeq, entryCount]),
      [
        [0, 2],
        [2, 1],
        [3, 1],
        [4, 1],
        [4, 0],
        [5, 2],
      ],
    );
    assert.equal(rig.writer.counts.entries, 7);
    assert.equal(rig.writer.counts.storedBytes, rig.writer.end.endBytes);
  });
});

describe('LogWriter, rotating,', () => {
  it('seals, takes the spare, answers, and only then cuts', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    rig.commit([bodyOf(1, 40_000)]);
    rig.prepare();
    const calls = callsOf(disk, () => {
      assert.equal(rig.commit([bodyOf(2, 20_000)]).answer, Acked);
    });
    assert.deepEqual(calls, [
      'write seg/next.spare', // footer and trailer, into the file that was opened by that name
      'fdatasync seg/next.spare',
      'open seg/next.spare',
      'rename seg/next.spare',
      'fsyncdir seg',
      'write seg/next.spare',
      'fdatasync seg/next.spare',
    ]);
    const usedBytes = rig.space.usedBytes;
    assert.deepEqual(rig.segments.at(0), {
      ...{ segmentId: 1, sizeBytes: 16 * unit, firstEntrySeq: 0, entryEnd: 1 },
    });
    const after = callsOf(disk, () => rig.writer.background(0));
    assert.deepEqual(after, ['truncate seg/next.spare', 'fdatasync seg/next.spare']);
    const sizeBytes = disk.contents(segment1).length;
    assert.equal(rig.segments.at(0).sizeBytes, sizeBytes);
    assert.equal(rig.space.usedBytes, usedBytes - 16 * unit + sizeBytes);
    assert.deepEqual(numbersOn(disk), [1, 2]);
  });

  it('leaves a trailer in the last unit that repeats the header', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.commit([bodyOf(1, 40_000), bodyOf(2)]);
    rig.writer.mark();
    assert.ok(rig.writer.seal());
    const bytes = disk.contents(segment1);
    const [segment] = acceptedSegments(disk);
    const { blocks, header } = segment!;
    const types = blocks.map(({ type }) => type);
    assert.deepEqual(types, [
      ...[BlockType.Data, BlockType.Mark, BlockType.Footer, BlockType.Trailer],
    ]);
    const { offsetUnits, blockSeq, durableSeq, firstEntrySeq } = blocks[3]!;
    assert.deepEqual([blockSeq, durableSeq, firstEntrySeq], [2, 2, 2]);
    assert.equal((offsetUnits + 1) * unit, bytes.length);
    const trailer = new Trailer();
    const { area, slot } = buffers;
    area.bytes.set(bytes.subarray(-unit), slot.offsetBytes);
    assert.equal(readTrailer(area, slot.offsetBytes + 128, trailer), ReadStatus.Ok);
    const { footerOffsetUnits, footerUnits, blockCount, lastBlockSeq, entryEnd } = trailer;
    assert.deepEqual(
      { footerOffsetUnits, footerUnits, blockCount, lastBlockSeq, entryEnd },
      {
        footerOffsetUnits: blocks[2]!.offsetUnits,
        ...{ footerUnits: 1, blockCount: 2 },
        ...{ lastBlockSeq: 2, entryEnd: 2 },
      },
    );
    assert.ok(trailer.lastChain.equals(blocks[1]!.headerHash));
    assert.ok(trailer.salt.equals(header.salt));
    assert.deepEqual(trailer.createdNs, header.createdNs);
    assert.equal(trailer.oldestReceivedNs.msOfNs, 1_700_000_000_000);
    assert.equal(trailer.newestReceivedNs.msOfNs, 1_700_000_000_001);
  });

  it('keeps the live file for what is smaller when there is no spare', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { limitBytes: 2 * 16 * unit });
    rig.commit([bodyOf(1, 30_000)]);
    assert.equal(rig.commit([bodyOf(2, 30_000)]).answer, Full);
    assert.equal(rig.writer.state, LogState.Full);
    assert.equal(rig.writer.spareState, SpareState.Refused);
    assert.equal(rig.writer.end.liveSegmentId, 1);
    assert.equal(rig.commit([bodyOf(3)]).answer, Full);
    assert.equal(rig.writer.counts.givenUpEntries, 0);
    assert.equal(rig.writer.position.nextEntrySeq, 1);
    assert.ok(rig.space.usedBytes <= rig.space.limitBytes);
  });
});
