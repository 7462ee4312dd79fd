import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { LoopDelay } from './loop-delay.ts';

/** Ticks that are late by so much each; the clock begins at 1 s. */
function p99After(latesMs: readonly number[]): number {
  const delay = new LoopDelay();
  let nowMs = 1_000;
  delay.tick(nowMs);
  for (const lateMs of latesMs) {
    nowMs += 50 + lateMs;
    delay.tick(nowMs);
  }
  return delay.p99Ms;
}

function onTime(count: number): number[] {
  return Array(count).fill(0);
}

test('p99Ms is 0 before the second tick, and while every tick is on time', () => {
  assert.equal(new LoopDelay().p99Ms, 0);
  assert.equal(p99After([]), 0);
  assert.equal(p99After(onTime(1)), 0);
  assert.equal(p99After(onTime(300)), 0);
});

test('p99Ms is the nearest rank: of 100 ticks the second worst', () => {
  assert.equal(p99After([7]), 7);
  assert.equal(p99After([...onTime(40), 9, 8]), 9); // of 42
  assert.equal(p99After([...onTime(95), 9, 8]), 9); // of 97: rank 97
  const lates = Array.from({ length: 99 }, (_, index) => index / 128);
  assert.equal(p99After(lates), 98 / 128);
});

test('p99Ms counts the ticks that a stall swallowed, each late by what was left', () => {
  assert.equal(p99After([...onTime(60), 220, ...onTime(20)]), 220); // 60 + 5 + 20 ticks
  // 220, 170, 120, 70, 20 of 95 + 5 in the window: rank 99 is 170.
  assert.equal(p99After([...onTime(300), 220, ...onTime(90)]), 170);
  // Without the swallowed ones a second stood still would be one tick in a hundred.
  assert.equal(p99After([...onTime(300), 1_000, ...onTime(10)]), 1_000);
});

test('p99Ms forgets a stall when its ticks have left the window', () => {
  assert.equal(p99After([...onTime(10), 400, ...onTime(99)]), 350);
  assert.equal(p99After([...onTime(10), 400, ...onTime(100)]), 0);
});

test('p99Ms of a stall longer than the window is the worst of it for a window, then 0', () => {
  assert.equal(p99After([20_000]), 19_950);
  assert.equal(p99After([20_000, ...onTime(99)]), 19_950);
  assert.equal(p99After([20_000, ...onTime(100)]), 0);
  assert.equal(p99After([20_000, 20_000, 1_000]), 19_950);
});

test('p99Ms of a loop that ticks seldom is that of one that ticks often: one hiccup is none', () => {
  for (const plannedMs of [50, 250]) {
    const delay = new LoopDelay();
    let nowMs = 1_000;
    delay.tick(nowMs, plannedMs);
    for (let count = 1; count <= 10_000 / plannedMs; count += 1) {
      const lateMs = nowMs > 8_000 && nowMs <= 8_000 + plannedMs ? 60 : 0;
      nowMs += plannedMs + lateMs;
      delay.tick(nowMs, plannedMs);
    }
    assert.equal(delay.p99Ms, 10, `ticks of ${plannedMs} ms`); // 60 and 10, of about 100
  }
});

test('tick() takes a clock that jumps back as no delay, and forgets all the same', () => {
  const delay = new LoopDelay();
  for (const nowMs of [90_000, 90_350, 100, 150, 200]) delay.tick(nowMs);
  assert.equal(delay.p99Ms, 300);
  for (let nowMs = 250; nowMs <= 5_200; nowMs += 50) delay.tick(nowMs);
  assert.equal(delay.p99Ms, 0);
});

test('p99Ms is that of a list of all ticks, sorted', (t) => {
  const late = fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 0, 0, 1, -3) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 1, arbitrary: fc.constantFrom(50, 100, 999, 5_000, 12_345) },
  );
  const windows = fc.constantFrom<[number, number]>([50, 5_000], [10, 100], [50, 50], [20, 10_000]);
  const property = fc.property(
    windows,
    fc.array(late, { maxLength: 300, size: 'max' }),
    (window, lates) => {
      const [intervalMs, windowMs] = window;
      const delay = new LoopDelay(intervalMs, windowMs);
      const ticks: Tick[] = [];
      let nowMs = 0;
      delay.tick(nowMs);
      for (const lateMs of lates) {
        nowMs += intervalMs + lateMs;
        delay.tick(nowMs);
        ticks.push(
          ...stallTicks(nowMs, lateMs, intervalMs).slice(0, Math.ceil(windowMs / intervalMs)),
        );
        assert.equal(delay.p99Ms, naiveP99(ticks, nowMs - windowMs));
      }
    },
  );
  fc.assert(property, { numRuns: 60, seed: testSeed(t) });
});

interface Tick {
  readonly atMs: number;
  readonly delayMs: number;
}

/** Worst first. */
function stallTicks(atMs: number, lateMs: number, intervalMs: number): Tick[] {
  const ticks = [{ atMs, delayMs: Math.max(0, lateMs) }];
  for (let left = lateMs - intervalMs; left > 0; left -= intervalMs) {
    ticks.push({ atMs, delayMs: left });
  }
  return ticks;
}

function naiveP99(ticks: readonly Tick[], afterMs: number): number {
  const delays = ticks.filter(({ atMs }) => atMs > afterMs).map(({ delayMs }) => delayMs);
  delays.sort((a, b) => a - b);
  return delays[Math.ceil(delays.length * 0.99) - 1] ?? 0;
}
