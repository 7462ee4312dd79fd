import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseMoment } from './time-flag.ts';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

test('parseMoment() takes dates with their zone', () => {
  const texts = {
    '2026-01-02T03:04:05Z': nowMs,
    '2026-01-02T03:04:05.250Z': nowMs + 250,
    '2026-01-02t03:04z': nowMs - 5_000,
    '2026-01-02T04:04:05+01:00': nowMs,
  };
  for (const [text, wallMs] of Object.entries(texts)) {
    assert.equal(parseMoment(text, nowMs), wallMs, text);
  }
});

test('parseMoment() takes how long ago', () => {
  const texts = { '90m': 5_400_000, '-2h': 7_200_000, '1d12h': 129_600_000, '1.5s': 1_500 };
  for (const [text, agoMs] of Object.entries(texts)) {
    assert.equal(parseMoment(text, nowMs), nowMs - agoMs, text);
  }
});

test('parseMoment() refuses what another host would understand otherwise', () => {
  const texts = ['', '-', '5', 'yesterday', '2026-01-02', '2026-01-02T03:04:05', '03:04', '1y'];
  for (const text of [...texts, '2026-13-02T03:04:05Z', '1700000000', '2h ']) {
    assert.throws(() => parseMoment(text, nowMs), RangeError, text);
  }
});
