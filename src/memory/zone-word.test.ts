import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Zone, ZoneWord, zoneWordSizeBytes } from './zone-word.ts';

test('ZoneWord is Green at first and shows every view what was set', () => {
  const buffer = new SharedArrayBuffer(64 + zoneWordSizeBytes);
  const reader = new ZoneWord(buffer, 64);
  assert.equal(reader.get(), Zone.Green);
  for (const zone of Object.values(Zone)) {
    new ZoneWord(buffer, 64).set(zone);
    assert.equal(reader.get(), zone);
  }
});

test('get() does not take another number for a zone', () => {
  const buffer = new SharedArrayBuffer(zoneWordSizeBytes);
  for (const number of [3, -1]) {
    new Int32Array(buffer)[0] = number;
    assert.throws(() => new ZoneWord(buffer, 0).get(), { name: 'AssertionFailed' });
  }
  assert.throws(() => new ZoneWord(buffer, 4), { name: 'AssertionFailed' });
});
