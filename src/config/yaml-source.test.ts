// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { environmentOf } from '../../test/support/config-fixtures.ts';
import type { LocatedNode } from './located-tree.ts';
import { ProblemList } from './problems.ts';
import { readYaml } from './yaml-source.ts';

const environment = environmentOf({ variables: { N: '42', T: 'true', LIST: '[1, 2]', S: '"x"' } });

interface Expected {
  readonly plain?: unknown;
  readonly problems?: readonly string[];
}

function read(text: string, nestedKeys = false) {
  const problems = new ProblemList();
  const root = readYaml({ source: 'f', text, nestedKeys }, environment, problems);
  return { root, problems: problems.lines() };
}

function check(rows: readonly (readonly [string, Expected])[]): void {
  for (const [text, expected] of rows) {
    const { root, problems } = read(text);
    assert.deepEqual(problems, expected.problems ?? [], text);
    assert.deepEqual(root && plainOf(root), expected.plain, text);
  }
}

function plainOf(node: LocatedNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.elements.map(plainOf);
  return Object.fromEntries([...node.entries].map(([key, { node: one }]) => [key, plainOf(one)]));
}

test('readYaml() reads YAML 1.2 scalars, integers exactly', () => {
  check([
    ['', { plain: {} }],
    ['# nothing\n', { plain: {} }],
    [
      'a: 1\nb: 1.5\nc: yes\nd: true\ne:\nf: "1"',
      { plain: { a: 1n, b: 1.5, c: 'yes', d: true, e: null, f: '1' } },
    ],
    ['a: 9007199254740993', { plain: { a: 9_007_199_254_740_993n } }],
    ['429: hold\ntrue: x', { plain: { 429: 'hold', true: 'x' } }],
  ]);
});

test('readYaml() resolves anchors, aliases and merge keys', () => {
  check([
    [
      'a: &t { b: 1 }\nc: *t\nd: { <<: *t, e: 2 }',
      { plain: { a: { b: 1n }, c: { b: 1n }, d: { b: 1n, e: 2n } } },
    ],
    [
      'a: &t { b: 1 }\nd: { <<: [*t, { b: 3, c: 4 }], b: 2 }',
      { plain: { a: { b: 1n }, d: { b: 2n, c: 4n } } },
    ],
    ['a: &x 1\nb: *x\nc: &x 2\nd: *x', { plain: { a: 1n, b: 1n, c: 2n, d: 2n } }],
    ['a: &k name\n*k : 1', { plain: { a: 'name', name: 1n } }],
    ['a: *no', { plain: {}, problems: ['f:1:4: YAML: no anchor before this alias'] }],
    [
      'a: { <<: 1 }',
      { plain: { a: {} }, problems: ['f:1:10: "<<" takes a map or a list of maps'] },
    ],
  ]);
});

test('readYaml() derives the type again where a scalar is one substitution', () => {
  check([
    [
      'a: ${env:N}\nb: "${env:T}"\nc: x${env:N}\nd: ${env:LIST}\ne: ${env:S}\nf: ${env:NO:-}',
      { plain: { a: 42n, b: true, c: 'x42', d: '[1, 2]', e: '"x"', f: null } },
    ],
    ['${env:N}: 1', { plain: { '${env:N}': 1n } }],
  ]);
});

test('readYaml() points at what it refuses', () => {
  check([
    ['a: 1\n\na: 2', { plain: { a: 1n }, problems: ['f:3:1: duplicate key "a", first in line 1'] }],
    [
      'a: { b: 1, b: 2 }',
      { plain: { a: { b: 1n } }, problems: ['f:1:12: duplicate key "b", first in line 1'] },
    ],
    ['[1]', { problems: ['f:1:1: must be a map of keys, as "receivers:" and "exporters:"'] }],
    ['a: 1\n---\nb: 2', { problems: ['f:2:1: YAML: only one document is read'] }],
    [
      'a: !!binary aGk=',
      {
        plain: { a: null },
        problems: ['f:1:13: YAML: only the tags of the core schema are read'],
      },
    ],
    ['? [a]\n: 1', { plain: {}, problems: ['f:1:3: a key must be plain text'] }],
    ['__proto__: 1', { plain: {}, problems: ['f:1:1: a key must be plain text'] }],
    [
      '%YAML 1.1\n---\na: yes',
      { plain: { a: 'yes' }, problems: ['f:1:1: YAML: only version 1.2 is read'] },
    ],
    [
      'a: [1',
      {
        problems: [
          'f:1:6: YAML: Flow sequence in block collection must be sufficiently indented and ' +
            'end with a ]',
        ],
      },
    ],
    [
      'a: ${env:NO}',
      {
        plain: { a: null },
        problems: ['f:1:4: variable NO is not set and has no default (${env:NO:-default})'],
      },
    ],
  ]);
});

test('readYaml() bounds depth, aliases expanded, and length', () => {
  const aliases = 'bcdefghi'.split('').map((name, index) => {
    const before = `*${'abcdefgh'[index]}`;
    return `${name}: &${name} [${Array(9).fill(before).join(', ')}]`;
  });
  const rows = [
    ['a: &a [*a]', /nested deeper than 32/],
    [`a: ${'['.repeat(40)}${']'.repeat(40)}`, /nested deeper than 32/],
    [`${'['.repeat(100_000)}`, /nested too deep/],
    [`a: &a [x, x, x, x, x, x, x, x, x]\n${aliases.join('\n')}`, /more than 20000 values/],
    ['x'.repeat(1024 * 1024 + 1), /longer than 1048576 characters/],
  ] as const;
  for (const [text, problem] of rows) assert.match(read(text).problems.join('\n'), problem);
});

test('readYaml() splits keys at "::" where it is told to', () => {
  const { root, problems } = read('a::b::c: 1', true);
  assert.deepEqual(problems, []);
  assert.deepEqual(root && plainOf(root), { a: { b: { c: 1n } } });
  const { root: merged } = read('a::b: 1\na::c: 2', true);
  assert.deepEqual(merged && plainOf(merged), { a: { b: 1n, c: 2n } });
});
