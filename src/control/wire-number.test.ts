import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBinary } from '@bufbuild/protobuf';
import { DurationSchema, durationMs, TimestampSchema, timestampMs } from '@bufbuild/protobuf/wkt';
import { finite, wireCount, wireDuration, wireTime } from './wire-number.ts';

const nowhere = [Number.NaN, Infinity, -Infinity, undefined];

test('finite() leaves out what is no number of the engine', () => {
  for (const value of nowhere) assert.equal(finite(value), undefined);
  for (const value of [0, -1.5, 2 ** 60]) assert.equal(finite(value), value);
});

test('wireDuration() and wireTime() give messages that can be sent, to the millisecond', () => {
  for (const ms of [0, 0.4, 12_345.678_9, 1_700_000_000_000.3, -5.5]) {
    const duration = wireDuration(ms);
    const time = wireTime(ms);
    assert.ok(duration !== undefined && time !== undefined);
    assert.ok(toBinary(DurationSchema, duration).length >= 0);
    assert.ok(toBinary(TimestampSchema, time).length >= 0);
    assert.equal(durationMs(duration) + 0, Math.round(ms) + 0, 'without a negative zero');
    assert.equal(timestampMs(time) + 0, Math.round(ms) + 0, 'without a negative zero');
  }
  for (const value of nowhere) {
    assert.equal(wireDuration(value), undefined);
    assert.equal(wireTime(value), undefined);
  }
});

test('wireCount() stays in 32 bits without a sign', () => {
  assert.deepEqual([-1, 0, 7, 7.4, 2 ** 40].map(wireCount), [0, 0, 7, 7, 2 ** 32 - 1]);
});
