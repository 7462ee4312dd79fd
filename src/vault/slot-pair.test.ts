import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadStatus } from './read-status.ts';
import { newestSlot, slotIndexOf } from './slot-pair.ts';

test('newestSlot() takes the higher generation of those that can be read', () => {
  const slot = (generation: number, status: ReadStatus = ReadStatus.Ok) => ({ status, generation });
  const bad = slot(9, ReadStatus.Damaged);
  assert.equal(newestSlot([slot(4), slot(3)]), 0);
  assert.equal(newestSlot([slot(4), slot(5)]), 1);
  assert.equal(newestSlot([bad, slot(5)]), 1);
  assert.equal(newestSlot([slot(4), bad]), 0);
  assert.equal(newestSlot([bad, bad]), -1);
});

test('slotIndexOf() is the lowest bit, also above 2^32', () => {
  assert.deepEqual([1, 2, 2 ** 32 + 1, 2 ** 53 - 1].map(slotIndexOf), [1, 0, 1, 1]);
});
