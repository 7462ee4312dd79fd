import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { allotted } from './allotment.ts';
import { FramePace } from './frame-pace.ts';

test('request() draws at most ten frames a second, and the last change always', () => {
  const clock = new FakeClock();
  const drawnMs: number[] = [];
  const pace = new FramePace(clock, () => drawnMs.push(clock.nowMs()));
  for (let ms = 0; ms < 3_000; ms += 7) {
    pace.request();
    clock.advance(7);
  }
  const last = clock.nowMs();
  clock.advance(100);
  assert.ok(drawnMs.every((at, index) => index === 0 || at - drawnMs[index - 1]! >= 100));
  assert.ok(drawnMs.length <= 31 && drawnMs.length >= 29, `${drawnMs.length}`);
  assert.ok(drawnMs.at(-1)! >= last - 7);
});

test('request() draws at once after a pause, and stop() draws nothing more', () => {
  const clock = new FakeClock();
  let frames = 0;
  const pace = new FramePace(clock, () => {
    frames += 1;
  });
  pace.request();
  assert.equal(frames, 1);
  pace.request();
  pace.stop();
  clock.advance(1_000);
  assert.equal(frames, 1);
  assert.equal(clock.pendingCount, 0);
});

test('allotted() grants wishes in their order, and no heading without a line', () => {
  const wishes = [
    { name: 'a', rows: 2 },
    { name: 'b', rows: 2 },
    { name: 'a', rows: 5 },
    { name: 'c', rows: 1 },
  ];
  const given = (rows: number) => Object.fromEntries(allotted(rows, wishes));
  assert.deepEqual(given(0), {});
  assert.deepEqual(given(1), { c: 1 });
  assert.deepEqual(given(3), { a: 3 });
  assert.deepEqual(given(5), { a: 3, b: 2 });
  assert.deepEqual(given(20), { a: 5, b: 2, c: 1 });
});
