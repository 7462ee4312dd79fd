import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bodyOf, LogWriterRig, simulatedVault } from '../../test/support/log-writer-rig.ts';
import { OpenMode } from './block-file.ts';
import { VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';
import { SpareState } from './spares.ts';

const unit = 4096;
const MiB = 1024 * 1024;
const capacityBytes = 16 * unit;

describe('Spares', () => {
  it('fills the reserve first, a MiB at a time, under another name until it is durable', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes: 2 * MiB });
    assert.ok(rig.writer.background(2)); // makes the file, and one slice
    assert.equal(rig.writer.spareState, SpareState.Filling);
    assert.equal(disk.contents('seg/reserve.spare.tmp').length, MiB);
    assert.equal(rig.space.usedBytes, 2 * MiB);
    assert.ok(rig.writer.background(1));
    assert.equal(disk.contents('seg/reserve.spare').length, 2 * MiB);
    assert.ok(!disk.has('seg/next.spare.tmp'));
    assert.ok(rig.writer.background(1));
    assert.ok(rig.writer.background(1));
    assert.ok(!rig.writer.background(1));
    assert.ok(disk.contents('seg/next.spare').every((byte) => byte === 0));
    assert.equal(rig.writer.spareState, SpareState.Ready);
    assert.equal(rig.writer.spareBytes, 4 * MiB);
    assert.deepEqual(
      disk.script.calls.slice(-3).map(({ name }) => name),
      ['fdatasync', 'rename', 'fsyncdir'],
    );
  });

  it('takes complete ones of an earlier life and removes the others', () => {
    const disk = simulatedVault();
    const before = new LogWriterRig(disk, { capacityBytes });
    before.prepare();
    before.writer.close();
    for (const [path, sizeBytes] of [
      ['seg/next.spare.tmp', unit],
      ['seg/probe.tmp', unit],
      ['seg/other.spare', unit],
    ] as const) {
      const opened = disk.open(path, { mode: OpenMode.Create, direct: false });
      assert.ok(opened.fault === IoFault.None);
      opened.file.write(new Uint8Array(sizeBytes), 0, sizeBytes, 0);
      opened.file.close();
    }
    const rig = new LogWriterRig(disk, { capacityBytes });
    rig.space.count(2 * capacityBytes + 3 * unit);
    assert.equal(rig.writer.adoptSpares(), IoFault.None);
    assert.equal(rig.writer.spareState, SpareState.Ready);
    assert.equal(rig.space.usedBytes, 2 * capacityBytes + unit);
    assert.ok(disk.has('seg/other.spare') && !disk.has('seg/probe.tmp'));
    const calls = disk.script.calls.length;
    rig.prepare();
    assert.equal(disk.script.calls.length, calls);

    const larger = new LogWriterRig(disk, { capacityBytes: 2 * capacityBytes });
    larger.space.count(2 * capacityBytes + unit);
    larger.writer.adoptSpares();
    assert.equal(larger.writer.spareBytes, 0);
    assert.equal(larger.space.usedBytes, unit);
  });

  it('are finished by a commit that needs one', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes: 3 * MiB });
    rig.writer.background(2);
    assert.equal(rig.commit([bodyOf(1)]).answer, VaultAnswer.Acked);
    assert.ok(disk.has('seg/reserve.spare') && !disk.has('seg/next.spare'));
  });

  it('are needed soon while more of them is missing than the live segment has room for', () => {
    const rig = new LogWriterRig(simulatedVault(), { capacityBytes: 4 * MiB });
    const { writer } = rig;
    assert.ok(writer.needsSpareSoon, 'no segment is open');
    rig.prepare();
    rig.commit([bodyOf(1)]);
    const slices = [];
    for (; writer.needsSpareSoon; writer.background(1)) slices.push(writer.spareState);
    // A quarter of the room is left to groups that end the segment early.
    assert.deepEqual(slices, [SpareState.None, SpareState.Filling, SpareState.Filling]);
    assert.ok(writer.giveUpSpare());
    assert.ok(writer.needsSpareSoon, 'the reserve is missing as well');
  });

  it('harm nobody when they fail, and are called failing after three times', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes });
    rig.prepare();
    rig.commit([bodyOf(1)]);
    for (let failure = 1; failure <= 3; failure += 1) {
      assert.notEqual(rig.writer.spareState, SpareState.Failing);
      const write = disk.script.calls.length + 2; // behind open
      disk.script.inject(write, { kind: 'fault', fault: IoFault.Medium });
      assert.ok(!rig.writer.background(9));
      assert.ok(!disk.has('seg/next.spare.tmp'));
      // It waits for a second before it asks the disk again.
      const calls = disk.script.calls.length;
      assert.ok(!rig.writer.background(9));
      assert.equal(disk.script.calls.length, calls);
      rig.clock.advance(1000);
    }
    assert.equal(rig.writer.spareState, SpareState.Failing);
    assert.equal(rig.writer.lastFault, IoFault.Medium);
    assert.equal(rig.commit([bodyOf(2)]).answer, VaultAnswer.Acked);
    rig.prepare();
    assert.equal(rig.writer.spareState, SpareState.Ready);
    rig.folder.flush();
    assert.equal(rig.space.usedBytes, 3 * capacityBytes);
  });

  it('leave some of the file system to others', () => {
    const disk = simulatedVault({ capacityBytes: 10 * capacityBytes });
    const rig = new LogWriterRig(disk, { capacityBytes, minFreeBytes: 8.5 * capacityBytes });
    rig.prepare();
    assert.equal(disk.usedBytes, capacityBytes);
    assert.equal(rig.space.usedBytes, capacityBytes);
    assert.equal(rig.writer.spareState, SpareState.Refused);
    assert.equal(rig.commit([bodyOf(1)]).answer, VaultAnswer.Full);
    const share = new LogWriterRig(simulatedVault({ capacityBytes: 2.1 * capacityBytes }), {
      ...{ capacityBytes, minFreeBytes: undefined },
    });
    share.prepare();
    assert.equal(share.writer.spareBytes, capacityBytes);
  });

  it('are no damage when the disk is full, whether it says so or writes short', () => {
    for (const fault of [IoFault.NoSpace, IoFault.Short] as const) {
      const disk = simulatedVault({ capacityBytes: 5 * capacityBytes });
      const rig = new LogWriterRig(disk, { capacityBytes });
      rig.prepare();
      rig.commit([bodyOf(1, 40_000)]);
      const write = disk.script.calls.length + 2;
      disk.script.inject(write, { kind: 'fault', fault });
      if (fault === IoFault.Short) {
        disk.script.inject(write + 3, { kind: 'fault', fault: IoFault.NoSpace }); // the probe's
      }
      assert.equal(rig.commit([bodyOf(2, 40_000)]).answer, VaultAnswer.Full);
      assert.equal(rig.writer.state, LogState.Full);
      rig.clock.advance(1000);
      rig.prepare();
      assert.equal(rig.writer.state, LogState.Ok);
      assert.equal(rig.commit([bodyOf(2, 40_000)]).answer, VaultAnswer.Acked);
    }
  });

  it('get over a file in their way', () => {
    const disk = simulatedVault();
    const opened = disk.open('seg/reserve.spare.tmp', { mode: OpenMode.Create, direct: false });
    assert.ok(opened.fault === IoFault.None);
    opened.file.close();
    const rig = new LogWriterRig(disk, { capacityBytes });
    assert.ok(!rig.writer.background(9));
    rig.clock.advance(1000);
    rig.prepare();
    assert.equal(rig.writer.spareState, SpareState.Ready);
  });

  it('do without one that somebody took away', () => {
    const disk = simulatedVault();
    const rig = new LogWriterRig(disk, { capacityBytes });
    rig.prepare();
    disk.unlink('seg/next.spare');
    assert.equal(rig.commit([bodyOf(1)]).answer, VaultAnswer.Acked);
    rig.prepare();
    rig.folder.flush();
    assert.equal(rig.space.usedBytes, 3 * capacityBytes);
  });
});
