import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../../test/support/seed.ts';
import { cellWidth, cutTo } from './cell-width.ts';
import { wrapped } from './dialog-lines.ts';
import { fitted, joined, leftAndRight, line, lineWidth, painted, plainText, span } from './line.ts';

test('cellWidth() counts columns as terminals do', () => {
  const widths = {
    abc: 3,
    '': 0,
    é: 1,
    'e\u0301': 1,
    名前: 4,
    ＡＢ: 4,
    한글: 4,
    '👍': 2,
    'a\u200db': 2,
  };
  for (const [text, width] of Object.entries(widths)) assert.equal(cellWidth(text), width, text);
});

const anyText = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '\u0301', '名', '👍', '\u200d') });

test('cutTo() never takes more columns, and never half a character', (context: TestContext) =>
  fc.assert(
    fc.property(anyText, fc.nat(20), (text, width) => {
      const cut = cutTo(text, width);
      assert.ok(cellWidth(cut) <= width);
      assert.ok(text.startsWith(cut) && cut.isWellFormed());
      const next = [...text.slice(cut.length)][0];
      assert.ok(next === undefined || cellWidth(cut + next) > width);
    }),
    { numRuns: 1_000, seed: testSeed(context) },
  ));

test('wrapped() loses nothing but blanks, in lines that fit', (context: TestContext) =>
  fc.assert(
    fc.property(anyText, fc.integer({ min: 2, max: 20 }), (text, width) => {
      const lines = wrapped(text, width);
      for (const of of lines) assert.ok(cellWidth(of) <= width);
      assert.equal(lines.join('').replaceAll(' ', ''), text.replaceAll(' ', ''));
    }),
    { numRuns: 1_000, seed: testSeed(context) },
  ));

test('fitted(), joined() and leftAndRight() are as wide as asked', () => {
  const parts = [line('one'), line('two'), line('three')];
  assert.equal(plainText(joined(parts, 20)), 'one  two  three');
  assert.equal(plainText(joined(parts, 14)), 'one  two');
  assert.equal(plainText(joined(parts, 2)), 'on');
  assert.equal(plainText(leftAndRight(line('left'), line('right'), 12)), 'left   right');
  assert.equal(plainText(leftAndRight(line('left'), line('right'), 8)), 'le right');
  assert.equal(plainText(leftAndRight(line('left'), line('right'), 3)), 'rig');
  // Half of a wide character cannot be shown.
  assert.deepEqual(fitted(line('a名'), 2), [span('a'), span(' ')]);
  for (const width of [0, 1, 7, 30]) {
    assert.equal(lineWidth(joined(parts, width)), width);
    assert.equal(lineWidth(leftAndRight(line('left'), line('right'), width)), width);
  }
});

test('painted() has colours only where they are wanted, and nothing of others', () => {
  const of = line('a', span('b', { colour: 'red', isBold: true }), span('\u001b[2J', {}));
  assert.equal(painted(of, true), 'a\u001b[1;31mb\u001b[0m\\u001b[2J');
  assert.equal(painted(of, false), 'a\u001b[1mb\u001b[0m\\u001b[2J');
});
