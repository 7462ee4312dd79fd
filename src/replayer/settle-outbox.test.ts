import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ListRing } from '../../test/support/list-ring.ts';
import { SettleKind, sequenceOf } from '../vault/hand-over.ts';
import { SettleOutbox } from './settle-outbox.ts';

const { Delivered, Lost } = SettleKind;

test('add() joins neighbours of one kind, and only at the end', () => {
  const outbox = new SettleOutbox(3, 8);
  outbox.add(Delivered, 5, 1);
  outbox.add(Delivered, 6, 2);
  outbox.add(Lost, 8, 1);
  outbox.add(Delivered, 9, 1);
  outbox.add(Delivered, 4, 1);
  assert.deepEqual(flushed(outbox), [
    [Delivered, 5, 3],
    [Lost, 8, 1],
    [Delivered, 9, 1],
    [Delivered, 4, 1],
  ]);
});

test('flush() keeps what the ring does not take, in its order', () => {
  const outbox = new SettleOutbox(3, 4);
  for (let turn = 0; turn < 10; turn += 1) {
    for (let n = 0; n < 4; n += 1) outbox.add(Delivered, 100 * turn + 10 * n, 1);
    assert.equal(outbox.room, 0);
    assert.deepEqual(flushed(outbox, 3).length, 3);
    assert.equal(outbox.room, 3);
    assert.deepEqual(flushed(outbox, 3), [[Delivered, 100 * turn + 30, 1]]);
    assert.ok(outbox.isEmpty);
  }
});

test('flush() says more than a record can count in several', () => {
  const outbox = new SettleOutbox(3, 4);
  outbox.add(Delivered, 7, 2 ** 33);
  assert.deepEqual(flushed(outbox), [
    [Delivered, 7, 2 ** 32 - 1],
    [Delivered, 7 + 2 ** 32 - 1, 2 ** 32 - 1],
    [Delivered, 7 + 2 ** 33 - 2, 2],
  ]);
});

function flushed(outbox: SettleOutbox, capacity = 100): number[][] {
  const ring = new ListRing(capacity);
  outbox.flush(ring);
  return ring.records.map(([head = 0, low = 0, high = 0, count = 0]) => {
    assert.equal(head >>> 8, 3);
    return [head & 0xff, sequenceOf(low, high), count];
  });
}
