import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseCount,
  parseDurationMs,
  parseMatch,
  parsePositive,
  parseRateBytes,
  parseSizeBytes,
} from './flag-value.ts';

function check(parse: (text: string) => number, good: Record<string, number>, bad: string[]): void {
  for (const [text, value] of Object.entries(good)) assert.equal(parse(text), value, text);
  for (const text of bad) assert.throws(() => parse(text), RangeError, text);
}

test('parseCount() takes whole numbers from 1', () =>
  check(parseCount, { '1': 1, '1000000000': 1e9 }, ['0', '-1', '1.5', '1e3', '', '1000000001']));

test('parsePositive() takes fractions above 0', () =>
  check(parsePositive, { '0.5': 0.5, '50': 50 }, ['0', '-1', '.5', 'Infinity', '1000001']));

test('parseMatch() divides at the first =', () => {
  assert.deepEqual(parseMatch('a.b=c=d'), { key: 'a.b', value: 'c=d' });
  assert.deepEqual(parseMatch('a='), { key: 'a', value: '' });
  for (const text of ['', 'a', '=b']) assert.throws(() => parseMatch(text), RangeError, text);
});

test('parseDurationMs() takes units, several too, and no bare numbers', () =>
  check(
    parseDurationMs,
    { '500ms': 500, '5s': 5_000, '1m30s': 90_000, '1.5s': 1_500, '24h': 86_400_000 },
    ['5', '', 's', '5 s', '5d', '0s', '25h', 's5', '5s!'],
  ));

test('parseSizeBytes() takes bytes and units up to 64 MiB', () =>
  check(
    parseSizeBytes,
    { '0': 0, '512': 512, '4KiB': 4096, '1MB': 1_000_000, '64MiB': 67_108_864 },
    ['65MiB', '1GB', '-1', '1.5KiB', '', 'KiB'],
  ));

test('parseRateBytes() takes what an engine takes for its replay', () =>
  check(
    parseRateBytes,
    { '20MiB': 20 * 1024 ** 2, '64KiB/s': 65_536, '1.5MB/s': 1_500_000, '64GiB': 64 * 1024 ** 3 },
    ['0', '63KiB', '65GiB', '20', '20M', '-1MiB', '20MiB/m', '', '/s'],
  ));
