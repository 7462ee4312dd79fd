// How entries end that the replay does not deliver itself, and what is left after a stop.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logOf, ReplayLog } from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { Zone } from '../memory/zone-word.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { DoneKind, VaultAnswer } from '../vault/hand-over.ts';

test('step() counts damage as lost, tells it once, and passes over jumps', () => {
  const log = logOf(3);
  log.lose(4);
  log.append([{ isAltered: true }, {}]);
  log.jump(1_000_000);
  log.append([{}]);
  log.publish();
  const rig = new ReplayRig({ log, consumerCount: 2 });
  rig.runOut();
  for (const { slot } of rig.cursors) {
    assert.deepEqual([slot.delivered, slot.lost, slot.skipped], [5, 5, 1_000_000]);
  }
  assert.deepEqual(
    rig.damage.map(({ fromEntrySeq, toEntrySeq, lengthBytes }) => [
      fromEntrySeq,
      toEntrySeq,
      lengthBytes,
    ]),
    [
      [3, 7, 4096],
      [7, 8, 0],
    ],
  );
});

test('step() passes over entries that a shard holds until it hears how they ended', () => {
  const log = logOf(5);
  const rig = new ReplayRig({ log });
  rig.notice(1, 1);
  rig.notice(3, 1);
  rig.notice(4, 0, 1);
  rig.step();
  assert.deepEqual(rig.handedTo(0), [0, 2]);
  rig.live(DoneKind.LiveSettled, 0, 1);
  rig.live(DoneKind.LiveReleased, 0, 3);
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [0, 2, 3]);
  assert.equal(rig.cursors[0]?.slot.delivered, 5);
});

test('step() believes a release that overtakes the notice of the hold', () => {
  const log = new ReplayLog();
  const rig = new ReplayRig({ log });
  const [ring] = rig.dones;
  assert.ok(ring !== undefined);
  // Between the look at the vault's ring and that at the shard's.
  ring.beforePop = () => {
    ring.beforePop = () => {};
    log.append([{}]);
    rig.notice(0, 1);
    log.publish();
    rig.live(DoneKind.LiveReleased, 0, 0);
  };
  rig.step();
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [0]);
});

test('step() sets aside what a shard delivered without all of its records', () => {
  const rig = new ReplayRig({ log: logOf(2) });
  rig.notice(0, 1);
  rig.step();
  rig.live(DoneKind.LiveSettled, 0, 0, 1);
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [1]);
  assert.deepEqual(
    rig.buried.map(({ header }) => header.reason),
    [DeadLetterReason.PartlyRejected],
  );
});

test('step() sends an entry more than may be held twice, and counts it', () => {
  const rig = new ReplayRig({ log: logOf(2), bounds: { heldEntriesMax: 1 } });
  rig.notice(0, 1);
  rig.notice(1, 1);
  rig.step();
  rig.live(DoneKind.LiveSettled, 0, 0);
  rig.live(DoneKind.LiveSettled, 0, 1);
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [1]);
  assert.equal(rig.duplicates, 1);
});

test('step() settles what the vault has dropped, and forgets it', () => {
  const log = logOf(6);
  const rig = new ReplayRig({ log });
  rig.notice(1, 1);
  rig.step();
  rig.dropBelow(4);
  rig.runOut();
  assert.deepEqual(rig.cursors[0]?.slot.dropped, 4);
  assert.deepEqual(rig.cursors[0]?.slot.delivered, 2);
});

test('step() sets nothing aside that was dropped while the dead letter was full', () => {
  const log = new ReplayLog();
  log.append([{ body: Uint8Array.of(0xff) }, {}]);
  log.publish();
  const rig = new ReplayRig({ log });
  rig.step();
  rig.answerLetter(rig.letters[0]!, VaultAnswer.Full);
  rig.dropBelow(1);
  rig.runOut();
  assert.equal(rig.buried.length, 0);
  assert.deepEqual([rig.cursors[0]?.slot.dropped, rig.cursors[0]?.slot.delivered], [1, 1]);
});

test('step() sends what comes back in the order of the entries', () => {
  const rig = new ReplayRig({ log: logOf(4) });
  rig.step();
  for (const out of [...rig.out].reverse()) rig.answer(out, DoneKind.Again);
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [0, 1, 2, 3, 0, 1, 2, 3]);
});

test('step() knows who holds an entry before it looks at it', () => {
  const log = logOf(1);
  const rig = new ReplayRig({ log });
  log.beforeReadEnd = () => {
    log.append([{}]);
    rig.notice(1, 1);
    log.publish();
  };
  rig.step();
  log.beforeReadEnd = () => {};
  rig.step();
  assert.deepEqual(rig.handedTo(0), [0]);
});

test('step() holds the replay in Red, unless the vault is more than half full', () => {
  const rig = new ReplayRig({ log: logOf(5) });
  rig.zone = Zone.Red;
  rig.runOut(false);
  assert.equal(rig.handed.length, 0);
  rig.usePercent = 51;
  rig.runOut();
});

test('step() tries again later when the disk does not answer', () => {
  const log = logOf(3);
  const rig = new ReplayRig({ log });
  log.isFaulty = true;
  for (let turn = 0; turn < 100; turn += 1) rig.step();
  assert.equal(log.reads, 1);
  assert.equal(rig.faults.length, 1);
  log.isFaulty = false;
  rig.nowMs += 1_000;
  rig.runOut();
});

test('stop() waits for what is out, and a restart goes on with at most duplicates', () => {
  const log = logOf(30, 5);
  const rig = new ReplayRig({ log, bounds: { windowEntriesMax: 10 } });
  rig.step();
  for (const out of rig.out.filter(({ entrySeq }) => entrySeq % 2 === 0)) {
    rig.answer(out, DoneKind.Delivered);
  }
  rig.step();
  rig.replayer.stop();
  rig.step();
  assert.equal(rig.replayer.isStopped, false);
  for (const out of [...rig.out]) rig.answer(out, DoneKind.Delivered);
  rig.step();
  rig.settle();
  rig.step();
  assert.equal(rig.replayer.isStopped, true);
  assert.equal(rig.replayer.outCount, 0);
  const before = rig.handedTo(0).length;
  const next = new ReplayRig({ log, cursors: rig.cursors.map((cursor) => cursor.snapshot()) });
  next.runOut();
  assert.equal(next.handed.length, 30 - before);
});
