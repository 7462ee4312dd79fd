import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTimeout, parseTimeoutMs } from './timeout-header.ts';

test('parseTimeoutMs() reads every unit', () => {
  const cases: [string, number][] = [
    ['1H', 3_600_000],
    ['2M', 120_000],
    ['3S', 3_000],
    ['4m', 4],
    ['5000u', 5],
    ['6000000n', 6],
    ['99999999H', 99_999_999 * 3_600_000],
    ['0S', 0],
    ['007m', 7],
  ];
  for (const [header, timeoutMs] of cases) {
    assert.ok(Math.abs(parseTimeoutMs(header)! - timeoutMs) < 1e-6, header);
  }
});

test('parseTimeoutMs() refuses what the grammar does not allow', () => {
  const bad = [
    '',
    'S',
    '10',
    '10s',
    '10 S',
    '-1S',
    '+1S',
    '1.5S',
    '123456789n',
    '1SS',
    '1S, 2S',
    '１S',
  ];
  for (const header of bad) assert.equal(parseTimeoutMs(header), undefined, header);
});

test('formatTimeout() rounds up, never to zero, and stays within eight digits', () => {
  const cases: [number, string][] = [
    [0, '1m'],
    [0.2, '1m'],
    [5_000, '5000m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [100_000_000_000, '1666667M'],
    [1e15, '99999999H'],
  ];
  for (const [timeoutMs, header] of cases) assert.equal(formatTimeout(timeoutMs), header);
});
