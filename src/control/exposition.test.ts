import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExposition } from '../../test/support/exposition-parser.ts';
import { testSeed } from '../../test/support/seed.ts';
import { Exposition } from './exposition.ts';
import type { MetricFamily, MetricType } from './metric-family.ts';

function family(name: string, type: MetricType, labels: readonly string[] = []): MetricFamily {
  return { name, type, help: 'One "word" of C:\\.', labels, collect() {} };
}

function written(isOpenMetrics: boolean, ...families: readonly MetricFamily[]): string {
  const exposition = new Exposition(isOpenMetrics);
  for (const one of families) {
    const labelValues = one.labels.map((label) => `${label} value`);
    exposition.add(one, [{ value: 1, labelValues }]);
  }
  return exposition.end();
}

test('Exposition writes text 0.0.4, where a suffix is part of the name', () => {
  assert.equal(
    written(
      false,
      family('a_bytes_total', 'counter', ['one', 'two']),
      family('b_seconds', 'gauge'),
      family('c_info', 'info', ['version']),
    ),
    [
      '# HELP a_bytes_total One "word" of C:\\\\.',
      '# TYPE a_bytes_total counter',
      'a_bytes_total{one="one value",two="two value"} 1',
      '# HELP b_seconds One "word" of C:\\\\.',
      '# TYPE b_seconds gauge',
      'b_seconds 1',
      '# HELP c_info One "word" of C:\\\\.',
      '# TYPE c_info gauge',
      'c_info{version="version value"} 1',
      '',
    ].join('\n'),
  );
});

test('Exposition writes OpenMetrics, with units, an end, and no type for what lacks its suffix', () => {
  assert.equal(
    written(
      true,
      family('a_bytes_total', 'counter'),
      family('b_records', 'counter'),
      family('c_info', 'info', ['version']),
    ),
    [
      '# TYPE a_bytes counter',
      '# UNIT a_bytes bytes',
      '# HELP a_bytes One \\"word\\" of C:\\\\.',
      'a_bytes_total 1',
      '# TYPE b_records unknown',
      '# HELP b_records One \\"word\\" of C:\\\\.',
      'b_records 1',
      '# TYPE c info',
      '# HELP c One \\"word\\" of C:\\\\.',
      'c_info{version="version value"} 1',
      '# EOF',
      '',
    ].join('\n'),
  );
});

test('Exposition does not name a family without samples', () => {
  const exposition = new Exposition(true);
  exposition.add(family('a', 'gauge'), []);
  assert.equal(exposition.end(), '# EOF\n');
});

test('Exposition writes values and labels of any kind so that they are read back', (context) => {
  const value = fc.oneof(
    fc.double({ noNaN: true }),
    fc.constantFrom(2 ** 53, 1e-9, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  const label = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('\\', '"', '\n', '{', '}', ',', '=', ' ', 'n', '\ud800') }),
  );
  fc.assert(
    fc.property(fc.boolean(), fc.array(fc.tuple(value, label), { minLength: 1 }), (isOpen, all) => {
      const named = all.map(([one, text], at) => [one, [String(at), text]] as const);
      const exposition = new Exposition(isOpen);
      const metric = family('a', 'gauge', ['at', 'text']);
      exposition.add(
        metric,
        named.map(([one, labelValues]) => ({ value: one, labelValues })),
      );
      const read = parseExposition(exposition.end(), isOpen).get('a');
      assert.equal(read?.help, metric.help);
      // -0 is written as 0.
      const expected = named.map(
        ([one, [at, text]]) => [`a{at="${at}",text="${text?.toWellFormed()}"}`, one + 0] as const,
      );
      assert.deepEqual([...(read?.samples ?? [])], expected);
    }),
    { numRuns: 300, seed: testSeed(context) },
  );
});
