import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ForwardTime } from './zone-time.ts';

test('advance() is the clock until it jumps back, and goes on from there', () => {
  const time = new ForwardTime(100);
  const steps: readonly (readonly [nowMs: number, expectedMs: number])[] = [
    [100, 100],
    [100.1, 100.1],
    [100.3, 100.3],
    [7_000, 7_000],
    [50, 7_000],
    [60, 7_010],
    [59, 7_010],
    [69, 7_020],
    [-1e12, 7_020],
    [1e12, 2e12 + 7_020],
  ];
  for (const [nowMs, expectedMs] of steps) {
    assert.equal(time.peek(nowMs), expectedMs);
    assert.equal(time.advance(nowMs), expectedMs);
  }
});

test('peek() remembers nothing', () => {
  const time = new ForwardTime(100);
  assert.deepEqual([time.peek(50), time.peek(900), time.peek(150)], [100, 900, 150]);
});

test('advance() takes no time that is none', () => {
  for (const nowMs of [Number.NaN, Infinity]) {
    assert.throws(() => new ForwardTime(0).advance(nowMs), /the time is no number/);
    assert.throws(() => new ForwardTime(nowMs), /the time is no number/);
  }
});
