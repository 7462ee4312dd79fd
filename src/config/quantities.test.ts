import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs, percent, type Quantity, rateBytesPerSecond, sizeBytes } from './quantities.ts';

function check(quantity: Quantity, rows: readonly (readonly [string, number | undefined])[]): void {
  for (const [text, expected] of rows) {
    assert.equal(quantity.parse(text), expected, `${quantity.noun} ${JSON.stringify(text)}`);
  }
}

test('durationMs() reads Go durations and no bare number but 0', () => {
  check(durationMs, [
    ['0', 0],
    ['0s', 0],
    ['500ms', 500],
    ['1h30m', 5_400_000],
    ['1.5s', 1_500],
    ['1m0.25s', 60_250],
    ['2000us', 2],
    ['3000µs', 3],
    ['1000000ns', 1],
    ['500us', undefined],
    ['5', undefined],
    ['5 s', undefined],
    ['-5s', undefined],
    ['1d', undefined],
    ['s', undefined],
    ['', undefined],
    [`${'1h'.repeat(40)}`, undefined],
  ]);
});

test('sizeBytes() reads bytes and units of 1024 and 1000, whole bytes only', () => {
  check(sizeBytes, [
    ['0', 0],
    ['16777216', 16_777_216],
    ['64MiB', 67_108_864],
    ['1GB', 1_000_000_000],
    ['1.5KiB', 1_536],
    ['1.3MB', 1_300_000],
    ['2 MiB', 2_097_152],
    ['8TiB', 8 * 1024 ** 4],
    ['10B', 10],
    ['0.5', undefined],
    ['1.0001KiB', undefined],
    ['64mib', undefined],
    ['64M', undefined],
    ['-1', undefined],
    ['9999999TiB', undefined],
    ['', undefined],
  ]);
});

test('rateBytesPerSecond() reads a size per second', () => {
  check(rateBytesPerSecond, [
    ['50MiB/s', 52_428_800],
    ['0/s', 0],
    ['50MiB', undefined],
    ['/s', undefined],
  ]);
});

test('percent() reads shares with and without the sign', () => {
  check(percent, [
    ['75', 75],
    ['75%', 75],
    ['12.5', 12.5],
    ['1e2', undefined],
    ['%', undefined],
  ]);
});
