import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newVault, put, recoveryOptions, unit } from '../../test/support/recovery-rig.ts';
import type { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { OpenMode } from './block-file.ts';
import { IoFault } from './io-fault.ts';
import { Quarantine } from './quarantine.ts';

const path = 'seg/0000000000000001.vlt';

function quarantineOf(disk: SimulatedDisk, sizeBytesMax = 10 * unit) {
  const options = recoveryOptions(disk);
  const quarantine = new Quarantine({ ...options, sizeBytesMax });
  assert.equal(quarantine.open(), IoFault.None);
  options.quota.usedBytes = quarantine.sizeBytes;
  return { quarantine, quota: options.quota };
}

function vault(): SimulatedDisk {
  const disk = newVault();
  put(disk, path, new Uint8Array(20 * unit).fill(3));
  return disk;
}

function copy(disk: SimulatedDisk, quarantine: Quarantine, fromUnit: number, count: number) {
  const opened = disk.open(path, { mode: OpenMode.Read, direct: true });
  assert.equal(opened.fault, IoFault.None);
  if (opened.fault !== IoFault.None) return false;
  const [fromBytes, toBytes] = [fromUnit * unit, (fromUnit + count) * unit];
  const evidence = { segmentId: 1, fromBytes, toBytes, reason: 'damaged' } as const;
  const isKept = quarantine.copy(opened.file, 20 * unit, evidence);
  opened.file.close();
  return isKept;
}

function names(disk: SimulatedDisk): string[] {
  const listed = disk.list('quarantine');
  return listed.fault === IoFault.None ? listed.names.map(({ name }) => name) : [];
}

test('copy() keeps the bytes under a derived name, once', () => {
  const disk = vault();
  disk.breakUnit(path, 3);
  const { quarantine, quota } = quarantineOf(disk);
  assert.equal(copy(disk, quarantine, 2, 3), true);
  const calls = disk.script.calls.length;
  assert.equal(copy(disk, quarantine, 2, 3), true);
  assert.equal(disk.script.calls.length, calls + 1); // the test's open()
  assert.deepEqual(names(disk), ['1-8192-12288-damaged.bad']);
  const kept = disk.crashed(() => 0).contents('quarantine/1-8192-12288-damaged.bad');
  const expected = new Uint8Array(3 * unit).fill(3);
  assert.deepEqual(kept, expected.fill(0, unit, 2 * unit));
  const again = quarantineOf(disk);
  assert.deepEqual([again.quarantine.fileCount, again.quarantine.sizeBytes], [1, 3 * unit]);
  assert.equal(quota.usedBytes, 3 * unit);
});

test('copy() drops the oldest evidence for the newest, with a count', () => {
  const disk = vault();
  const { quarantine, quota } = quarantineOf(disk, 5 * unit);
  for (const from of [9, 1, 5]) copy(disk, quarantine, from, 2);
  assert.deepEqual([quarantine.fileCount, quarantine.evictedCount], [2, 1]);
  assert.equal(quota.usedBytes, 4 * unit);
  const next = quarantineOf(disk, 5 * unit).quarantine;
  copy(disk, next, 12, 2); // oldest by name now
  assert.deepEqual(names(disk), ['1-20480-8192-damaged.bad', '1-49152-8192-damaged.bad']);
});

test('copy() refuses what can never fit, and what the quota or the disk has no room for', () => {
  const disk = vault();
  const { quarantine, quota } = quarantineOf(disk, 5 * unit);
  assert.equal(copy(disk, quarantine, 1, 6), false);
  quota.limitBytes = unit;
  assert.equal(copy(disk, quarantine, 1, 2), false);
  assert.equal(copy(disk, quarantine, 1, 1), true);
  quota.limitBytes = 100 * unit;
  Object.assign(disk.options, { capacityBytes: disk.usedBytes });
  assert.equal(copy(disk, quarantine, 2, 1), false);
  assert.deepEqual([quarantine.refusedCount, quota.usedBytes], [3, unit]);
  assert.deepEqual(names(disk), ['1-4096-4096-damaged.bad']);
  const none = quarantineOf(vault(), 0).quarantine;
  assert.equal(copy(disk, none, 1, 1), false);
});

test('removeUnfinished() takes away what a crash left half copied', () => {
  const disk = vault();
  disk.makeDirectory('quarantine');
  put(disk, 'quarantine/1-0-4096-torn.bad.tmp', new Uint8Array(unit));
  put(disk, 'quarantine/notes.txt', new Uint8Array(1));
  const { quarantine, quota } = quarantineOf(disk);
  quota.usedBytes = unit + 1;
  quarantine.removeUnfinished();
  assert.deepEqual(names(disk), ['notes.txt']);
  assert.equal(quota.usedBytes, 1);
});
