import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countOf, countText, durationText, latencyText, sizeText } from './quantity-text.ts';

function check(text: (amount: number) => string, expected: Record<string, number>): void {
  for (const [wanted, amount] of Object.entries(expected)) assert.equal(text(amount), wanted);
}

test('durationText() shows the two largest units', () =>
  check(durationText, {
    ...{ '0ms': 0, '350ms': 350, '1s': 1_000, '59s': 59_400, '1m': 60_000, '1m1s': 61_000 },
    ...{ '1h': 3_600_000, '1h2m': 3_725_000, '1d': 86_400_000, '2d5h': 190_800_000 },
  }));

test('latencyText() has tenths where they matter', () =>
  check(latencyText, { '0.1 ms': 0.06, '9.9 ms': 9.94, '12 ms': 12.4, '1.5 s': 1_520 }));

test('sizeText() uses binary units', () =>
  check(sizeText, { '0 B': 0, '1023 B': 1023, '1.0 KiB': 1024, '1.5 GiB': 1.5 * 1024 ** 3 }));

test('countText() sets thousands apart', () =>
  check(countText, {
    '0': 0,
    '999': 999,
    '1,000': 1_000,
    '1,234,567': 1_234_567,
    '-2,000': -2_000,
  }));

test('countOf() says one thing of one, and another of all other numbers', () => {
  check((count) => countOf(count, 'letter'), { '1 letter': 1, '0 letters': 0, '2 letters': 2 });
  check((count) => countOf(count, 'batch', 'batches'), { '1 batch': 1, '1,001 batches': 1_001 });
});
