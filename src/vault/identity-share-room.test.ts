// Scenario: a vault of 16 segments that nothing is replayed from, and two clients: one sends
// without end, the other now and then.
// Guarantees: the first is stopped with room left, the second still gets in; the first gets in
// again once what it had was sent and deleted.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import {
  fill,
  halfSegment,
  lostPower,
  segmentsOn,
  startLife,
  stateOf,
} from '../../test/support/vault-lives.ts';
import type { VaultRig } from '../../test/support/vault-rig.ts';
import type { VaultConfig } from '../config/config.ts';
import { KiB, MiB } from '../limits.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { SettleKind, VaultAnswer, VaultLogId } from './hand-over.ts';
import { LogState } from './log-state.ts';

/** Files are mostly blocks, as they are in real life. */
const config = { limitBytes: 4 * MiB, segmentSizeBytes: 256 * KiB };
/** The file of the reserve, dead letters, META and cursors are not for entries. */
const roomBytes = 4 * MiB - 256 * KiB - 128 * KiB - 80 * KiB;

const [greedy, modest] = [0x1234_5678, 0x8765_4321];

function start(changed: Partial<VaultConfig> = {}, disk = new SimulatedDisk()): VaultRig {
  return startLife(disk, { config: { ...config, ...changed } });
}

function commitAs(rig: VaultRig, identity: number): VaultAnswer {
  return rig.commit(halfSegment, { identity }).answer;
}

/** How many were taken before the first that was not. */
function untilRefused(rig: VaultRig, identity: number): number {
  for (let count = 0; count < 1_000; count += 1) {
    const answer = commitAs(rig, identity);
    if (answer === VaultAnswer.Full) return count;
    assert.equal(answer, VaultAnswer.Acked);
  }
  assert.fail('never refused');
}

test('step() stops a client at 80 % of the vault, and lets others in', () => {
  const rig = start();
  assert.equal(commitAs(rig, modest), VaultAnswer.Acked);
  const taken = untilRefused(rig, greedy);
  const share = (taken * halfSegment.length) / roomBytes;
  assert.ok(share > 0.75 && share < 0.81, `${share}`);
  assert.equal(stateOf(rig), LogState.Ok, 'the vault is not full');
  assert.equal(rig.page.get(VaultWord.AnsweredFull), 1);
  for (let count = 0; count < 10; count += 1) {
    assert.equal(commitAs(rig, modest), VaultAnswer.Acked);
    assert.equal(commitAs(rig, greedy), VaultAnswer.Full);
  }
});

test('step() lets a client in again when segments that it filled are deleted', () => {
  const disk = new SimulatedDisk();
  const rig = start({}, disk);
  commitAs(rig, modest);
  const taken = untilRefused(rig, greedy);
  const before = segmentsOn(disk).length;
  rig.settle(SettleKind.Delivered, 0, 31);
  rig.pass(1_000);
  assert.equal(before - segmentsOn(disk).length, 3); // of ten entries each
  const again = untilRefused(rig, greedy);
  assert.ok(again >= 28 && again <= 31, `${again}`);
  rig.settle(SettleKind.Delivered, 31, taken + again - 30);
  rig.pass(1_000);
  assert.ok(untilRefused(rig, greedy) > taken - 10); // the live one is left
});

test('step() gives a lone client all of the vault', () => {
  const rig = start();
  const all = fill(start());
  assert.equal(untilRefused(rig, greedy), all);
  assert.equal(stateOf(rig), LogState.Full);
});

test('step() refuses one of a group and commits the others, each answered once', () => {
  const rig = start();
  commitAs(rig, modest);
  untilRefused(rig, greedy);
  const slabs = [greedy, modest, greedy, greedy, modest].map((identity) =>
    rig.append('small', { identity }),
  );
  rig.turn();
  const answers = new Map(rig.answers().map(({ slab, answer }) => [slab, answer]));
  const { Acked, Full } = VaultAnswer;
  assert.deepEqual(
    slabs.map((slab) => answers.get(slab)),
    [Full, Acked, Full, Full, Acked],
  );
  assert.ok(rig.wakes.length > 0);
});

test('step() takes the dead letters of a client that has its share', () => {
  const rig = start();
  commitAs(rig, modest);
  untilRefused(rig, greedy);
  const letter = { identity: greedy, log: VaultLogId.DeadLetter };
  assert.equal(rig.commit('small', letter).answer, VaultAnswer.Acked);
});

test('step() counts nothing from before the start for anybody', () => {
  const disk = new SimulatedDisk();
  const first = start({}, disk);
  commitAs(first, modest);
  const taken = untilRefused(first, greedy);
  const second = start({}, lostPower(disk));
  assert.equal(commitAs(second, modest), VaultAnswer.Acked);
  assert.equal(commitAs(second, greedy), VaultAnswer.Acked);
  second.settle(SettleKind.Delivered, 0, taken + 1);
  second.pass(1_000);
  const again = untilRefused(second, greedy);
  assert.ok(Math.abs(again - taken) <= 2, `${again}, ${taken} before`);
});

test('step() has no shares where the oldest is dropped: nobody is refused', () => {
  const rig = start({ fullPolicy: 'drop_oldest' });
  commitAs(rig, modest);
  for (let count = 0; count < 300; count += 1) {
    assert.equal(commitAs(rig, greedy), VaultAnswer.Acked);
  }
});

test('close() answers what it refuses', () => {
  const rig = start();
  commitAs(rig, modest);
  untilRefused(rig, greedy);
  rig.append('small', { identity: greedy });
  rig.vault.close();
  assert.deepEqual(
    rig.answers().map(({ answer }) => answer),
    [VaultAnswer.Full],
  );
});
