import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Allowance } from './allowance.ts';

test('spend() gives the burst at once, and then what comes in', () => {
  const allowance = new Allowance({ burst: 3, perSecond: 2 }, 0);
  const spent = (nowMs: number) => [1, 2, 3, 4].map(() => allowance.spend(nowMs));
  assert.deepEqual(spent(0), [true, true, true, false]);
  assert.deepEqual(spent(499), [false, false, false, false]);
  assert.deepEqual(spent(1_000), [true, true, false, false]);
  assert.deepEqual(spent(100_000), [true, true, true, false]);
});

test('spend() lets no time pass backwards', () => {
  const allowance = new Allowance({ burst: 1, perSecond: 1 }, 10_000);
  assert.equal(allowance.spend(10_000), true);
  assert.equal(allowance.spend(9_000), false);
});

test('borrow() spends what has to come in before anything can be spent again', () => {
  const allowance = new Allowance({ burst: 2, perSecond: 10 }, 0);
  for (let times = 0; times < 5; times += 1) allowance.borrow(0);
  assert.equal(allowance.waitMs(0, 0), 300);
  assert.equal(allowance.waitMs(0), 400);
  assert.equal(allowance.waitMs(250), 150);
  assert.equal(allowance.spend(399), false);
  assert.equal(allowance.spend(400), true);
});
