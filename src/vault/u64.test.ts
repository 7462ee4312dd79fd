import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { AssertionFailed } from '../assert.ts';
import { getSequence, putSequence, sequenceMax, sequenceRefused } from './field-bytes.ts';
import { U64 } from './u64.ts';

const view = new DataView(new ArrayBuffer(16));

test('U64 reads, writes and compares as 64 bits do', (context) => {
  const value = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
  fc.assert(
    fc.property(value, value, (a, b) => {
      const [left, right] = [new U64().setBigInt(a), new U64().setBigInt(b)];
      assert.equal(left.isLessThan(right), a < b);
      assert.equal(left.equals(right), a === b);
      left.write(view, 8);
      assert.equal(view.getBigUint64(8, true), a);
      assert.equal(new U64().read(view, 8).toBigInt(), a);
      assert.equal(right.equalsAt(view, 8), a === b);
      assert.equal(left.msOfNs, Number(a / 1_000_000n));
    }),
    { seed: testSeed(context), numRuns: caseCount(2_000) },
  );
});

test('setNsOfMs() is exact, to the year 2554', (context) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 18_446_744_073_708 }), (ms) => {
      const ns = new U64().setNsOfMs(ms);
      assert.equal(ns.toBigInt(), BigInt(ms) * 1_000_000n);
      assert.equal(ns.msOfNs, ms);
    }),
    { seed: testSeed(context), numRuns: caseCount(2_000) },
  );
  assert.throws(() => new U64().setNsOfMs(-1), AssertionFailed);
  assert.throws(() => new U64().setNsOfMs(18_446_744_073_710), AssertionFailed);
});

test('getSequence() gives what was put, and refuses 2^53 and above', () => {
  for (const value of [0, 1, 2 ** 16, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, sequenceMax]) {
    putSequence(view, 0, value);
    assert.equal(view.getBigUint64(0, true), BigInt(value));
    assert.equal(getSequence(view, 0), value);
  }
  for (const value of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
    view.setBigUint64(0, value, true);
    assert.equal(getSequence(view, 0), sequenceRefused, `${value}`);
  }
  for (const value of [-1, 0.5, 2 ** 53, Number.NaN])
    assert.throws(() => putSequence(view, 0, value), AssertionFailed, `${value}`);
});
