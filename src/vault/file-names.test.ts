import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { sequenceMax } from './field-bytes.ts';
import { consumerOf, cursorPath, segmentIdOf, segmentPath } from './file-names.ts';

test('segmentIdOf() gives back what segmentPath() named, and 0 for any other name', () => {
  for (const id of [1, 65_534, 65_536, 2 ** 32, sequenceMax]) {
    assert.equal(segmentIdOf(segmentPath(id).slice('seg/'.length)), id);
  }
  assert.equal(segmentPath(255), 'seg/00000000000000ff.vlt');
  for (const name of [
    ...['0000000000000000.vlt', 'ff.vlt', '00000000000000FF.vlt', 'ffffffffffffffff.vlt'],
    ...['00000000000000ff.vlt.tmp', '00000000000000ff', '00000000000000f\n.vlt'],
  ]) {
    assert.equal(segmentIdOf(name), 0, name);
  }
});

test('consumerOf() gives back what cursorPath() named: one file for each consumer', (context) => {
  const names = fc.oneof(
    fc.string({ minLength: 1, maxLength: 27, unit: 'grapheme-ascii' }),
    fc.constantFrom('otlp_grpc/primary', '..', '.', 'a.tmp', 'ä/ö', '%41', 'LOCK.db'),
  );
  fc.assert(
    fc.property(names, (consumer) => {
      const path = cursorPath(consumer);
      assert.match(path, /^cursor\/[\w%-]+\.cur$/);
      assert.equal(consumerOf(path.slice('cursor/'.length)), consumer);
    }),
    { seed: testSeed(context), numRuns: caseCount(1_000) },
  );
  for (const name of ['a', 'a.cur.tmp', '%zz.cur', '%41.cur', '%ff.cur', '.cur', 'a b.cur']) {
    assert.equal(consumerOf(name), undefined, name);
  }
});
