// Scenario: several shards of one consumer, and one or more of them take nothing for a long time:
// their breakers are open, or what they have is never answered.
// Guarantees: the others get everything, in the order of each producer; window and room are never
// filled by those that wait; they get theirs, from the oldest on, when they take it again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  type EntryInput,
  logOf,
  ReplayLog,
  requestOf,
  upTo,
} from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { DoneKind } from '../vault/hand-over.ts';

interface Plan {
  readonly shardCount: number;
  readonly blocked: ReadonlySet<number>;
  /** Its breaker is open; else it has entries and does not answer. */
  readonly isDown: boolean;
}

class Rows {
  readonly rig: ReplayRig;
  readonly log: ReplayLog;
  readonly plan: Plan;
  isBlocked = true;

  constructor(log: ReplayLog, plan: Plan, order: 'oldest' | 'newest' = 'oldest') {
    const { shardCount, blocked, isDown } = plan;
    this.log = log;
    this.plan = plan;
    const bounds = { windowEntriesMax: 32 };
    this.rig = new ReplayRig({ log, shardCount, order, bounds, roomSizeBytes: 16 * 1024 });
    for (const shard of blocked) this.rig.isShardDown[shard] = isDown;
  }

  shardOf(entrySeq: number): number {
    return this.log.entries.get(entrySeq)!.producer % this.plan.shardCount; // it was appended
  }

  turn(): void {
    const { rig, plan } = this;
    const waitMs = rig.step();
    rig.settle();
    for (const out of [...rig.out]) {
      const isAnswered = !this.isBlocked || !plan.blocked.has(out.shard);
      if (isAnswered) rig.answer(out, DoneKind.Delivered);
      else if (plan.isDown) rig.answer(out, DoneKind.Again);
    }
    rig.nowMs += Math.min(waitMs + 1, 100);
  }

  /** Those that are not blocked have everything. */
  get isDone(): boolean {
    const [cursor] = this.rig.cursors;
    for (const entrySeq of this.log.entries.keys()) {
      const isWaited = this.plan.blocked.has(this.shardOf(entrySeq));
      if (!isWaited && !cursor?.isSettled(entrySeq)) return false;
    }
    return true;
  }

  runOthers(turnsMax: number): void {
    let turns = 0;
    for (; !this.isDone && turns < turnsMax; turns += 1) this.turn();
    assert.ok(this.isDone, `still waiting after ${turns} turns`);
  }

  unblock(): void {
    this.isBlocked = false;
    this.rig.isShardDown.length = 0;
    this.rig.runOut();
    this.checkOrder();
  }

  /** Of each producer, the first time. */
  checkOrder(): void {
    const last = new Map<number, number>();
    for (const entrySeq of new Set(this.rig.handedTo(0))) {
      const { producer } = this.log.entries.get(entrySeq)!; // it was read there
      assert.ok((last.get(producer) ?? -1) < entrySeq, `${entrySeq} after ${last.get(producer)}`);
      last.set(producer, entrySeq);
    }
  }

  checkRoom(): void {
    for (const { parts } of this.rig.replayer.parts.consumers) {
      assert.ok(!parts.ledger.window.isFull, 'the window is full of what waits');
      assert.ok(parts.room.freeBytes > 0, 'the room is full of what waits');
    }
  }
}

/** Producer n goes to shard n. */
function logOfRows(producers: readonly number[], perBlock: number, sizeBytes = 20): ReplayLog {
  const log = new ReplayLog();
  const entry = (producer: number, n: number): EntryInput => {
    return { producer, body: requestOf(`${n} `.padEnd(sizeBytes, 'x')) };
  };
  for (let from = 0; from < producers.length; from += perBlock) {
    log.append(producers.slice(from, from + perBlock).map((who, n) => entry(who, from + n)));
  }
  log.publish();
  return log;
}

for (const isDown of [true, false]) {
  const what = isDown ? 'breaker is open' : 'destination does not answer';
  test(`step() hands out all entries of a shard beside one whose ${what}`, () => {
    const producers = upTo(400).map((n) => n % 2);
    const plan = { shardCount: 2, blocked: new Set([0]), isDown };
    const rows = new Rows(logOfRows(producers, 4), plan);
    rows.runOthers(400);
    for (let turn = 0; turn < 200; turn += 1) rows.turn();
    rows.checkRoom();
    assert.equal(rows.rig.cursors[0]?.watermark, 0);
    rows.unblock();
  });
}

test('step() leaves room for a shard beside several that take nothing', () => {
  const producers = upTo(600).map((n) => n % 4);
  const plan = { shardCount: 4, blocked: new Set([0, 1, 3]), isDown: false };
  const rows = new Rows(logOfRows(producers, 3), plan);
  rows.runOthers(1_000);
  rows.unblock();
});

test('step() hands out the oldest first when its shard takes something again', () => {
  const producers = upTo(300).map((n) => n % 3);
  const plan = { shardCount: 3, blocked: new Set([1]), isDown: true };
  const rows = new Rows(logOfRows(producers, 5), plan);
  rows.runOthers(400);
  const before = rows.rig.handed.length;
  rows.unblock();
  const after = rows.rig.handedTo(0).slice(before);
  assert.equal(after[0], 1);
  assert.deepEqual(
    after.filter((entrySeq) => rows.shardOf(entrySeq) !== 1),
    [],
  );
});

test('step() reads a bounded part of the log for shards of which there may be nothing', () => {
  const log = logOfRows(new Array(400).fill(0), 1, 200 * 1024);
  const rig = new ReplayRig({ log, shardCount: 2, roomSizeBytes: 2 ** 20 });
  rig.isShardDown[0] = true;
  for (let turn = 0; turn < 1_000; turn += 1) {
    rig.step();
    rig.nowMs += 50;
  }
  assert.ok(log.reads > 100 && log.reads < 200, `${log.reads} of 400 blocks`);
  for (const out of [...rig.out]) rig.answer(out, DoneKind.Delivered);
  rig.isShardDown.length = 0;
  rig.runOut();
});

test('step() does not read again while all shards take something', () => {
  const producers = upTo(900).map((n) => n % 3);
  const log = logOfRows(producers, 3);
  const rows = new Rows(log, { shardCount: 3, blocked: new Set(), isDown: false });
  rows.runOthers(400);
  assert.ok(log.reads <= 300 + 2, `${log.reads} reads of 300 blocks`);
});

test('step() reads little again for a shard that is slower than the others', () => {
  const producers = upTo(1_000).map((n) => n % 2);
  const log = logOfRows(producers, 2);
  const rig = new ReplayRig({ log, shardCount: 2, bounds: { windowEntriesMax: 32 } });
  for (let turn = 0; turn < 3_000; turn += 1) {
    rig.step();
    rig.settle();
    const [slow] = rig.out.filter(({ shard }) => shard === 0);
    for (const out of rig.out.filter(({ shard }) => shard === 1))
      rig.answer(out, DoneKind.Delivered);
    if (slow !== undefined && turn % 4 === 0) rig.answer(slow, DoneKind.Delivered);
    rig.nowMs += 100;
  }
  assert.equal(rig.cursors[0]?.watermark, 1_000);
  assert.ok(log.reads <= 1_200, `${log.reads} reads of 500 blocks`);
});

test('step() takes back what is ready for others when a large entry needs the room', () => {
  const log = logOfRows(new Array(8).fill(0), 1, 900);
  log.append([{ producer: 1, body: requestOf('x'.repeat(14_000)) }]);
  log.publish();
  const rows = new Rows(log, { shardCount: 2, blocked: new Set([0]), isDown: true });
  rows.runOthers(400);
  rows.unblock();
});

test('step() goes on with one shard in the newest order, too', () => {
  const producers = upTo(120).map((n) => n % 2);
  const plan = { shardCount: 2, blocked: new Set([0]), isDown: true };
  const rows = new Rows(logOfRows(producers, 4), plan, 'newest');
  rows.runOthers(400);
  rows.isBlocked = false;
  rows.rig.isShardDown.length = 0;
  rows.rig.runOut();
});

test('step() keeps one shard as before: no share, nothing set aside', () => {
  const log = logOf(64);
  const rig = new ReplayRig({ log, bounds: { windowEntriesMax: 32 } });
  for (let turn = 0; turn < 20; turn += 1) rig.step();
  assert.equal(rig.out.length, 32);
  rig.runOut();
});

test('step() lets no shard wait for others that take nothing, whatever the log', (context) => {
  const property = fc.property(fc.nat(), (seed) => {
    const random = new SeededRandom(seed);
    const shardCount = 2 + random.below(4);
    const blocked = new Set(upTo(shardCount).filter(() => random.oneIn(2)));
    blocked.delete(random.below(shardCount));
    const producers = Array.from({ length: 50 + random.below(250) }, () => random.below(6));
    const log = logOfRows(producers, 1 + random.below(6), 20 + random.below(100));
    const rows = new Rows(log, { shardCount, blocked, isDown: random.oneIn(2) });
    rows.runOthers(2_000);
    rows.checkOrder();
    rows.unblock();
  });
  fc.assert(property, { numRuns: 60, seed: testSeed(context) });
});
