import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { NumberTable } from './number-table.ts';

test('NumberTable says what a Map says', (context) => {
  // Few keys, so that they meet; in steps, as offsets and sequences come.
  const key = fc
    .tuple(fc.integer({ min: 0, max: 40 }), fc.constantFrom(1, 64, 1_024, 2 ** 32, 2 ** 40))
    .map(([index, step]) => index * step);
  const steps = fc.array(fc.tuple(key, fc.boolean()), { maxLength: 400 });
  fc.assert(
    fc.property(steps, (commands) => {
      const table = new NumberTable<number>();
      const model = new Map<number, number>();
      for (const [index, [at, adds]] of commands.entries()) {
        if (adds && !model.has(at)) {
          table.add(at, index);
          model.set(at, index);
        } else if (!adds) {
          assert.equal(table.delete(at), model.delete(at));
        }
        assert.equal(table.size, model.size);
        assert.equal(table.has(at), model.has(at));
        assert.equal(table.get(at), model.get(at));
      }
      for (const [at, value] of model) assert.equal(table.get(at), value);
      assert.deepEqual([...table.values()].sort(), [...model.values()].sort());
    }),
    { numRuns: 300, seed: testSeed(context) },
  );
});

test('NumberTable refuses what is no key, and one that it has', () => {
  const table = new NumberTable<string>();
  table.add(7, 'seven');
  for (const key of [7, -1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => table.add(key, 'again'), /key/);
  }
  assert.deepEqual([...table.values()], ['seven']);
});
