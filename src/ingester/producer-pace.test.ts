import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProducerPace } from './producer-pace.ts';

test('ProducerPace.stall() sees silence, and a new byte ends it', () => {
  const pace = new ProducerPace(10_000, 0);
  assert.equal(pace.stall(0, 9_999), undefined);
  assert.equal(pace.stall(1, 10_000), undefined);
  assert.equal(pace.stall(1, 19_999), undefined);
  assert.match(pace.stall(1, 20_000) ?? '', /no byte/);
});

test('ProducerPace.stall() sees less than 1 KiB/s in any period of 30 s', () => {
  const steady = new ProducerPace(10_000, 0);
  for (let second = 1; second <= 300; second += 1) {
    assert.equal(steady.stall(second * 1_024, second * 1_000), undefined);
  }
  const fading = new ProducerPace(10_000, 0);
  for (let second = 1; second < 60; second += 1) {
    const bytes = Math.min(second, 30) * 1_024 + Math.max(0, second - 30) * 1_000;
    assert.equal(fading.stall(bytes, second * 1_000), undefined);
  }
  assert.match(fading.stall(30 * 1_024 + 30 * 1_000, 60_000) ?? '', /30000 bytes/);
});

test('ProducerPace.restart() forgives what was not sent before it', () => {
  const pace = new ProducerPace(10_000, 0);
  assert.equal(pace.stall(40_000, 5_000), undefined);
  pace.restart(40_000, 20_000);
  assert.equal(pace.stall(40_000, 29_999), undefined);
  assert.match(pace.stall(40_000, 30_000) ?? '', /no byte/);
  pace.restart(40_000, 30_000);
  for (let second = 31; second < 60; second += 1) {
    assert.equal(pace.stall(40_000 + second, second * 1_000), undefined);
  }
  assert.match(pace.stall(40_060, 60_000) ?? '', /60 bytes/); // of them, 40,000 do not count
});

test('ProducerPace.stall() bears a short silence only while nobody waits for the memory', () => {
  const pace = new ProducerPace(10_000, 0);
  assert.equal(pace.stall(100, 0), undefined);
  assert.equal(pace.stall(100, 999, true), undefined);
  assert.equal(pace.stall(100, 9_999, false), undefined);
  assert.match(pace.stall(100, 1_000, true) ?? '', /no byte for 1000 ms/);
  const impatient = new ProducerPace(500, 0);
  assert.match(impatient.stall(0, 500, true) ?? '', /no byte for 500 ms/);
});
