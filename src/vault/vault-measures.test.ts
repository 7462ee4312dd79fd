import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { halfSegment, segmentsOn } from '../../test/support/vault-lives.ts';
import { VaultRig, type VaultRigOptions } from '../../test/support/vault-rig.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { DeadLetterReason } from './dead-letter-reason.ts';
import { SettleKind, VaultLogId } from './hand-over.ts';
import { IoFault } from './io-fault.ts';

const minuteMs = 60_000;

function start(options: Partial<VaultRigOptions> = {}): VaultRig {
  return new VaultRig({ directory: new SimulatedDisk(), ...options });
}

/** How long ago the oldest entry that waits was received, as the page has it; -1: none waits. */
function oldestAgoMs({ page, clock }: VaultRig): number {
  const wallMs = page.get(VaultWord.OldestReceivedMs);
  return wallMs === 0 ? -1 : clock.wallMs() - wallMs;
}

test('the page says when the oldest entry that waits was received, to the second', () => {
  const rig = start();
  assert.equal(oldestAgoMs(rig), -1);
  for (let count = 0; count < 3; count += 1) {
    rig.commit('one');
    rig.pass(minuteMs, 1_000);
  }
  assert.equal(oldestAgoMs(rig), 3 * minuteMs);
  rig.settle(SettleKind.Delivered, 1);
  rig.pass(500);
  assert.equal(oldestAgoMs(rig), 3 * minuteMs + 500, 'the first still waits');
  rig.settle(SettleKind.Delivered, 0);
  rig.pass(500);
  assert.equal(oldestAgoMs(rig), minuteMs + 1_000);
  rig.settle(SettleKind.Delivered, 2);
  rig.pass(500);
  assert.equal(oldestAgoMs(rig), -1);
});

test('the page stays right to the second however much has come and gone', () => {
  const rig = start();
  const count = 700;
  for (let entrySeq = 0; entrySeq < count; entrySeq += 1) {
    rig.commit('one');
    rig.pass(1_100, 550);
    if (entrySeq > count - 10) assert.equal(oldestAgoMs(rig), 1_100);
    rig.settle(SettleKind.Delivered, entrySeq);
    rig.pass(100);
  }
});

test('the page says when the segment of an entry of an earlier life was begun', () => {
  const disk = new SimulatedDisk();
  const before = start({ directory: disk });
  const begunWallMs = before.clock.wallMs();
  before.commit('one');
  before.pass(minuteMs, 1_000);
  before.commit('two');
  before.vault.close();
  before.clock.advance(minuteMs);
  const { clock } = before;
  const rig = start({ directory: disk, clock });
  rig.turn();
  const wallMs = rig.page.get(VaultWord.OldestReceivedMs);
  assert.ok(wallMs > 0 && wallMs <= begunWallMs, `${wallMs - begunWallMs} ms after the entry`);
  assert.ok(begunWallMs - wallMs < minuteMs);
});

test('the page has every fdatasync of the log among its times', () => {
  const rig = start();
  rig.commit('one');
  rig.commit('two');
  rig.pass(500);
  assert.equal(rig.page.syncTimes().count, rig.page.get(VaultWord.Syncs));
  assert.ok(rig.page.syncTimes().count >= 2);
});

test('the page counts dead letters by reason, with the records that somebody has counted', () => {
  const rig = start();
  const letter = { producer: 1, log: VaultLogId.DeadLetter };
  const { Rejected, Malformed, TooLarge } = DeadLetterReason;
  rig.commit('no', { ...letter, reason: Rejected, recordCount: 12 });
  rig.commit('no', { ...letter, reason: Rejected, recordCount: 3 });
  rig.commit('?', { ...letter, reason: Malformed });
  rig.commit('no letter');
  const counts = [Rejected, Malformed, TooLarge].map((reason) => rig.page.deadLetters(reason));
  assert.deepEqual(counts, [
    { batchCount: 2, recordCount: 15 },
    { batchCount: 1, recordCount: 0 },
    { batchCount: 0, recordCount: 0 },
  ]);
});

test('the page counts what was released with the segments that nobody needs any more', () => {
  const disk = new SimulatedDisk();
  const rig = start({ directory: disk });
  const { FreedSegments, ReleasedEntries, ReleasedBytes } = VaultWord;
  const released = () =>
    [FreedSegments, ReleasedEntries, ReleasedBytes].map((word) => rig.page.get(word));
  for (let count = 0; count < 5; count += 1) rig.commit(halfSegment);
  const [first = '', second = ''] = segmentsOn(disk);
  const [firstBytes, secondBytes] = [first, second].map(
    (name) => disk.contents(`seg/${name}`).length,
  );
  rig.settle(SettleKind.Delivered, 0, 3);
  rig.pass(minuteMs, 1_000);
  assert.deepEqual(released(), [1, 2, firstBytes]);
  rig.settle(SettleKind.Skipped, 3);
  rig.pass(minuteMs, 1_000);
  assert.deepEqual(released(), [2, 4, (firstBytes ?? 0) + (secondBytes ?? 0)]);
});

test('the page says how much of the file system is free, also while nothing happens', () => {
  const disk = new SimulatedDisk();
  const rig = start({ directory: disk });
  const free = () => rig.page.get(VaultWord.DiskFreeBytes);
  const capacityBytes = 2 ** 40;
  assert.ok(free() > 0 && free() < capacityBytes, 'at the start');
  rig.pass(minuteMs, 1_000);
  disk.script.watch = ({ name }) =>
    name === 'statfs' ? { kind: 'fault', fault: IoFault.Medium } : undefined;
  rig.pass(20_000, 1_000);
  assert.equal(free(), -1, 'a file system that does not answer');
  disk.script.watch = undefined;
  rig.pass(20_000, 1_000);
  assert.equal(free(), capacityBytes - disk.usedBytes);
});
