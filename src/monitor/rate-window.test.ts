import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RateWindow } from './rate-window.ts';

type Sample = readonly [atMs: number, value: number];

function check(
  kind: 'counter' | 'amount',
  samples: readonly Sample[],
  expected: number,
  spanMs = 2_000,
): void {
  const window = new RateWindow(2_000, kind);
  for (const [atMs, value] of samples) window.add(atMs, value);
  assert.equal(window.rate(spanMs, 500), expected);
}

test('rate() waits for enough history', () => {
  check('counter', [], Number.NaN);
  check('counter', [[0, 5]], Number.NaN);
  check(
    'counter',
    [
      [0, 0],
      [499, 499],
    ],
    Number.NaN,
  );
  check(
    'counter',
    [
      [0, 0],
      [500, 1_000],
    ],
    2,
  );
});

test('rate() is that of the span, not of what was before', () => {
  const samples: Sample[] = [];
  for (let atMs = 0; atMs <= 60_000; atMs += 100) samples.push([atMs, Math.min(atMs, 50_000)]);
  check('counter', samples, 0);
  check('counter', samples.slice(0, 400), 1);
  check('counter', samples.slice(0, 511), 0.5);
  check('counter', samples.slice(0, 511), 0, 1_000);
});

test('rate() begins anew after a gap, a clock that went back and a counter that did', () => {
  const before: Sample[] = [
    [10_000, 50],
    [11_000, 60],
  ];
  check('counter', [...before, [11_100, Number.NaN], [11_200, 70]], Number.NaN);
  check('counter', [...before, [9_000, 70]], Number.NaN);
  check('counter', [...before, [12_000, 10]], Number.NaN);
  check('counter', [...before, [12_000, 10], [13_000, 20]], 0.01);
  check('amount', [...before, [12_000, 30]], -0.01);
  // A loop that stood still for hours.
  check('amount', [...before, [3_611_000, 3_660]], 0.001);
});

test('rate() is that of a straight line, however often samples come', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 1_000 }),
      fc.integer({ min: -1_000, max: 1_000 }),
      (steps, slope) => {
        const window = new RateWindow(2_000, 'amount');
        let atMs = 0;
        window.add(atMs, 0);
        for (const step of steps) {
          atMs += step;
          window.add(atMs, slope * atMs);
        }
        const rate = window.rate(2_000, 500);
        if (atMs < 500) assert.ok(Number.isNaN(rate));
        else assert.ok(Math.abs(rate - slope) < 1e-6, `${rate} for ${slope}`);
      },
    ),
  );
});
