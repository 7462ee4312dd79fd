import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VaultRefusals } from './vault-refusals.ts';

test('has() is true for five seconds after the last refusal, of that producer alone', () => {
  const refusals = new VaultRefusals();
  refusals.add('a', 1_000);
  assert.equal(refusals.has('a', 5_999), true);
  assert.equal(refusals.has('b', 5_999), false);
  refusals.add('a', 5_999);
  assert.equal(refusals.has('a', 10_998), true);
  assert.equal(refusals.has('a', 10_999), false);
});

test('add() remembers a bounded number of producers', () => {
  const refusals = new VaultRefusals();
  for (let count = 0; count < 1_000; count += 1) refusals.add(`${count}`, 0);
  const known = Array.from({ length: 1_000 }, (_, count) => refusals.has(`${count}`, 1));
  assert.ok(known.at(-1));
  assert.ok(known.filter(Boolean).length <= 64);
});
