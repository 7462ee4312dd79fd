import assert from 'node:assert/strict';
import { test } from 'node:test';
import { upTo } from '../../test/support/replay-log.ts';
import { DurableEnd } from '../memory/vault-page.ts';
import { ConsumerCursor } from '../vault/consumer-cursor.ts';
import { SettleKind } from '../vault/hand-over.ts';
import { noEntry, ReplayOrder } from './replay-order.ts';

const end = Object.assign(new DurableEnd(), { entryEnd: 10 });

function orderOf(rangesMax = 100) {
  const cursor = new ConsumerCursor(undefined, rangesMax);
  const parts = { cursor, isBusy: () => false, busyCount: () => 0, rangesMax };
  const order = new ReplayOrder({ ...parts, blockStart: (entrySeq) => entrySeq }, 'oldest');
  return { cursor, order };
}

/** What it gives until there is nothing, or so many. */
function walk(order: ReplayOrder, countMax = 100): number[] {
  const given: number[] = [];
  while (given.length < countMax) {
    const entrySeq = order.next(end);
    if (entrySeq === noEntry) break;
    order.pass(entrySeq);
    given.push(entrySeq);
  }
  return given;
}

test('goBack() walks again what was passed, and goOn() ends that', () => {
  const { cursor, order } = orderOf();
  assert.deepEqual(walk(order, 7), upTo(7));
  cursor.settle(SettleKind.Delivered, 4, 1);
  order.goBack(2, end);
  assert.equal(order.isBack, true);
  assert.deepEqual(walk(order, 2), [2, 3]);
  order.goOn();
  assert.equal(order.isBack, false);
  assert.deepEqual(walk(order), [7, 8, 9]);
  order.goBack(8, end);
  assert.deepEqual(walk(order), [8, 9]);
});

test('comesBack() behind the walk that has gone back is given, and skips nothing', () => {
  const { order } = orderOf();
  walk(order);
  order.goBack(2, end);
  order.comesBack(6, end);
  assert.deepEqual(walk(order, 3), [6, 2, 3]);
  order.comesBack(7, end);
  order.goOn();
  assert.deepEqual(walk(order), [7]);
});

test('goBack() gives the oldest again when nothing but it could go', () => {
  const { cursor, order } = orderOf(2);
  cursor.settle(SettleKind.Delivered, 3, 1);
  cursor.settle(SettleKind.Delivered, 5, 1);
  assert.deepEqual(walk(order), [0]);
  order.goBack(0, end);
  assert.deepEqual(walk(order), [0]);
});
