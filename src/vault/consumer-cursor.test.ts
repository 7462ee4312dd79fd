import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { ConsumerCursor, settleRefused } from './consumer-cursor.ts';
import { cursorFault } from './cursor-rules.ts';
import { sequenceMax } from './field-bytes.ts';
import { cursorRangesMax } from './format.ts';
import { SettleKind } from './hand-over.ts';
import { ReadStatus } from './read-status.ts';

const kinds = Object.values(SettleKind);

/** Entries of the model: `base` and this many after it. */
const span = 48;

/** The plainest cursor there is: how each entry was settled, if it was. */
class CursorModel {
  readonly settled: (SettleKind | undefined)[] = new Array(span).fill(undefined);
  readonly rangesMax: number;

  constructor(rangesMax: number) {
    this.rangesMax = rangesMax;
  }

  /** `at` counts from the base and may be below it. */
  settle(kind: SettleKind, at: number, count: number): number {
    const fresh = this.#fresh(at, count);
    const before = [...this.settled];
    for (const entry of fresh) this.settled[entry] = kind;
    if (this.rangeCount <= this.rangesMax) return fresh.length;
    this.settled.splice(0, span, ...before);
    return settleRefused;
  }

  get watermark(): number {
    const at = this.settled.indexOf(undefined);
    return at === -1 ? span : at;
  }

  get rangeCount(): number {
    const above = this.settled.slice(this.watermark);
    return above.filter((kind, at) => kind && above[at - 1] === undefined).length;
  }

  count(kind: SettleKind): number {
    return this.settled.filter((settled) => settled === kind).length;
  }

  #fresh(at: number, count: number): number[] {
    const entries = Array.from({ length: count }, (_, index) => at + index);
    return entries.filter((entry) => entry >= 0 && this.settled[entry] === undefined);
  }
}

interface Step {
  readonly kind: SettleKind;
  readonly at: number;
  readonly count: number;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    at: fc.integer({ min: -3, max: span - 1 }),
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 9 })),
  }),
  { maxLength: 60, size: 'max' },
);

/** Room below for three entries that are older than the consumer. */
const bases = [3, 2 ** 32 - span / 2, 2 ** 53 - 1 - span];

function begun(base: number, rangesMax?: number): ConsumerCursor {
  const cursor = new ConsumerCursor(undefined, rangesMax);
  cursor.begin(base);
  return cursor;
}

function settle(cursor: ConsumerCursor, base: number, { kind, at, count }: Step): number {
  return cursor.settle(kind, base + at, Math.min(count, span - at));
}

/** It would be written, and a reader would take it. */
function checkFault(cursor: ConsumerCursor): void {
  assert.equal(
    cursorFault({ ...cursor.slot, generation: 1, epoch: 1 }),
    ReadStatus.Ok,
    'the rules of a cursor',
  );
}

function checkAgainst(model: CursorModel, cursor: ConsumerCursor, base: number): void {
  checkFault(cursor);
  const { slot } = cursor;
  assert.deepEqual(
    [slot.delivered, slot.lost, slot.dropped, slot.deadLettered, slot.skipped],
    kinds.map((kind) => model.count(kind)),
  );
  assert.equal(cursor.watermark, base + model.watermark);
  assert.equal(slot.rangeCount, model.rangeCount);
  assert.equal(cursor.settledCount, model.settled.filter(Boolean).length);
  const settledEnd = Math.max(model.watermark, 1 + model.settled.findLastIndex(Boolean));
  assert.equal(cursor.settledEnd, base + settledEnd);
  for (let at = 0; at < span; at += 1) {
    const ahead = model.settled.slice(at);
    const unsettledAt = ahead.indexOf(undefined);
    const settledAt = ahead.findIndex(Boolean);
    const below = model.settled.slice(0, at).lastIndexOf(undefined);
    assert.equal(cursor.isSettled(base + at), model.settled[at] !== undefined);
    const unsettled = base + (unsettledAt === -1 ? span : at + unsettledAt);
    assert.equal(cursor.nextUnsettled(base + at), unsettled);
    const settled = settledAt === -1 ? Number.POSITIVE_INFINITY : base + at + settledAt;
    assert.equal(cursor.nextSettled(base + at), settled);
    assert.equal(cursor.lastUnsettledBelow(base + at), below === -1 ? -1 : base + below);
    const unsettledCount = model.settled.slice(0, at).filter((kind) => !kind).length;
    assert.equal(cursor.unsettledCount(base + at), unsettledCount);
  }
}

for (const base of bases) {
  test(`settle() keeps what a plain list of entries keeps, from ${base} on`, (context) => {
    const seed = testSeed(context);
    const property = fc.property(steps, fc.integer({ min: 1, max: 6 }), (run, rangesMax) => {
      const model = new CursorModel(rangesMax);
      const cursor = begun(base, rangesMax);
      for (const step of run) {
        const { kind, at } = step;
        const count = Math.min(step.count, span - at);
        assert.equal(settle(cursor, base, step), model.settle(kind, at, count));
        checkAgainst(model, cursor, base);
      }
    });
    fc.assert(property, { seed, numRuns: caseCount(150) });
  });
}

test('snapshot() and restore() carry a cursor to another thread', (context) => {
  const seed = testSeed(context);
  const property = fc.property(steps, steps, (before, after) => {
    const here = begun(100);
    for (const step of before) settle(here, 100, step);
    const there = new ConsumerCursor();
    there.restore(structuredClone(here.snapshot()));
    for (const step of after)
      assert.equal(settle(there, 100, step), settle(here, 100, step), 'both do the same');
    assert.deepEqual(there.snapshot(), here.snapshot());
    assert.equal(there.settledInRanges, here.settledInRanges);
    checkFault(there);
  });
  fc.assert(property, { seed, numRuns: caseCount(200) });
});

test('a cursor that drops entries earlier than its twin takes all that the twin takes', (context) => {
  const seed = testSeed(context);
  // The vault thread drops the oldest at once, the replay thread when it hears of it: what the
  // replay thread settles in between must not be refused on the way to the disk.
  const dropped = fc.integer({ min: 1, max: span });
  const property = fc.property(
    steps,
    dropped,
    fc.nat(60),
    fc.nat(60),
    (run, end, first, second) => {
      const [replay, vault] = [begun(10, 3), begun(10, 3)];
      const early = Math.min(first, second);
      const late = Math.max(first, second);
      for (const [at, step] of run.entries()) {
        if (at === early) vault.settleBelow(SettleKind.Dropped, 10 + end);
        if (at === late) replay.settleBelow(SettleKind.Dropped, 10 + end);
        if (settle(replay, 10, step) !== settleRefused)
          assert.notEqual(settle(vault, 10, step), settleRefused);
      }
      vault.settleBelow(SettleKind.Dropped, 10 + end);
      replay.settleBelow(SettleKind.Dropped, 10 + end);
      const places = ({ watermark, ranges }: ReturnType<ConsumerCursor['snapshot']>) => ({
        watermark,
        ranges,
      });
      assert.deepEqual(places(vault.snapshot()), places(replay.snapshot()));
    },
  );
  fc.assert(property, { seed, numRuns: caseCount(300) });
});

test('settle() refuses range 2041 and takes nothing of it, until a range is free', () => {
  const cursor = begun(0);
  for (let range = 0; range < cursorRangesMax; range += 1)
    assert.equal(cursor.settle(SettleKind.Delivered, 2 * range + 1, 1), 1);
  const before = structuredClone(cursor.snapshot());
  const above = 2 * cursorRangesMax + 1;
  assert.equal(cursor.settle(SettleKind.Delivered, above, 5), settleRefused);
  assert.deepEqual(
    [above, above - 1, 0, 1, 2].map((entrySeq) => cursor.canSettle(entrySeq)),
    [false, true, true, true, true],
  );
  assert.deepEqual(cursor.snapshot(), before);
  assert.equal(cursor.isSettled(above), false);
  checkFault(cursor);
  assert.equal(cursor.settle(SettleKind.Delivered, above - 1, 5), 5, 'grows the last range');
  assert.equal(cursor.settle(SettleKind.Delivered, 2, 1), 1, 'joins two ranges');
  assert.equal(cursor.settle(SettleKind.Delivered, above + 10, 1), 1);
  assert.equal(cursor.slot.rangeCount, cursorRangesMax);
  assert.equal(cursor.settle(SettleKind.Lost, 0, above + 11), 6 + cursorRangesMax - 1);
  assert.equal(cursor.slot.rangeCount, 0);
  assert.equal(cursor.watermark, above + 11);
  checkFault(cursor);
});

test('settle() leaves what is settled as it was, and says so', () => {
  const cursor = begun(10);
  assert.equal(cursor.settle(SettleKind.Delivered, 12, 2), 2);
  assert.equal(cursor.settle(SettleKind.Lost, 12, 2), 0);
  assert.equal(cursor.settle(SettleKind.Lost, 0, 16), 4, 'two below 12, two above 13');
  assert.equal(cursor.settle(SettleKind.Skipped, 0, 10), 0, 'older than this consumer');
  const { delivered, lost, skipped, watermark } = cursor.slot;
  assert.deepEqual([delivered, lost, skipped, watermark], [2, 4, 0, 16]);
});

test('settle() of nothing, of no entry or above the limit is our bug', () => {
  const cursor = begun(0);
  const wrong: readonly (readonly [number, number])[] = [
    ...([
      [0, 0],
      [-1, 1],
      [0.5, 1],
      [0, 1.5],
      [sequenceMax, 1],
    ] as const),
  ];
  for (const [from, count] of wrong) {
    assert.throws(() => cursor.settle(SettleKind.Delivered, from, count), {
      name: 'AssertionFailed',
    });
  }
  assert.equal(cursor.settle(SettleKind.Delivered, sequenceMax - 1, 1), 1, 'the last one there is');
  checkFault(cursor);
});

test('redriven() moves dead letters to what counts no more, and no more than there are', () => {
  const cursor = begun(10);
  cursor.settle(SettleKind.DeadLettered, 10, 3);
  cursor.settle(SettleKind.Delivered, 13, 1);
  const counts = () => {
    const { deadLettered, skipped, delivered, watermark } = cursor.slot;
    return [deadLettered, skipped, delivered, watermark];
  };
  cursor.redriven(2);
  assert.deepEqual(counts(), [1, 2, 1, 14]);
  // After a crash a letter may be redriven once more than it was set aside.
  cursor.redriven(5);
  assert.deepEqual(counts(), [0, 3, 1, 14]);
  checkFault(cursor);
});

test('unsettledCount() of a log that ends below the ranges counts what is in it', () => {
  const cursor = begun(10);
  cursor.settle(SettleKind.Delivered, 12, 3);
  cursor.settle(SettleKind.Delivered, 20, 10);
  assert.deepEqual(
    [5, 10, 11, 13, 15, 20, 25, 40].map((end) => cursor.unsettledCount(end)),
    [0, 0, 1, 2, 2, 7, 7, 17],
  );
});
