import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { parse } from 'yaml';
import { checkPrintable, fakeTerminal } from '../../test/support/control-fake.ts';
import { testSeed } from '../../test/support/seed.ts';
import { columns, type OutputFormat, show, showNext } from './terminal.ts';
import { wantsColours } from './text-style.ts';

const nasty = fc.string({
  unit: fc.constantFrom(
    'a',
    ' ',
    '"',
    "'",
    '\\',
    '\n',
    '\u001b',
    '\u0085',
    '\u202e',
    ':',
    '#',
    '-',
  ),
});

/** Shown so, nothing reaches the terminal raw, and a program reads what there was. */
async function check(
  context: TestContext,
  format: OutputFormat,
  read: (text: string) => unknown,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(nasty, async (text) => {
      const value = { kind: 'Test', text, list: [text] };
      for (const write of [show, showNext]) {
        const terminal = fakeTerminal(format);
        await write(terminal, value, () => '');
        checkPrintable(terminal.shown());
        assert.deepEqual(read(terminal.shown()), { apiVersion: 'gophership/v1', ...value });
      }
    }),
    { numRuns: 300, seed: testSeed(context) },
  );
}

test('show() and showNext() escape in JSON so that programs read the same', (context) =>
  check(context, 'json', JSON.parse));

test('show() and showNext() escape in YAML so that programs read the same', (context) =>
  check(context, 'yaml', parse));

test('columns() keeps its columns whatever is coloured, and escapes before it colours', () => {
  const red = { colour: 'red' } as const;
  const rows = [
    [{ text: 'a', style: red }, 'b'],
    ['long\u001b', { text: 'last', style: red }],
  ];
  const plain = columns(['ONE', 'TWO'], rows);
  assert.equal(plain, 'ONE         TWO\na           b\nlong\\u001b  last\n');
  const coloured = columns(['ONE', 'TWO'], rows, true);
  assert.ok(coloured.includes('\u001b[31ma\u001b[0m           b\n'), coloured);
  assert.equal(stripVTControlCharacters(coloured), plain);
});

test('wantsColours() is for terminals, and for people who have not said no', () => {
  assert.equal(wantsColours({}, true), true);
  assert.equal(wantsColours({ NO_COLOR: '' }, true), true);
  assert.equal(wantsColours({ NO_COLOR: '1' }, true), false);
  assert.equal(wantsColours({ TERM: 'dumb' }, true), false);
  assert.equal(wantsColours({}, false), false);
});
