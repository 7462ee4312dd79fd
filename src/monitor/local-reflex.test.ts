import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { Zone } from '../memory/zone-word.ts';
import { LocalReflex, type LocalReflexOptions } from './local-reflex.ts';

const { Green, Red } = Zone;
const options: LocalReflexOptions = { redPercent: 85, releasePercent: 80, dwellMs: 2_000 };

type Sample = readonly [nowMs: number, arenaPercent: number, isStarved?: 'starved'];

function check(samples: readonly (readonly [Sample, Zone])[], redPercent = 85): void {
  const reflex = new LocalReflex({ ...options, redPercent });
  for (const [[nowMs, percent, starved], zone] of samples) {
    assert.equal(reflex.sample(nowMs, percent, starved !== undefined), zone, `at ${nowMs} ms`);
    assert.equal(reflex.zone, zone);
  }
}

test('sample() is Red at once at the threshold, or when a slab was not to be had', () => {
  check([
    [[0, 84.9], Green],
    [[1, 85], Red],
  ]);
  check([[[0, 1, 'starved'], Red]]);
});

test('sample() is Green again after the dwell below the release, and not before', () => {
  check([
    [[0, 90], Red],
    [[100, 67.9], Red],
    [[2_099, 67.9], Red],
    [[2_100, 67.9], Green],
  ]);
});

test('sample() begins the dwell anew above the release, and when starved', () => {
  check([
    [[0, 90], Red],
    [[100, 10], Red],
    [[2_000, 68], Red],
    [[2_100, 10], Red],
    [[4_000, 10, 'starved'], Red],
    [[4_100, 10], Red],
    [[6_099, 10], Red],
    [[6_100, 10], Green],
  ]);
});

test('sample() with a threshold of 100 % is Red only when starved', () => {
  check(
    [
      [[0, 100], Green],
      [[1, 100, 'starved'], Red],
      [[2, 79], Red],
      [[2_002, 79], Green],
    ],
    100,
  );
});

test('sample() makes no dwell shorter when the clock jumps back', () => {
  check([
    [[10_000, 90], Red],
    [[10_100, 10], Red],
    [[500, 10], Red],
    [[2_499, 10], Red],
    [[2_500, 10], Green],
  ]);
});

test('sample() never leaves Red sooner than the dwell, and leaves it when all is calm', (t) => {
  const sample = fc.record({
    afterMs: fc.integer({ min: -5_000, max: 1_500 }),
    percent: fc.oneof(fc.double({ min: 0, max: 100, noNaN: true }), fc.constantFrom(67.9, 68, 85)),
    isStarved: fc.boolean(),
  });
  const property = fc.property(fc.array(sample, { maxLength: 60 }), (samples) => {
    const reflex = new LocalReflex(options);
    let [nowMs, passedMs, redSinceMs] = [0, 0, 0];
    for (const { afterMs, percent, isStarved } of samples) {
      nowMs += afterMs;
      passedMs += Math.max(0, afterMs);
      const before = reflex.zone;
      const zone = reflex.sample(nowMs, percent, isStarved);
      if (isStarved || percent >= 85) {
        assert.equal(zone, Red);
        redSinceMs = passedMs;
      }
      if (zone !== before && zone === Green) assert.ok(passedMs - redSinceMs >= options.dwellMs);
    }
    for (const afterMs of [1, 2_001]) reflex.sample(nowMs + afterMs, 67.9, false);
    assert.equal(reflex.zone, Green);
  });
  fc.assert(property, { numRuns: 2_000, seed: testSeed(t) });
});
