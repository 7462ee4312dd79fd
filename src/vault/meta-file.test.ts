import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newVault, recoveryOptions, unit } from '../../test/support/recovery-rig.ts';
import type { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { IoFault } from './io-fault.ts';
import { MetaFile, MetaFound } from './meta-file.ts';

function metaOf(disk: SimulatedDisk): { meta: MetaFile; found: MetaFound } {
  const meta = new MetaFile(recoveryOptions(disk));
  return { meta, found: meta.read() };
}

function written(disk: SimulatedDisk, ...epochs: number[]): MetaFile {
  const { meta } = metaOf(disk);
  const floors = { nextSegmentId: 1, nextBlockSeq: 1, capacityUnits: 16 };
  for (const epoch of epochs) {
    Object.assign(meta.slot, floors, { epoch });
    assert.equal(meta.write(), IoFault.None);
  }
  return meta;
}

test('read() gives the newest slot, and says when the one before is bad', () => {
  const disk = newVault();
  assert.equal(metaOf(disk).found, MetaFound.None);
  written(disk, 1);
  assert.equal(metaOf(disk).found, MetaFound.Valid);
  written(disk, 2, 3);
  const { meta, found } = metaOf(disk);
  assert.deepEqual([found, meta.slot.epoch, meta.slot.generation], [MetaFound.Valid, 3, 3]);
  disk.flipBit('META', 8 * (unit + 200)); // slot 1 holds generation 3
  const before = metaOf(disk);
  assert.deepEqual([before.found, before.meta.slot.epoch], [MetaFound.OneSlot, 2]);
  disk.breakUnit('META', 0);
  assert.equal(metaOf(disk).found, MetaFound.Lost);
});

test('write() leaves the newest slot alone until the next one is durable', () => {
  const disk = newVault();
  const meta = written(disk, 1, 2);
  const from = disk.script.calls.length;
  meta.slot.epoch = 3;
  assert.equal(meta.write(), IoFault.None);
  const names = disk.script.calls
    .slice(from)
    .map(({ name, positionBytes }) => [name, positionBytes]);
  assert.deepEqual(names, [
    ['open', 0],
    ['write', unit], // generation 3
    ['fdatasync', 0],
  ]);
});

test('write() makes a new file after a failed write or flush, and never syncs the old one', () => {
  for (const step of [2, 3]) {
    const disk = newVault();
    const meta = written(disk, 1, 2);
    const from = disk.script.calls.length;
    disk.script.inject(from + step, { kind: 'fault', fault: IoFault.Medium });
    meta.slot.epoch = 3;
    assert.equal(meta.write(), IoFault.None);
    const calls = disk.script.calls.slice(from + step).map(({ name, path }) => `${name} ${path}`);
    assert.deepEqual(calls, [
      ...['unlink META.tmp', 'open META.tmp', 'write META.tmp', 'fdatasync META.tmp'],
      ...['rename META.tmp', 'fsyncdir '],
    ]);
    const found = metaOf(disk.crashed(() => 0));
    assert.deepEqual([found.found, found.meta.slot.epoch], [MetaFound.Valid, 3]);
  }
});

test('write() that fails for good leaves a META that can be read, in any crash', () => {
  for (let call = 1; call <= 9; call += 1) {
    for (const survivors of [() => 0, (count: number) => count - 1]) {
      const disk = newVault();
      const meta = written(disk, 1, 2);
      const from = disk.script.calls.length;
      for (let at = from + call; at < from + 20; at += 1)
        disk.script.inject(at, { kind: 'fault', fault: IoFault.Medium });
      meta.slot.epoch = 3;
      const isWritten = meta.write() === IoFault.None;
      const { meta: after } = metaOf(disk.crashed(survivors));
      assert.ok(after.slot.epoch === 3 || (!isWritten && after.slot.epoch === 2), `call ${call}`);
    }
  }
});

test('write() takes room for a new file before it makes it', () => {
  const disk = newVault();
  const options = recoveryOptions(disk);
  const meta = new MetaFile(options);
  meta.read();
  Object.assign(meta.slot, { epoch: 1, nextSegmentId: 1, nextBlockSeq: 1, capacityUnits: 16 });
  options.quota.limitBytes = 2 * unit - 1;
  assert.equal(meta.write(), IoFault.NoSpace);
  assert.equal(disk.has('META.tmp'), false);
  options.quota.limitBytes = 2 * unit;
  assert.equal(meta.write(), IoFault.None);
  assert.equal(meta.write(), IoFault.None); // in place
  assert.equal(options.quota.usedBytes, 2 * unit);
  assert.equal(meta.slot.generation, 2);
});
