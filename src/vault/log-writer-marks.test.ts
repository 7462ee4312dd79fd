import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptedSegments } from '../../test/support/accepted-log.ts';
import {
  bodyOf,
  callsOf,
  failNext,
  LogWriterRig,
  numbersOn,
  simulatedVault,
} from '../../test/support/log-writer-rig.ts';
import { BlockType } from './format.ts';
import { VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';
import { LossRange } from './loss-payload.ts';

const { Acked, Full } = VaultAnswer;
const unit = 4096;

describe('LogWriter.mark()', () => {
  it('says once that the last group is durable', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    assert.ok(!rig.writer.needsMark);
    rig.commit([bodyOf(1)]);
    assert.ok(rig.writer.needsMark);
    assert.equal(rig.writer.mark(), Acked);
    assert.ok(!rig.writer.needsMark);
    assert.deepEqual(
      callsOf(disk, () => rig.writer.mark()),
      [],
    );
    const [, mark] = acceptedSegments(disk)[0]!.blocks;
    const { type, durableSeq, blockSeq, entryCount, firstEntrySeq, sinceDurable } = mark!;
    assert.deepEqual([type, durableSeq, blockSeq], [BlockType.Mark, 1, 2]);
    assert.deepEqual([entryCount, firstEntrySeq, sinceDurable], [0, 1, 0]);
  });

  it('always has room in the live file', () => {
    for (let sizeBytes = 40_000; sizeBytes < 52_000; sizeBytes += 500) {
      const disk = simulatedVault();
      const rig = new LogWriterRig(disk, { limitBytes: 2 * 16 * unit });
      if (rig.commit([bodyOf(1, sizeBytes)]).answer !== Acked) continue;
      while (rig.commit([bodyOf(2)]).answer === Acked);
      assert.equal(rig.writer.mark(), Acked);
      assert.equal(rig.writer.end.liveSegmentId, 1);
      assert.ok(rig.writer.seal());
    }
  });

  it('takes the reserve when its file fails and there is no spare', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { limitBytes: 2 * 16 * unit });
    rig.commit([bodyOf(1)]);
    failNext(disk, 1, IoFault.Medium);
    assert.equal(rig.writer.mark(), Acked);
    assert.equal(rig.writer.end.liveSegmentId, 2);
    const [first, second] = acceptedSegments(disk);
    assert.equal(first?.blocks.length, 1);
    assert.equal(second?.header.prevLastBlock, 1);
    assert.equal(second?.blocks[0]?.flags, 4 | 8 | 16);
    assert.deepEqual(numbersOn(disk), [1]);
  });
});

describe('LogWriter.appendLoss()', () => {
  const range = new LossRange();
  Object.assign(range, { fromEntrySeq: 0, toEntrySeq: 1, sizeBytes: 9, segmentId: 1 });

  it('writes into a full log, with the reserve if it must', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { limitBytes: 2 * 16 * unit });
    while (rig.commit([bodyOf(1, 3000)]).answer === Acked);
    assert.equal(rig.writer.state, LogState.Full);
    assert.equal(rig.writer.appendLoss([range], 1), Acked);
    const segments = acceptedSegments(disk);
    assert.equal(segments.length, 2);
    assert.equal(segments[0]?.blocks.at(-1)?.type, BlockType.Trailer);
    assert.deepEqual(
      segments[1]?.blocks.map(({ type }) => type),
      [BlockType.Loss],
    );
    assert.equal(rig.commit([bodyOf(2)]).answer, Full);
    // The oldest goes: the reserve is made again first, and it takes all there is.
    rig.segments.deleteBelow(rig.writer.end.entryEnd, 9, () => true);
    rig.prepare();
    assert.ok(disk.has('seg/reserve.spare') && !disk.has('seg/next.spare'));
    assert.equal(rig.commit([bodyOf(2)]).answer, Full);
  });

  it('has room in each segment of a log without a reserve', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { limitBytes: 2 * 16 * unit, keepsReserve: false });
    rig.prepare();
    let count = 0;
    while (rig.commit([bodyOf(count, 3000)]).answer === Acked) count += 1;
    assert.equal(acceptedSegments(disk).length, 2);
    assert.equal(rig.writer.mark(), Acked); // what an idle moment does
    assert.equal(rig.writer.appendLoss([range], 1), Acked);
    assert.equal(acceptedSegments(disk).length, 2);
    rig.segments.deleteBelow(rig.segments.at(0).entryEnd, 9, () => false);
    rig.prepare();
    assert.equal(rig.writer.state, LogState.Ok);
    assert.equal(rig.commit([bodyOf(count)]).answer, Acked);
    assert.ok(rig.space.usedBytes <= 2 * 16 * unit);
  });
});
