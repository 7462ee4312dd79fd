import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import { SampleCountdown } from './sample-countdown.ts';

/** Steps from one sample to the next. */
function gaps(countdown: SampleCountdown, count: number): number[] {
  return Array.from({ length: count }, () => {
    let steps = 1;
    while (!countdown.step()) steps += 1;
    return steps;
  });
}

test('step() is true after half to one and a half times the mean, both ends included', () => {
  const table: [mean: number, random: number, steps: number][] = [
    [1024, 0, 512],
    [1024, 0.999_999, 1536],
    [1024, 0.5, 1024],
    [7, 0, 4],
    [7, 0.999_999, 10],
    [2, 0, 1],
    [2, 0.999_999, 3],
    [1, 0, 1],
    [1, 0.999_999, 1],
  ];
  for (const [mean, random, steps] of table) {
    const countdown = new SampleCountdown(mean, () => random);
    assert.deepEqual(gaps(countdown, 2), [steps, steps], `${mean} ${random}`);
  }
});

test('step() draws anew each time, evenly, around the mean', (t) => {
  const random = new SeededRandom(testSeed(t));
  const counts = gaps(new SampleCountdown(8, () => random.next() / 2 ** 32), 18_000);
  const average = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  assert.ok(Math.abs(average - 8) < 0.2, `${average}`);
  for (let steps = 4; steps <= 12; steps++) {
    const share = counts.filter((count) => count === steps).length;
    assert.ok(Math.abs(share - 2_000) < 300, `${steps}: ${share} of 18000`);
  }
  assert.ok(counts.every((count) => count >= 4 && count <= 12));
});
