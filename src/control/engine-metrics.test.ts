import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pressureRatio } from './engine-metrics.ts';

test('pressureRatio() is 1 at the threshold, above it when things are worse, and stays a number', () => {
  const ratio = (name: string, value: number, yellow: number, red: number) =>
    pressureRatio({ name, value, yellow, red });
  assert.equal(ratio('arena_percent', 60, 60, 85), 1);
  assert.equal(ratio('arena_percent', 90, 60, 85), 1.5);
  assert.equal(ratio('arena_percent', 85, Infinity, 85), 1);
  assert.equal(ratio('memory_exhaustion', 30_000, 30_000, 5_000), 1);
  assert.equal(ratio('memory_exhaustion', 15_000, 30_000, 5_000), 2);
  assert.equal(ratio('memory_exhaustion', 0, 30_000, 5_000), 30_000);
  assert.equal(ratio('own_growth', 7, Infinity, Infinity), undefined);
});
