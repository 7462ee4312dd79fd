import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { HpackEntry } from './hpack-entry.ts';
import { HpackTable } from './hpack-table.ts';

function entryOf(name: string, value: string): HpackEntry {
  return new HpackEntry(name, value, true, true);
}

function contents(table: HpackTable): (HpackEntry | undefined)[] {
  return Array.from({ length: table.count }, (_, index) => table.entry(index));
}

test('add() keeps 128 entries without a byte in 4,096, newest first', () => {
  const table = new HpackTable(4_096);
  const added: HpackEntry[] = [];
  for (let count = 1; count <= 300; count += 1) {
    const entry = entryOf('', '');
    added.unshift(entry);
    table.add(entry);
    assert.equal(table.count, Math.min(count, 128));
    assert.equal(table.sizeBytes, 32 * table.count);
    for (const [index, kept] of contents(table).entries()) assert.equal(kept, added[index]);
  }
  assert.equal(table.entry(128), undefined);
});

test('add() of an entry larger than the table empties it', () => {
  const table = new HpackTable(100);
  table.add(entryOf('a', 'b'));
  table.add(entryOf('a', 'x'.repeat(68)));
  assert.equal(table.count, 0);
  assert.equal(table.sizeBytes, 0);
  table.add(entryOf('a', 'x'.repeat(67)));
  assert.equal(table.sizeBytes, 100);
});

test('resize() throws out the oldest, and nothing comes back', () => {
  const table = new HpackTable(200);
  for (const value of ['1', '2', '3']) table.add(entryOf('n', value)); // 34 each
  table.resize(68);
  assert.deepEqual(
    contents(table).map((entry) => entry?.value),
    ['3', '2'],
  );
  table.resize(0);
  assert.equal(table.count, 0);
  table.add(entryOf('', ''));
  assert.equal(table.count, 0);
  table.resize(200);
  assert.equal(table.count, 0);
  assert.throws(() => table.resize(201), { name: 'AssertionFailed' });
});

test('the table is a list that is cut at its end, whatever is added and resized', (context) => {
  const add = fc.record({ add: fc.nat(60) });
  const resize = fc.record({ resize: fc.nat(4_096) });
  const step = fc.oneof({ weight: 20, arbitrary: add }, resize);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
      const table = new HpackTable(4_096);
      let model: HpackEntry[] = [];
      let sizeBytesMax = 4_096;
      for (const step of steps) {
        if ('add' in step) {
          const entry = entryOf('n', 'x'.repeat(step.add));
          table.add(entry);
          model.unshift(entry);
        } else {
          sizeBytesMax = step.resize;
          table.resize(sizeBytesMax);
        }
        let sizeBytes = 0;
        model = model.filter((entry) => {
          sizeBytes += entry.sizeBytes;
          return sizeBytes <= sizeBytesMax;
        });
        assert.deepEqual(contents(table), model);
        assert.ok(table.sizeBytes <= sizeBytesMax);
        assert.equal(table.entry(model.length), undefined);
      }
    }),
    { numRuns: 50, seed: testSeed(context) },
  );
});
