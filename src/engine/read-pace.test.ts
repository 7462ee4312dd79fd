import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadPace } from './read-pace.ts';

function rig() {
  let nowMs = 0;
  const pauses: number[] = [];
  const pace = new ReadPace(
    1_000,
    () => nowMs,
    (ms) => {
      pauses.push(ms);
      nowMs += ms;
    },
  );
  return {
    ...{ pace, pauses },
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('read() holds the reader to the bytes a second', () => {
  const { pace, pauses } = rig();
  for (let count = 0; count < 10; count += 1) pace.read(100);
  assert.equal(
    pauses.reduce((sum, ms) => sum + ms, 0),
    1_000,
  );
});

test('read() gathers pauses too short to take', () => {
  const { pace, pauses } = rig();
  for (let count = 0; count < 19; count += 1) pace.read(1);
  assert.deepEqual(pauses, []);
  pace.read(1);
  assert.deepEqual(pauses, [20]);
});

test('read() does not catch up on time in which nothing was read', () => {
  const { pace, pauses, pass } = rig();
  pace.read(100);
  pass(60_000);
  pace.read(100);
  assert.deepEqual(pauses, [100, 100]);
});
