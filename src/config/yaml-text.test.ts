import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { testSeed } from '../../test/support/seed.ts';
import { yamlText } from './yaml-text.ts';

test('yamlText() writes blocks, with quotes where a word would be something else', () => {
  const value = {
    ...{ a: { b: 1, c: ['x', '10s', { d: true, e: 'yes' }, []] }, f: {}, g: 'a:b/c.d-e', h: '007' },
    ...{ i: 'two words', j: undefined, k: 12345678901234567890n },
  };
  assert.equal(
    yamlText(value),
    `a:
  b: 1
  c:
    - x
    - "10s"
    - d: true
      e: "yes"
    - []
f: {}
g: a:b/c.d-e
h: "007"
i: "two words"
k: 12345678901234567890
`,
  );
});

test('yamlText() is read back as it was, whatever it is', (context) => {
  const words = fc.constantFrom(
    '~',
    'null',
    'No',
    '1e3',
    '0x1f',
    '-',
    '- a',
    'a: b',
    '#',
    '.inf',
    '<<',
  );
  const text = fc.oneof(fc.string({ unit: 'binary' }), words);
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(text, fc.boolean(), fc.integer(), fc.double({ noNaN: true }), fc.constant(null)),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        tie('value'),
        { maxKeys: 4, noNullPrototype: true },
      ),
    ),
  }));
  fc.assert(
    fc.property(value, (inner) => {
      // -0 is 0 to whoever reads it.
      const plain = JSON.parse(JSON.stringify({ inner }, infinite), finite);
      assert.deepEqual(parse(yamlText({ inner: plain.inner })), { inner: plain.inner });
    }),
    { seed: testSeed(context), numRuns: 2_000 },
  );
});

function infinite(_: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? `${value}!` : value;
}

function finite(_: string, value: unknown): unknown {
  if (value === 'Infinity!') return Number.POSITIVE_INFINITY;
  return value === '-Infinity!' ? Number.NEGATIVE_INFINITY : value;
}
