// Commands of an operator to the replay.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logOf, noisyRequest, nsOf, ReplayLog, requestOf } from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { Zone } from '../memory/zone-word.ts';
import { DoneKind } from '../vault/hand-over.ts';
import { noPlan, type ReplayAnswer, type ReplayStatus } from './replay-command.ts';
import type { PaceLimits } from './replay-pace.ts';

const limits: PaceLimits = {
  rateBytesPerSecond: 40_000,
  yellowRateBytesPerSecond: 8_000,
  minSharePercent: 10,
};
const done = { kind: 'done' };
const range = { fromNs: nsOf(1004), toNs: nsOf(1008) };
const slow = { ...noPlan, rateBytesPerSecond: 10_000 };

function statusOf(rig: ReplayRig): ReplayStatus {
  const answer = rig.command({ kind: 'status' });
  assert.ok(answer?.kind === 'status');
  return answer.status;
}

function checkRefused(answer: ReplayAnswer | undefined, why: string, message: RegExp): void {
  assert.ok(answer?.kind === 'refused', JSON.stringify(answer));
  assert.equal(answer.why, why);
  assert.match(answer.message, message);
}

test('execute() changes the order on the way', () => {
  const rig = new ReplayRig({ log: logOf(9, 3), bounds: { windowEntriesMax: 2 } });
  rig.step();
  rig.command({ kind: 'plan', plan: { ...noPlan, order: 'newest' } });
  assert.equal(statusOf(rig).order, 'newest');
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [0, 1, 6, 7, 8, 3, 4, 5, 2]);
});

test('execute() limits the replay to a time of receipt, and leaves the rest', () => {
  for (const order of ['oldest', 'newest'] as const) {
    const rig = new ReplayRig({ log: logOf(12, 3), order });
    assert.deepEqual(rig.command({ kind: 'plan', plan: { ...noPlan, range } }), done);
    assert.equal(statusOf(rig).isRangeDone, false);
    rig.runOut(false);
    assert.deepEqual(rig.handedTo(0).sort(), [4, 5, 6, 7]);
    assert.equal(rig.cursors[0]?.watermark, 0);
    const { plan, isRangeDone } = statusOf(rig);
    assert.deepEqual([plan.range, isRangeDone], [range, true]);
    rig.command({ kind: 'plan', plan: noPlan });
    assert.equal(statusOf(rig).isRangeDone, false);
    rig.runOut();
    assert.equal(rig.handed.length, 12);
  }
});

test('execute() does not call a range done while something of it is under way', () => {
  const rig = new ReplayRig({ log: logOf(12, 3) });
  rig.command({ kind: 'plan', plan: { ...noPlan, range } });
  for (let step = 0; step < 5; step += 1) rig.step();
  assert.deepEqual([rig.out.length, statusOf(rig).isRangeDone], [4, false]);
  for (const out of [...rig.out]) rig.answer(out, DoneKind.Delivered);
  for (let step = 0; step < 5; step += 1) rig.step();
  assert.equal(statusOf(rig).isRangeDone, true);
});

test('execute() refuses a range that is empty, and changes nothing', () => {
  const rig = new ReplayRig({ log: logOf(4) });
  rig.command({ kind: 'pause' });
  const nothing = { fromNs: 5n, toNs: 5n };
  checkRefused(
    rig.command({ kind: 'plan', plan: { ...noPlan, range: nothing } }),
    'invalid',
    /emp/,
  );
  checkRefused(rig.command({ kind: 'dry-run', key: 1, range: nothing }), 'invalid', /empty/);
  assert.deepEqual([statusOf(rig).paused, statusOf(rig).plan], [true, noPlan]);
});

test('execute() takes the rate of a plan, and Yellow is no faster', () => {
  const rig = new ReplayRig({ log: logOf(4), limits });
  const rates = (rateBytesPerSecond: number | undefined) => {
    rig.command({ kind: 'plan', plan: { ...noPlan, rateBytesPerSecond } });
    return [Zone.Green, Zone.Yellow, Zone.Red].map((zone) => {
      rig.zone = zone;
      return statusOf(rig).rateBytesPerSecond;
    });
  };
  assert.deepEqual(rates(10_000), [10_000, 8_000, 0]);
  assert.deepEqual(rates(1_000), [1_000, 1_000, 0]);
  assert.deepEqual(rates(90_000), [90_000, 8_000, 0]);
  rig.usePercent = 60;
  assert.deepEqual(rates(10_000), [10_000, 8_000, 4_000]);
  assert.deepEqual(rates(1_000), [1_000, 1_000, 1_000]);
  assert.deepEqual(rates(undefined), [40_000, 8_000, 4_000]);
});

test('execute() ends a pause with a plan, and keeps the plan over a pause', () => {
  const rig = new ReplayRig({ log: logOf(4), limits });
  rig.command({ kind: 'pause' });
  rig.command({ kind: 'plan', plan: slow });
  assert.equal(statusOf(rig).paused, false);
  rig.command({ kind: 'pause' });
  rig.command({ kind: 'resume' });
  assert.deepEqual([statusOf(rig).paused, statusOf(rig).plan], [false, slow]);
});

test('execute() lets a new configuration win over rate and order, and says so', () => {
  const rig = new ReplayRig({ log: logOf(4), limits });
  rig.command({ kind: 'plan', plan: { order: 'newest', rateBytesPerSecond: 10_000, range } });
  rig.command({ kind: 'pause' });
  const next = { ...limits, rateBytesPerSecond: 20_000 };
  rig.command({ kind: 'configure', limits: next, order: 'oldest' });
  const { plan, order, limits: acting, paused } = statusOf(rig);
  assert.deepEqual([order, acting, paused], ['oldest', next, true]);
  assert.deepEqual(plan, { ...noPlan, range });
  assert.deepEqual(rig.plansEnded, ['configured']);
  rig.command({ kind: 'configure', limits, order: 'oldest' });
  assert.deepEqual(rig.plansEnded, ['configured'], 'there was nothing to end');
});

test('execute() estimates what would be sent, and sends nothing', () => {
  const log = logOf(12, 3);
  log.lose(2);
  log.publish();
  const rig = new ReplayRig({ log, consumerCount: 2 });
  rig.command({ kind: 'pause' });
  rig.step();
  const from = { fromNs: nsOf(1002), toNs: nsOf(5000) };
  assert.equal(rig.command({ kind: 'dry-run', key: 1, range: from }), undefined);
  checkRefused(rig.command({ kind: 'dry-run', key: 1, range: undefined }), 'busy', /under way/);
  rig.runOut(false);
  const bodyBytes = 10 * requestOf('entry 0').length + 2;
  const each = { entries: 10, bodyBytes, recordsMin: 0, uncountedEntries: 10 };
  const estimate = { segments: 4, lostEntries: 2, consumers: [each, each] };
  assert.deepEqual(rig.answers, [{ kind: 'estimate', isComplete: true, estimate }]);
  assert.equal(rig.handed.length, 0);
});

test('execute() estimates for each consumer what that one has not got', () => {
  const rig = new ReplayRig({ log: logOf(6, 3), consumerCount: 2 });
  rig.isDown[1] = true;
  for (let step = 0; step < 20; step += 1) {
    rig.step();
    rig.settle();
    for (const out of rig.out.filter(({ consumer }) => consumer === 0)) {
      rig.answer(out, DoneKind.Delivered);
    }
  }
  rig.command({ kind: 'dry-run', key: 1, range: undefined });
  for (let step = 0; step < 5; step += 1) rig.step();
  const [answer] = rig.answers;
  assert.ok(answer?.kind === 'estimate');
  const entries = answer.estimate.consumers.map((consumer) => consumer.entries);
  assert.deepEqual([entries, answer.estimate.segments], [[0, 6], 2]);
});

test('execute() estimates although everything that is ready fills the room', () => {
  const log = new ReplayLog();
  const body = noisyRequest(3_000, 1);
  for (let entry = 0; entry < 12; entry += 1) log.append([{ body }]);
  log.publish();
  const rig = new ReplayRig({ log, roomSizeBytes: 8_192 });
  for (let step = 0; step < 10; step += 1) rig.step();
  assert.equal(rig.out.length, 2);
  rig.isDown[0] = true;
  for (const out of [...rig.out]) rig.answer(out, DoneKind.Again);
  rig.command({ kind: 'pause' });
  rig.command({ kind: 'dry-run', key: 1, range: undefined });
  for (let turn = 0; turn < 100 && rig.answers.at(-1)?.kind !== 'estimate'; turn += 1) {
    rig.step();
    rig.nowMs += 100;
  }
  const answer = rig.answers.at(-1);
  assert.ok(answer?.kind === 'estimate' && answer.isComplete);
  assert.equal(answer.estimate.consumers[0]?.entries, 12);
  rig.isDown[0] = false;
  rig.command({ kind: 'resume' });
  rig.runOut();
});

test('execute() says every second how far an estimate is, and waits while the zone is Red', () => {
  const rig = new ReplayRig({ log: logOf(2_000, 4) });
  rig.command({ kind: 'pause' });
  rig.step();
  rig.command({ kind: 'dry-run', key: 1, range: undefined });
  rig.zone = Zone.Yellow;
  assert.notEqual(rig.step(), 0, 'in Yellow it goes on with the next turn');
  rig.zone = Zone.Red;
  for (let second = 0; second < 3; second += 1) {
    rig.nowMs += 1_000;
    rig.step();
  }
  const counts = rig.answers.map((answer) =>
    answer.kind === 'counting' ? answer.estimate.consumers[0]?.entries : answer.kind,
  );
  assert.deepEqual(counts, [256, 256, 256]);
  checkRefused(rig.command({ kind: 'dry-run', key: 1, range: undefined }), 'busy', /under way/);
  rig.command({ kind: 'end-dry-run', key: 2 });
  assert.equal(rig.answers.at(-1)?.kind, 'counting', 'that of another stays');
  rig.command({ kind: 'end-dry-run', key: 1 });
  const last = rig.answers.at(-1);
  assert.ok(last?.kind === 'estimate' && !last.isComplete);
  checkRefused(rig.command({ kind: 'dry-run', key: 1, range: undefined }), 'busy', /Red/);
  rig.zone = Zone.Green;
  assert.equal(rig.command({ kind: 'dry-run', key: 1, range: undefined }), undefined);
  assert.equal(rig.step(), 0, 'in Green it goes on at once');
});

test('execute() pauses, and the pause ends by itself when the vault is nearly full', () => {
  const rig = new ReplayRig({ log: logOf(5) });
  rig.command({ kind: 'pause' });
  rig.usePercent = 79;
  rig.runOut(false);
  assert.equal(rig.handed.length, 0);
  rig.usePercent = 80;
  rig.runOut();
  assert.equal(rig.pausesEnded, 1);
});

test('step() ends a range and a lower rate when the vault is nearly full, not the order', () => {
  const rig = new ReplayRig({ log: logOf(12, 3), limits });
  rig.command({ kind: 'plan', plan: { order: 'newest', rateBytesPerSecond: 10_000, range } });
  rig.usePercent = 79;
  rig.step();
  assert.deepEqual(rig.plansEnded, []);
  rig.usePercent = 80;
  rig.step();
  assert.deepEqual(rig.plansEnded, ['full']);
  assert.deepEqual(statusOf(rig).plan, { ...noPlan, order: 'newest' });
  assert.deepEqual(statusOf(rig).limits, limits);
  rig.runOut();
  assert.deepEqual(rig.plansEnded, ['full']);
});

test('execute() refuses what would hold the replay back when the vault is nearly full', () => {
  const rig = new ReplayRig({ log: logOf(5), limits });
  rig.usePercent = 85.5;
  const held = /the vault is 85 % full: from 80 % on/;
  checkRefused(rig.command({ kind: 'pause' }), 'conflict', held);
  checkRefused(rig.command({ kind: 'plan', plan: slow }), 'conflict', held);
  checkRefused(rig.command({ kind: 'plan', plan: { ...noPlan, range } }), 'conflict', held);
  const faster = { ...noPlan, order: 'newest', rateBytesPerSecond: 50_000 } as const;
  assert.deepEqual(rig.command({ kind: 'plan', plan: faster }), done);
  rig.step();
  assert.deepEqual(statusOf(rig).plan, faster);
});

test('execute() sends everything while the engine is drained, and goes back to what it did', () => {
  const rig = new ReplayRig({ log: logOf(12, 3), limits });
  const plan = { ...slow, range };
  rig.command({ kind: 'plan', plan });
  rig.command({ kind: 'pause' });
  rig.command({ kind: 'drain', isOn: true });
  const during = statusOf(rig);
  assert.deepEqual([during.draining, during.paused, during.plan], [true, true, plan]);
  assert.equal(during.rateBytesPerSecond, limits.rateBytesPerSecond);
  checkRefused(rig.command({ kind: 'pause' }), 'conflict', /drained/);
  checkRefused(rig.command({ kind: 'plan', plan: noPlan }), 'conflict', /drained/);
  rig.runOut();
  assert.equal(rig.handed.length, 12);
  rig.command({ kind: 'drain', isOn: false });
  const after = statusOf(rig);
  assert.deepEqual([after.draining, after.paused, after.plan], [false, true, plan]);
  assert.equal(after.rateBytesPerSecond, 0);
});
