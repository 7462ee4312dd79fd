import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DiffLine, hunks, lineDiff } from './line-diff.ts';

const shown = (lines: readonly (DiffLine | null)[]) =>
  lines.map((line) => (line === null ? '...' : `${marks[line.kind]}${line.text}`));
const marks = { same: ' ', added: '+', removed: '-' } as const;

describe('lineDiff()', () => {
  it('shows what was removed, and then what was added', () => {
    const diff = lineDiff('a: 1\nb: 2\nc: 3', 'a: 1\nb: 4\nc: 3\nd: 5');
    assert.deepEqual(shown(diff), [' a: 1', '-b: 2', '+b: 4', ' c: 3', '+d: 5']);
  });

  it('has both texts in it, whatever they are, and nothing more than it must', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 12 })
      .map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, (before, after) => {
        const diff = lineDiff(before, after);
        const without = (kind: DiffLine['kind']) =>
          diff
            .filter((line) => line.kind !== kind)
            .map((line) => line.text)
            .join('\n');
        assert.equal(without('added'), before);
        assert.equal(without('removed'), after);
        if (before === after) assert.ok(diff.every(({ kind }) => kind === 'same'));
      }),
    );
  });

  it('does not compare long texts line by line', () => {
    const long = (word: string) =>
      Array.from({ length: 3_000 }, (_, i) => `${word}${i}`).join('\n');
    assert.equal(lineDiff(long('a'), long('b')).length, 6_000);
  });
});

describe('hunks()', () => {
  it('keeps the lines around a change, and says where others are left out', () => {
    const diff = lineDiff('1\n2\n3\n4\n5\n6\n7', '1\n2\n3\nx\n5\n6\n7');
    assert.deepEqual(shown(hunks(diff, 1)), ['...', ' 3', '-4', '+x', ' 5', '...']);
    assert.deepEqual(hunks(lineDiff('1\n2', '1\n2'), 1), [null]);
  });
});
