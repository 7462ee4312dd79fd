import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { editDistance, suggestion } from './did-you-mean.ts';

test('suggestion() names the nearest word, else the allowed ones, else nothing', () => {
  const rows: readonly (readonly [string, readonly string[], string])[] = [
    ['pth', ['path', 'rotation'], ', did you mean "path"?'],
    ['paht', ['path', 'rotation'], ', did you mean "path"?'],
    ['limit_mb', ['limit_mib', 'shards'], ', did you mean "limit_mib"?'],
    ['nothing_like_it', ['path', 'rotation'], ', allowed: path, rotation'],
    ['x', [], ''],
    ['nothing_like_it', Array.from({ length: 17 }, (_, index) => `key${index}`), ''],
  ];
  for (const [word, known, expected] of rows) assert.equal(suggestion(word, known), expected, word);
});

test('editDistance() is 0 only for equal words, symmetric, and 1 for one edit', (context) => {
  const word = fc.string({ maxLength: 12 });
  fc.assert(
    fc.property(word, word, fc.nat(11), (a, b, at) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      const inserted = `${a.slice(0, at)}#${a.slice(at)}`;
      assert.equal(editDistance(a, inserted), 1);
    }),
    { seed: testSeed(context) },
  );
});
