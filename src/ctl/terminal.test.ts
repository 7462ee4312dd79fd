import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { checkPrintable, fakeTerminal } from '../../test/support/control-fake.ts';
import { testSeed } from '../../test/support/seed.ts';
import { type OutputFormat, show, showNext } from './terminal.ts';

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
