import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import {
  TimeCounts,
  TimeHistogram,
  timeBucket,
  timeBucketBeginMs,
  timeBucketCount,
} from './time-histogram.ts';

function counted(...times: readonly number[]): TimeCounts {
  const histogram = new TimeHistogram();
  for (const ms of times) histogram.add(ms);
  return new TimeCounts().add(histogram.words);
}

test('timeBucket() puts each time between the bounds of its bucket', (context) => {
  const time = fc.oneof(
    fc.double({ min: 0, max: 100_000, noNaN: true }),
    fc.double({ min: 0, max: 2, noNaN: true }),
    fc.integer({ min: 0, max: 100_000 }),
  );
  fc.assert(
    fc.property(time, (ms) => {
      const bucket = timeBucket(ms);
      assert.ok(timeBucketBeginMs(bucket) <= ms, `${ms} is not before its bucket`);
      assert.ok(ms < timeBucketBeginMs(bucket + 1), `${ms} is not behind its bucket`);
    }),
    { numRuns: 2_000, seed: testSeed(context) },
  );
});

test('timeBucketBeginMs() grows by an eighth at most, and has round numbers', () => {
  const begins = Array.from({ length: timeBucketCount + 1 }, (_, at) => timeBucketBeginMs(at));
  assert.deepEqual(begins.slice(0, 3), [0, 1 / 16, 9 / 128]);
  assert.equal(begins.at(-2), 65_536);
  assert.equal(begins.at(-1), Number.POSITIVE_INFINITY);
  for (const round of [0.25, 0.5, 1, 2, 4, 5, 10, 1_024, 32_768]) {
    assert.ok(begins.includes(round), `${round} ms is a bound`);
  }
  for (let at = 2; at < timeBucketCount; at += 1) {
    const [before = 0, begin = 0] = begins.slice(at - 1, at + 1);
    assert.ok(begin > before && begin <= before * 1.125, `${before} to ${begin}`);
  }
});

test('TimeHistogram counts what is no time as the shortest, and adds nothing for it', () => {
  const counts = counted(-1, Number.NaN, 0);
  assert.deepEqual([counts.words[1], counts.count, counts.sumMs], [3, 3, 0]);
});

test('TimeCounts sums several writers, and subtracts what was before', () => {
  const [one, other] = [new TimeHistogram(), new TimeHistogram()];
  one.add(3);
  const before = new TimeCounts().add(one.words).add(other.words);
  one.add(3);
  other.add(70_000);
  const later = new TimeCounts().add(one.words).add(other.words);
  assert.deepEqual([later.count, later.sumMs], [3, 70_006]);
  const between = later.subtract(before);
  assert.deepEqual([between.count, between.sumMs], [2, 70_003]);
  assert.equal(between.countBelow(timeBucket(70_000)), 1);
  assert.equal(between.countBelow(timeBucket(3)), 0);
});

test('percentileMs() is right to an eighth, whatever was counted', (context) => {
  const times = fc.array(fc.double({ min: 0.0625, max: 60_000, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(times, fc.constantFrom(1, 50, 90, 99, 100), (all, percent) => {
      const sorted = all.toSorted((a, b) => a - b);
      const exact = sorted[Math.ceil((sorted.length * percent) / 100) - 1]!; // inside
      const found = counted(...all).percentileMs(percent)!; // something was counted
      assert.ok(found > exact / 1.126 && found < exact * 1.126, `${found}, but it is ${exact}`);
    }),
    { numRuns: 500, seed: testSeed(context) },
  );
});

test('percentileMs() knows nothing of nothing, and only a bound of what is beyond the last', () => {
  assert.equal(counted().percentileMs(99), undefined);
  assert.equal(counted(100_000, 200_000).percentileMs(50), 65_536);
});
