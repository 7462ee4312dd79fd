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
import { BlockFlag } from './format.ts';
import { VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';

const { Acked, Full, ReadOnly } = VaultAnswer;
const unit = 4096;
const segment1 = 'seg/0000000000000001.vlt';
const segment2 = 'seg/0000000000000002.vlt';

describe('LogWriter, after a failure,', () => {
  it('writes the group again with the same numbers, and voids the first copy', () => {
    for (const [ahead, fault] of [
      [1, IoFault.Medium],
      [2, IoFault.Medium],
      [1, IoFault.Invalid],
    ] as const) {
      const disk = simulatedVault();
      const rig = new LogWriterRig(disk);
      rig.prepare();
      rig.commit([bodyOf(1)]);
      rig.prepare();
      failNext(disk, ahead, fault);
      const before = disk.script.calls.length;
      const { answer, entries } = rig.commit([bodyOf(2), bodyOf(3)]);
      assert.equal(answer, Acked);
      // Nothing touches the first file again.
      assert.deepEqual(
        disk.script.calls.slice(before).map(({ name }) => name),
        [
          ...['write', 'fdatasync'].slice(0, ahead),
          ...['open', 'rename', 'fsyncdir', 'write', 'fdatasync'],
        ],
      );
      assert.deepEqual(
        entries.map(({ entrySeq }) => entrySeq),
        [1, 2],
      );
      const [first, second] = acceptedSegments(disk);
      assert.equal(first?.blocks.length, 1);
      const { prevSegmentId, prevLastBlock, prevEntryEnd, firstBlockSeq } = second!.header;
      assert.deepEqual([prevSegmentId, prevLastBlock, prevEntryEnd, firstBlockSeq], [1, 1, 1, 3]);
      assert.ok(second!.header.prevChain.equals(first!.blocks[0]!.headerHash));
      const { flags, durableSeq, sinceDurable } = second!.blocks[0]!;
      assert.equal(flags, BlockFlag.Frame | 4 | 8 | 16);
      assert.deepEqual([durableSeq, sinceDurable], [1, 0]);
      assert.deepEqual(numbersOn(disk), [1, 2, 3]);
      assert.equal(rig.writer.state, LogState.Ok);
      assert.equal(rig.writer.counts.poisonedFiles, 1);
      assert.equal(rig.writer.counts.rewrittenGroups, 1);
      const poisoned = { segmentId: 1, sizeBytes: 16 * unit, firstEntrySeq: 0, entryEnd: 1 };
      assert.deepEqual(rig.segments.at(0), poisoned);
    }
  });

  it('is read-only after the second one, and burns the numbers', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    rig.commit([bodyOf(1)]);
    rig.prepare();
    failNext(disk, 2, IoFault.Medium);
    failNext(disk, 7, IoFault.Medium); // open, rename, fsyncdir, write, fdatasync
    assert.equal(rig.commit([bodyOf(2)]).answer, ReadOnly);
    assert.equal(rig.writer.state, LogState.ReadOnly);
    assert.equal(rig.writer.end.liveSegmentId, 0);
    assert.equal(rig.writer.counts.givenUpEntries, 1);
    assert.deepEqual(
      callsOf(disk, () => {
        assert.equal(rig.commit([bodyOf(3)]).answer, ReadOnly);
        assert.equal(rig.writer.mark(), ReadOnly);
        assert.ok(!rig.writer.background(9));
        assert.ok(!rig.writer.seal());
      }),
      [],
    );
    const calls = callsOf(disk, () => assert.ok(rig.writer.probe()));
    assert.deepEqual(
      calls.map((call) => call.split(' ')[0]),
      [...['unlink', 'open', 'write', 'fdatasync', 'read', 'unlink']],
    );
    const { answer, entries } = rig.commit([bodyOf(4)]);
    assert.equal(answer, Acked);
    assert.equal(entries[0]?.entrySeq, 2);
    const segments = acceptedSegments(disk);
    assert.equal(segments.at(-1)?.blocks[0]?.sinceDurable, 1);
    assert.deepEqual(numbersOn(disk), [1, 4]);
  });

  it('is read-only without a file when no spare can be made', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    rig.commit([bodyOf(1, 30_000)]);
    failNext(disk, 2, IoFault.Medium); // open, write
    failNext(disk, 6, IoFault.Medium); // unlink twice, open, write
    assert.equal(rig.commit([bodyOf(2, 30_000)]).answer, ReadOnly);
    assert.equal(rig.writer.end.liveSegmentId, 0);
    assert.equal(rig.segments.at(0).entryEnd, 1);
    assert.equal(rig.writer.counts.poisonedFiles, 0);
    assert.ok(rig.writer.probe());
    assert.equal(rig.commit([bodyOf(3)]).answer, Acked);
    assert.deepEqual(numbersOn(disk), [1, 3]);
  });

  it('stays read-only while the disk lies or refuses', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    disk.isReadOnly = true;
    assert.equal(rig.commit([bodyOf(1)]).answer, ReadOnly);
    assert.ok(!rig.writer.probe());
    disk.isReadOnly = false;
    const before = disk.script.calls.length;
    disk.script.inject(before + 3, { kind: 'lost' }); // the write
    assert.ok(!rig.writer.probe());
    assert.ok(rig.writer.probe());
    assert.equal(rig.commit([bodyOf(2)]).answer, Acked);
    assert.deepEqual(numbersOn(disk), [2]);
  });

  it('is full when there is no space, and goes on when a spare is ready', () => {
    for (const fault of [IoFault.NoSpace, IoFault.Quota]) {
      const disk = simulatedVault();
      const rig = new LogWriterRig(disk);
      rig.prepare();
      rig.commit([bodyOf(1)]);
      failNext(disk, 1, fault);
      assert.equal(rig.commit([bodyOf(2)]).answer, Full);
      assert.equal(rig.writer.state, LogState.Full);
      assert.equal(rig.writer.lastFault, fault);
      assert.equal(rig.commit([bodyOf(3)]).answer, Full);
      rig.prepare();
      assert.equal(rig.writer.state, LogState.Ok);
      const { answer, entries } = rig.commit([bodyOf(4)]);
      assert.equal(answer, Acked);
      assert.equal(entries[0]?.entrySeq, 2);
      assert.deepEqual(numbersOn(disk), [1, 4]);
    }
  });

  it('asks another file for the cause of a short write', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    rig.commit([bodyOf(1)]);
    rig.prepare();
    const number = disk.script.calls.length + 1;
    disk.script.inject(number, { kind: 'fault', fault: IoFault.Short, writtenBytes: 4096 });
    assert.equal(rig.commit([bodyOf(2, 9000)]).answer, Acked);
    assert.deepEqual(numbersOn(disk), [1, 2]);
    const next = disk.script.calls.length + 1;
    disk.script.inject(next, { kind: 'fault', fault: IoFault.Short, writtenBytes: 4096 });
    failNext(disk, 4, IoFault.NoSpace); // unlink, open, write of the probe
    const calls = callsOf(disk, () => {
      assert.equal(rig.commit([bodyOf(3, 9000)]).answer, Full);
    });
    assert.deepEqual(calls.slice(1, 4), [
      ...['unlink seg/probe.tmp', 'open seg/probe.tmp', 'write seg/probe.tmp'],
    ]);
  });

  it('unlinks a file that never held a durable group', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.prepare();
    failNext(disk, 5, IoFault.Medium);
    assert.equal(rig.commit([bodyOf(1)]).answer, Acked);
    assert.ok(!disk.has(segment1) && disk.has(segment2));
    const [segment] = acceptedSegments(disk);
    assert.equal(segment?.header.prevSegmentId, 0);
    assert.equal(rig.segments.count, 0);
  });

  it('becomeReadOnly() writes and unlinks nothing', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk);
    rig.commit([bodyOf(1)]);
    rig.writer.background(1);
    assert.deepEqual(
      callsOf(disk, () => {
        rig.writer.becomeReadOnly();
        assert.equal(rig.commit([bodyOf(2)]).answer, ReadOnly);
      }),
      [],
    );
    assert.ok(rig.writer.probe());
    rig.prepare();
    assert.equal(rig.commit([bodyOf(3)]).answer, Acked);
    assert.deepEqual(numbersOn(disk), [1, 3]);
  });
});
