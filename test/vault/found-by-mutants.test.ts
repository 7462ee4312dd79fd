// Scenario: small vaults, segments and blocks, each with the one thing wrong that a mutant of the
// code (test/vault-mutants) had overlooked without any test noticing.
// Guarantees: what is said in the title of each; about one check of the code each.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import { BlockHeader } from '../../src/vault/block-header.ts';
import { BlockIndex } from '../../src/vault/block-index.ts';
import { BlockProbe } from '../../src/vault/block-probe.ts';
import { ByteView } from '../../src/vault/byte-view.ts';
import { segmentPath } from '../../src/vault/file-names.ts';
import { BlockType, pieceSizeBytesMax } from '../../src/vault/format.ts';
import { SettleKind, VaultAnswer } from '../../src/vault/hand-over.ts';
import { IoFault } from '../../src/vault/io-fault.ts';
import { ReadStatus } from '../../src/vault/read-status.ts';
import { VaultSpace } from '../../src/vault/space.ts';
import { U64 } from '../../src/vault/u64.ts';
import { makeVaultFolders, vaultFolders } from '../../src/vault/vault-folders.ts';
import { vaultTagOf } from '../../src/vault/vault-uuid.ts';
import { LogBuilder } from '../support/log-builder.ts';
import { endOf, LogReading, putSegment } from '../support/log-read-rig.ts';
import {
  bodyOf,
  callsOf,
  failNext,
  LogWriterRig,
  simulatedVault,
} from '../support/log-writer-rig.ts';
import { newImage, newVault, put, recover } from '../support/recovery-rig.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';
import { group, twoSegments } from '../support/two-segments.ts';
import { changesOf, commitAll, segmentsOn, startLife } from '../support/vault-lives.ts';
import { xxh64 } from '../support/xxh64.ts';

const unit = 4096;

test('index() walks a segment of whose footer any bit is flipped', () => {
  const { disk, image, end, first } = twoSegments();
  const footer = image.blocks.find(({ type }) => type === BlockType.Footer)!;
  const rows = (): unknown => {
    const { source, reader } = new LogReading(disk, image.vaultUuid);
    source.refresh(end);
    const index = new BlockIndex();
    assert.equal(reader.index(source.segments[0]!, end, index), IoFault.None);
    const all = Array.from({ length: index.count }, (_, row) => [
      ...[index.blockSeq(row), index.firstEntrySeq(row), index.entryCount(row)],
    ]);
    return { isFromFooter: index.isFromFooter, all };
  };
  const whole = rows();
  assert.deepEqual(whole, { ...(whole as object), isFromFooter: true });
  const storedBits = 8 * (8 + 32 * 4);
  for (let bit = 0; bit < storedBits; bit += 5) {
    const at = 8 * (footer.offsetBytes + 128) + bit;
    disk.flipBit(first, at);
    assert.deepEqual(rows(), { ...(whole as object), isFromFooter: false }, `bit ${bit}`);
    disk.flipBit(first, at);
  }
});

/** A block of two units of segment 1, and who asks for it. */
function probed() {
  const image = new LogBuilder();
  image.begin();
  image.addGroup([Buffer.from(Array.from({ length: 6_000 }, (_, at) => (at * at * 7) >> 5))]);
  const [block] = image.blocks;
  assert.ok(block !== undefined && block.endBytes - block.offsetBytes === 2 * unit);
  const { vaultUuid, header } = image;
  const { segmentId, epoch, salt } = header;
  const identity = { vaultTag: vaultTagOf(vaultUuid), segmentId, epoch, salt };
  const area = new ByteView(image.bytes());
  return { area, identity, probe: new BlockProbe(area, xxh64), at: block.offsetBytes };
}

test('probe() tells segment numbers apart that differ above 2^32', () => {
  const { identity, probe, at } = probed();
  const read = (segmentId: number) =>
    probe.readHeader(at, at, { ...identity, segmentId }, new BlockHeader());
  assert.equal(read(1), ReadStatus.Ok);
  for (const high of [1, 2, 2 ** 20]) assert.equal(read(1 + high * 2 ** 32), ReadStatus.Misplaced);
});

test('probe() takes no byte behind the end of its buffer for the block', () => {
  const { identity, probe, at } = probed();
  const read = (endBytes: number) => probe.probe(at, endBytes, at, identity, new BlockHeader());
  assert.equal(read(at + 2 * unit), ReadStatus.Ok);
  assert.equal(read(at + 2 * unit - 8), ReadStatus.Truncated);
  assert.equal(read(at + unit), ReadStatus.Truncated);
});

test('next() gives no block that reaches over the durable end', () => {
  const disk = new SimulatedDisk();
  const image = new LogBuilder();
  image.begin();
  image.addGroup(group(0, 2));
  image.addGroup([Buffer.from(Array.from({ length: 6_000 }, (_, at) => (at * at * 7) >> 5))]);
  putSegment(disk, image, MiB);
  const end = endOf(image, true);
  assert.equal(new LogReading(disk, image.vaultUuid).toEnd(end), '0-1 2 end');
  end.endBytes -= unit;
  assert.equal(new LogReading(disk, image.vaultUuid).toEnd(end), '0-1 lost 2 end');
});

/** Blocks that follow each other by chain again, whatever was put into them. */
function rechain(bytes: Buffer, offsets: readonly number[]): Buffer {
  const hash = new U64();
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [index, at] of offsets.entries()) {
    if (index > 0) hash.write(view, at + 88);
    xxh64.hash64(bytes, at, 120, hash);
    hash.write(view, at + 120);
  }
  return bytes;
}

function cutLog(bodies: readonly Uint8Array[]) {
  const image = new LogBuilder();
  image.begin({ capacityBytes: 8 * MiB });
  image.addGroup(bodies);
  return { image, bytes: Buffer.from(image.bytes()), blocks: image.blocks };
}

function readCut({ image, bytes, blocks }: ReturnType<typeof cutLog>): string {
  const disk = new SimulatedDisk();
  putSegment(disk, image, 8 * MiB);
  const offsets = blocks.map(({ offsetBytes }) => offsetBytes);
  disk.overwrite(segmentPath(1), rechain(bytes, offsets), 0);
  return new LogReading(disk, image.vaultUuid).toEnd(endOf(image, true));
}

test('next() puts no piece into an entry that is of another body', () => {
  const body = Buffer.alloc(pieceSizeBytesMax + 1_000, 1);
  const log = cutLog([body]);
  assert.equal(readCut(log), '0 end');
  const other = cutLog([Buffer.alloc(body.length, 2)]);
  const last = other.blocks[1]!;
  assert.deepEqual(last, log.blocks[1]);
  log.bytes.set(other.bytes.subarray(last.offsetBytes, last.endBytes), last.offsetBytes);
  assert.equal(readCut(log), 'lost 0 end');
});

test('next() puts no piece into an entry at another place than it was cut out from', () => {
  const log = cutLog([Buffer.alloc(4 * pieceSizeBytesMax, 1)]);
  const [, second, third] = log.blocks;
  assert.ok(second !== undefined && third !== undefined);
  const header = Buffer.from(log.bytes.subarray(third.offsetBytes, third.offsetBytes + 128));
  log.bytes.copyWithin(third.offsetBytes, second.offsetBytes, second.endBytes);
  const hashes = Buffer.from(log.bytes.subarray(third.offsetBytes + 96, third.offsetBytes + 104));
  const length = log.bytes.readUInt32LE(third.offsetBytes + 68);
  log.bytes.set(header, third.offsetBytes);
  log.bytes.set(hashes, third.offsetBytes + 96);
  log.bytes.writeUInt32LE(length, third.offsetBytes + 68);
  assert.equal(third.endBytes - third.offsetBytes, second.endBytes - second.offsetBytes);
  assert.equal(readCut(log), 'lost 0 end');
});

test('refresh() leaves out a segment of which nothing counts, and says so', () => {
  const disk = new SimulatedDisk();
  const image = new LogBuilder();
  image.begin();
  image.addGroup(group(0, 2));
  putSegment(disk, image, MiB);
  const point = image.point();
  image.end();
  image.begin();
  image.addGroup(group(2, 3));
  putSegment(disk, image, MiB);
  image.restore(point);
  image.begin();
  image.addGroup(group(2, 1));
  putSegment(disk, image, MiB);
  const { source } = new LogReading(disk, image.vaultUuid);
  source.refresh(endOf(image, true));
  const ids = source.segments.map(({ segmentId }) => segmentId);
  assert.deepEqual(ids, [1, 3]);
  assert.deepEqual(
    source.strangers.map(({ name, why }) => [name, why]),
    [['0000000000000002.vlt', 'void']],
  );
});

test('recovery gives no number again of which only a segment header is left', () => {
  const image = newImage();
  Object.assign(image, { nextBlockSeq: 5, durableSeq: 4, nextEntrySeq: 9, durableEntryEnd: 9 });
  image.header.segmentId = 6;
  const bytes = image.begin().bytes(8 * unit);
  const disk = newVault();
  put(disk, segmentPath(3), bytes); // copied back under another name
  const { origin } = recover(disk);
  const { nextSegmentId, nextBlockSeq, nextEntrySeq } = origin;
  assert.deepEqual([nextSegmentId, nextBlockSeq, nextEntrySeq], [8, 6, 10]);
});

test('makeVaultFolders() makes folders that survive a loss of power', () => {
  const disk = new SimulatedDisk();
  assert.equal(makeVaultFolders(disk), IoFault.None);
  const then = disk.crashed(() => 0);
  for (const folder of vaultFolders) assert.ok(then.has(folder), folder);
});

test('commit() never touches a file again whose seal failed', () => {
  for (const ahead of [1, 2]) {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes: 8 * unit });
    rig.prepare();
    for (let number = 1; number <= 4; number += 1) rig.commit([bodyOf(number)]);
    rig.prepare();
    failNext(disk, ahead, IoFault.Medium);
    const calls = callsOf(disk, () => {
      for (let number = 5; number <= 6; number += 1)
        assert.equal(rig.commit([bodyOf(number)]).answer, VaultAnswer.Acked);
    });
    // Names are those at open: it was a spare then, and so is the next.
    const seal = ['write seg/next.spare', 'fdatasync seg/next.spare'].slice(0, ahead);
    assert.deepEqual(calls.slice(0, ahead), seal);
    assert.equal(calls[ahead], 'open seg/next.spare', calls.join(', '));
    assert.equal(rig.writer.counts.poisonedFiles, 1);
  }
});

test('reserve() never counts more than the limit', () => {
  const directory = new SimulatedDisk();
  const space = new VaultSpace({ directory, limitBytes: 100, minFreeBytes: 0 });
  assert.ok(space.reserve(60));
  assert.ok(!space.reserve(41));
  assert.ok(space.reserve(40));
  assert.equal(space.usedBytes, 100);
});

test('step() deletes nothing before the cursors that settled it are durable', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  commitAll(rig, 6);
  const names = segmentsOn(disk);
  assert.ok(names.length >= 3);
  rig.settle(SettleKind.Delivered, 0, 6);
  rig.turn(); // time stands still, so no cursor is due
  assert.deepEqual(segmentsOn(disk), names);
  const changes = changesOf(disk, () => rig.pass(2_000));
  const deletion = changes.findIndex((change) => change.startsWith('unlink seg/00'));
  const before = changes.slice(0, deletion).filter((change) => /fdatasync cursor/.test(change));
  assert.ok(deletion > 0 && before.length >= 1, changes.join(', '));
});

test('close() looks for the lock before it writes anything', () => {
  const disk = new SimulatedDisk();
  const rig = startLife(disk);
  commitAll(rig, 1, 100);
  rig.append('late');
  rig.settle(SettleKind.Delivered, 0, 1);
  rig.holdsLock = false;
  assert.deepEqual(
    changesOf(disk, () => rig.vault.close()),
    [],
  );
  assert.deepEqual(
    rig.answers().map(({ answer }) => answer),
    [VaultAnswer.ReadOnly],
  );
});
