// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../test/support/config-fixtures.ts';
import { substitute } from './substitution.ts';

const environment = environmentOf({
  variables: { X: 'value', N: '42', EMPTY: '', BRACES: '${env:X}' },
  files: { '/secret': 'hush\n', '/two': 'a\n\n', '/crlf': 'a\r\n' },
});

interface Expected {
  readonly text?: string;
  readonly whole?: boolean;
  readonly problems?: readonly string[];
}

function check(rows: readonly (readonly [string, Expected])[]): void {
  for (const [input, expected] of rows) {
    const { text, whole, problems } = substitute(input, environment);
    const actual = {
      ...('text' in expected ? { text } : {}),
      ...('whole' in expected ? { whole } : {}),
      problems,
    };
    assert.deepEqual(actual, { problems: [], ...expected }, input);
  }
}

test('substitute() sets variables and files in, once', () => {
  check([
    ['plain', { text: 'plain', whole: false }],
    ['${env:X}', { text: 'value', whole: true }],
    ['${X}', { text: 'value', whole: true }],
    ['a${env:X}b${env:N}', { text: 'avalueb42', whole: false }],
    ['${env:X}${env:X}', { text: 'valuevalue', whole: false }],
    ['${env:EMPTY:-d}', { text: '', whole: true }],
    ['${env:BRACES}', { text: '${env:X}', whole: true }],
    ['${file:/secret}', { text: 'hush', whole: true }],
    ['${file:/two}', { text: 'a\n' }],
    ['${file:/crlf}', { text: 'a' }],
  ]);
});

test('substitute() takes the default of an unset variable, nested ones too', () => {
  check([
    ['${env:NO:-d}', { text: 'd', whole: true }],
    ['${env:NO:-}', { text: '' }],
    ['${NO:-a:-b}', { text: 'a:-b' }],
    ['${env:NO:-${env:X}}', { text: 'value' }],
    ['${env:NO:-${env:NO2:-x}y}', { text: 'xy' }],
  ]);
});

test('substitute() keeps dollar signs that begin nothing, and halves doubled ones', () => {
  check([
    ['$$', { text: '$', whole: false }],
    ['$${env:X}', { text: '${env:X}', whole: false }],
    ['$$$${env:X}', { text: '$${env:X}' }],
    ['a$b$', { text: 'a$b$' }],
    ['$1', { text: '$1' }],
  ]);
});

test('substitute() says what it cannot set in', () => {
  const unset = (name: string) =>
    `variable ${name} is not set and has no default (\${env:${name}:-default})`;
  check([
    ['${env:NO}', { problems: [unset('NO')] }],
    ['${env:NO}${env:NO2}', { problems: [unset('NO'), unset('NO2')] }],
    ['${env:NO:-${env:NO2}}', { problems: [unset('NO2')] }],
    ['${file:/missing}', { problems: ['cannot read /missing: ENOENT'] }],
    ['${http:x}', { problems: ['unknown source "http:", allowed: env, file'] }],
    ['${env:1X}', { problems: ['not a variable name after "${"'] }],
    ['${}', { problems: ['not a variable name after "${"'] }],
    [
      'a${env:X',
      { problems: ['substitution without a closing brace; write "$$" for a dollar sign'] },
    ],
    [
      `${'${env:NO:-'.repeat(10)}x${'}'.repeat(10)}`,
      { problems: ['defaults nested deeper than 8'] },
    ],
  ]);
});

test('substitute() bounds what a variable may hold', () => {
  const { text, problems } = substitute('${env:LONG}', {
    ...environment,
    variables: { LONG: 'x'.repeat(70_000) },
  });
  assert.equal(text.length, 65_536);
  assert.deepEqual(problems, ['longer than 65536 characters after substitution']);
});
