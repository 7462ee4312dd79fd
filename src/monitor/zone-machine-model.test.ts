// Scenario: random readings at random times, of a clock that also jumps, with overrides and
// reloads between them; beside the machine a naive one that keeps every sample and asks all of
// them each time.
// Guarantees: zone by zone the same as the naive one; no zone is left downwards sooner than its
// dwell; memory at Red is Red whatever anybody wants; once all is calm or gone, the zone is Green
// after both dwells, whatever happened before.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NaiveZone, reaches } from '../../test/support/naive-zone.ts';
import { testSeed } from '../../test/support/seed.ts';
import { testZones } from '../../test/support/zones-config.ts';
import type { ZonesConfig } from '../config/config.ts';
import { Zone } from '../memory/zone-word.ts';
import { signalTable } from './signal-table.ts';
import { createReadings, type Readings, Signal } from './signals.ts';
import { type Transition, transitionsMax } from './zone-history.ts';
import { ZoneMachine } from './zone-machine.ts';

const { Green, Yellow, Red } = Zone;
const hourMs = 3_600_000;

const configs = [
  testZones(),
  testZones({ red_dwell: '300ms', yellow_dwell: '100ms', release_percent: '50' }),
  testZones({
    release_percent: '99',
    yellow_dwell: '20s',
    signals: { arena_percent: { yellow: '30', red: '100' }, memory_exhaustion: { yellow: '10s' } },
  }),
  testZones({ force: 'red' }),
  testZones({ force: 'green', red_dwell: '5s' }),
];

type Step =
  | { readonly kind: 'sample'; readonly afterMs: number; readonly changes: readonly Change[] }
  | { readonly kind: 'override'; readonly zone: Zone; readonly durationMs: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'reload'; readonly config: number };

interface Change {
  readonly signal: Signal;
  /** Of the threshold of which zone; undefined: gone. */
  readonly of: Zone | undefined;
  readonly factor: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  signal: fc.integer({ min: 0, max: signalTable.length - 1 }) as fc.Arbitrary<Signal>,
  of: fc.constantFrom<Zone | undefined>(undefined, Yellow, Yellow, Red, Red),
  factor: fc.constantFrom(0, 0.1, 0.49, 0.5, 0.79, 0.8, 0.81, 0.99, 1, 1, 1.01, 1.3, 3, Infinity),
});
const afterMs = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(0, 50, 100, 100, 100, 250, 2_000, 5_000) },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 6_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: -2 * hourMs, max: 2 * hourMs }) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      kind: fc.constant('sample' as const),
      afterMs,
      changes: fc.oneof(fc.constant([]), fc.array(change, { maxLength: 3 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('override' as const),
      zone: fc.constantFrom(Green, Yellow, Red),
      durationMs: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.constant(24 * hourMs)),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'clear' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reload' as const),
      config: fc.nat(configs.length - 1),
    }),
  },
);

function apply(changes: readonly Change[], readings: Readings): void {
  for (const { signal, of, factor } of changes) {
    const row = signalTable[signal]!;
    const { yellow, red } = row.thresholds(configs[0]!.signals);
    const threshold = of === Red && Number.isFinite(red) ? red : yellow;
    const value = row.isFalling ? threshold / factor : threshold * factor;
    readings[signal] = of === undefined ? Number.NaN : value;
    if (signal === Signal.OwnGrowth) readings[signal] = factor - 0.8;
  }
}

interface Wish {
  readonly zone: Zone;
  readonly untilMs: number;
}

/** By zones.force: one object each, so that a reload with the same is no change. */
const forced: Readonly<Record<ZonesConfig['force'], Wish | undefined>> = {
  none: undefined,
  green: { zone: Green, untilMs: Infinity },
  yellow: { zone: Yellow, untilMs: Infinity },
  red: { zone: Red, untilMs: Infinity },
};

/** Both machines, taken through the same steps and compared after each. */
class Pair {
  readonly machine: ZoneMachine;
  readonly readings = createReadings();
  #zones: ZonesConfig = configs[0]!;
  readonly #all = new NaiveZone(signalTable);
  readonly #memory = new NaiveZone(signalTable.filter(({ isMemory }) => isMemory));
  #override: Wish | undefined;
  /** The one that acted last time. */
  #acted: Wish | undefined;
  nowMs = 0;
  /** Without the jumps back. */
  timeMs = 0;
  #zone: Zone = Green;
  #sinceMs = 0;

  constructor() {
    this.machine = new ZoneMachine(this.#zones, this.nowMs);
  }

  take(next: Step): void {
    switch (next.kind) {
      case 'sample':
        this.sample(next.afterMs, next.changes);
        break;
      case 'override': {
        const { zone, durationMs } = next;
        this.#override = { zone, untilMs: this.timeMs + durationMs };
        const request = { zone, durationMs, reason: 'a test', by: 'CN=test' };
        this.#compare(() => {
          const result = this.machine.override(request, this.nowMs);
          assert.ok(result.kind === 'taken');
          return result.transition;
        });
        break;
      }
      case 'clear':
        this.#override = undefined;
        this.#compare(() => this.machine.clearOverride(this.nowMs));
        break;
      case 'reload':
        this.#zones = configs[next.config]!;
        this.machine.reset(this.#zones);
        this.#all.reload();
        this.#memory.reload();
        break;
    }
  }

  sample(afterMs: number, changes: readonly Change[]): void {
    this.nowMs += afterMs;
    this.timeMs += Math.max(0, afterMs);
    apply(changes, this.readings);
    const readings = this.readings.slice();
    const sample = { timeMs: this.timeMs, readings, zones: this.#zones };
    this.#all.sample(sample);
    this.#memory.sample(sample);
    this.#compare(() => this.machine.step(this.nowMs, this.readings));
    const isMemoryRed = signalTable.some((row) => row.isMemory && reaches(row, Red, sample, 1));
    assert.ok(!isMemoryRed || this.machine.zone === Red, 'Mandate 2');
  }

  #compare(act: () => Transition | undefined): void {
    const overruled = this.#memory.zone === Red;
    if (this.#override !== undefined && this.timeMs >= this.#override.untilMs) {
      this.#override = undefined;
    }
    const acting = this.#override ?? forced[this.#zones.force];
    const [before, from] = [this.#acted, this.#zone];
    this.#acted = acting;
    this.#zone = acting === undefined ? this.#all.zone : overruled ? Red : acting.zone;
    const transition = act();
    assert.equal(this.machine.zone, this.#zone);
    assert.equal(this.machine.computedZone, this.#all.zone);
    assert.equal(transition?.to, this.#zone === from ? undefined : this.#zone);
    if (transition === undefined) return;
    const { from: left, atMs, durationMs, cause } = transition;
    const lasted = this.timeMs - this.#sinceMs;
    assert.deepEqual([left, atMs, durationMs], [from, this.nowMs, lasted]);
    assert.equal(this.machine.history().at(-1), transition);
    this.#sinceMs = this.timeMs;
    const isOverruled = overruled && acting !== undefined && acting.zone !== Red;
    const isWish = acting !== before && !isOverruled;
    assert.equal(cause === 'signal' || cause === 'dwell', !isWish, cause);
    if (isWish) this.#all.restartDwell();
    if (isWish) return;
    assert.equal(cause, transition.to > left ? 'signal' : 'dwell');
    assert.ok(transition.signals.length > 0, 'no evidence');
    if (cause === 'signal') return;
    const { redDwellMs, yellowDwellMs } = this.#zones;
    assert.ok(durationMs >= (left === Red ? redDwellMs : yellowDwellMs), 'flaps');
  }
}

test('step() is, zone by zone, what a machine that keeps every sample says', (t) => {
  const property = fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
    const pair = new Pair();
    for (const next of steps) pair.take(next);
  });
  fc.assert(property, { numRuns: 400, seed: testSeed(t) });
});

test('step() reaches Green after both dwells once all is calm or gone, whatever was before', (t) => {
  const calm = fc.array(
    fc.record({ signal: change.map(({ signal }) => signal), isGone: fc.boolean() }),
  );
  const property = fc.property(
    fc.array(step, { maxLength: 40, size: 'max' }),
    calm,
    fc.integer({ min: 100, max: 900 }),
    (steps, signals, everyMs) => {
      const pair = new Pair();
      for (const next of steps) pair.take(next);
      pair.take({ kind: 'clear' });
      pair.take({ kind: 'reload', config: 0 });
      pair.readings.fill(Number.NaN);
      const changes = signals.map(({ signal, isGone }) => {
        const of = isGone ? undefined : Yellow;
        return { signal, of, factor: signalTable[signal]!.isFalling ? 0 : 0.1 };
      });
      // The first calm sample begins a dwell; each dwell ends with the first sample after it.
      const endMs = pair.timeMs + everyMs + 2_000 + everyMs + 5_000 + everyMs;
      for (pair.sample(everyMs, changes); pair.timeMs < endMs; ) pair.sample(everyMs, []);
      assert.equal(pair.machine.zone, Green);
    },
  );
  fc.assert(property, { numRuns: 300, seed: testSeed(t) });
});

test('step() allows each zone its dwell, however often memory and events swing', (t) => {
  const property = fc.property(
    fc.array(
      fc.record({
        afterMs: fc.integer({ min: 1, max: 400 }),
        changes: fc.array(change, { maxLength: 2 }),
      }),
      {
        minLength: 300,
        maxLength: 300,
      },
    ),
    (samples) => {
      const pair = new Pair();
      for (const { afterMs: ms, changes } of samples) pair.sample(ms, changes);
      const history = pair.machine.history();
      assert.ok(history.length <= transitionsMax);
      for (const [index, { atMs, to, cause }] of history.entries()) {
        const next = history[index + 1];
        if (next?.cause !== 'dwell') continue;
        assert.equal(next.from, to);
        assert.ok(next.atMs - atMs >= (to === Red ? 2_000 : 5_000), `after ${cause}`);
      }
    },
  );
  fc.assert(property, { numRuns: 50, seed: testSeed(t) });
});
