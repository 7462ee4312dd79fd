// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test

// Random input to the loader: whatever it is, the answer is a Config or ConfigErrors with lines,
// and a misspelt key is reported exactly where it stands. GOPHERSHIP_SEED repeats a run.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { configText, loadText, loadWorld } from '../../test/support/config-fixtures.ts';
import { testSeed } from '../../test/support/seed.ts';
import { defaultConfigYaml } from './default-config.ts';

const valid = defaultConfigYaml({
  ca: '/ca',
  cert: '/cert',
  key: '/key',
  output: '/out.jsonl',
  vault: '/vault',
});

/** loadWorld() throws whatever is not ConfigErrors. */
function answered(text: string): boolean {
  const { config, problems } = loadText(text, { variables: { X: text }, files: { '/x': text } });
  return (config === undefined) === problems.length > 0 && problems.every((line) => line !== '');
}

test('loadConfig() throws nothing but ConfigErrors for random bytes', (context) => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((all) => Buffer.from(all).toString('utf8'));
  const yamlish = fc.string({
    unit: fc.constantFrom(
      ...'ab01:-[]{},&*!|>%@`\'"#?$<~ \n\t',
      '${env:X}',
      '${file:/x}',
      '<<: *a',
    ),
    maxLength: 60,
  });
  fc.assert(
    fc.property(fc.oneof(bytes, yamlish), (text) => answered(text)),
    { seed: testSeed(context), numRuns: 2_000 },
  );
});

test('loadConfig() throws nothing but ConfigErrors for damaged configurations', (context) => {
  const damage = fc.tuple(fc.nat(valid.length), fc.nat(20), fc.string({ maxLength: 8 }));
  fc.assert(
    fc.property(damage, ([at, cut, put]) =>
      answered(valid.slice(0, at) + put + valid.slice(at + cut)),
    ),
    { seed: testSeed(context), numRuns: 300 },
  );
});

test('loadConfig() throws nothing but ConfigErrors for any values in any place', (context) => {
  const keys = ['receivers', 'processors', 'exporters', 'service', 'memory', 'zones', 'vault'];
  const value = fc.jsonValue({ maxDepth: 4 }).map((json) => JSON.stringify(json));
  fc.assert(
    fc.property(fc.constantFrom(...keys), value, value, (key, first, second) => {
      const sets = [`${key}=${first}`, `${key}.a=${second}`];
      const files = { 'g.yaml': configText() };
      const { config, problems } = loadWorld({ files, sources: ['g.yaml'], sets });
      assert.equal(config === undefined, problems.length > 0);
    }),
    { seed: testSeed(context), numRuns: 500 },
  );
});

test('loadConfig() reports a misspelt key where it stands, with the right one', (context) => {
  const lines = valid.split('\n');
  const keys = lines.flatMap((line, lineIndex) => {
    const [, indent = '', key] = /^( *)([a-z_]{5,}):/.exec(line) ?? [];
    // Components are named by their users; below a misspelt one nothing is known.
    return key === undefined ? [] : [{ lineIndex, column: indent.length + 1, key }];
  });
  assert.ok(keys.length > 15, 'keys are found');
  const edit = fc.record({
    at: fc.constantFrom(...keys),
    place: fc.nat(),
    letter: fc.constantFrom('q', 'z', ''),
  });
  fc.assert(
    fc.property(edit, ({ at, place, letter }) => {
      const index = 1 + (place % (at.key.length - 1));
      const misspelt = at.key.slice(0, index) + letter + at.key.slice(index + 1);
      fc.pre(misspelt !== at.key);
      const text = lines
        .map((line, lineIndex) =>
          lineIndex === at.lineIndex ? line.replace(at.key, misspelt) : line,
        )
        .join('\n');
      const { problems } = loadText(text);
      const place1 = `g.yaml:${at.lineIndex + 1}:${at.column}: `;
      const line = problems.find(
        (problem) => problem.startsWith(place1) && problem.includes('unknown'),
      );
      assert.match(line ?? problems.join('\n'), new RegExp(`${misspelt}: unknown`));
      assert.match(line ?? '', new RegExp(`did you mean "${at.key}"`));
    }),
    { seed: testSeed(context), numRuns: 200 },
  );
});
