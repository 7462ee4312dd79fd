import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rateText, timeText } from './amount-text.ts';

describe('amounts of the page', () => {
  it('rateText() has a digit behind the point only where it says something', () => {
    const texts = [0, 0.04, 0.44, 9.94, 9.96, 12.4, 1_234.5].map(rateText);
    assert.deepEqual(texts, ['0/s', '0/s', '0.4/s', '9.9/s', '10/s', '12/s', '1,235/s']);
  });

  it('timeText() leaves out the date of today', () => {
    const noonMs = new Date(2026, 10, 26, 12, 0, 5).getTime();
    assert.equal(timeText(noonMs, noonMs + 60_000), '12:00:05');
    assert.equal(timeText(noonMs, noonMs + 86_400_000), '2026-11-26 12:00:05');
    assert.equal(timeText(undefined, noonMs), '-');
  });
});
