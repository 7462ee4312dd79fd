import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsFormat } from './metrics-format.ts';

const prometheus2 =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,' +
  'text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
const prometheus3 =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,' +
  'application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;' +
  'escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

const cases: readonly (readonly [accept: string | undefined, openMetrics: boolean])[] = [
  [undefined, false],
  ['', false],
  ['*/*', false],
  ['text/html', false],
  ['text/plain', false],
  ['application/openmetrics-text', true],
  ['Application/OpenMetrics-Text; Version="1.0.0"', true],
  ['application/openmetrics-text;version=0.0.1', false],
  ['application/openmetrics-text;version=2.0.0', false],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-text;q=nonsense', true],
  ['application/openmetrics-text;q=0.2, text/plain;q=0.8', false],
  ['text/plain;q=0.5, application/openmetrics-text;q=0.5', true],
  [prometheus2, true],
  [prometheus3, true],
  [`${'text/html,'.repeat(32)}application/openmetrics-text`, false],
];

test('metricsFormat() gives what Accept prefers, and plain text to who names neither', () => {
  for (const [accept, openMetrics] of cases) {
    const format = metricsFormat(accept);
    assert.equal(format.openMetrics, openMetrics, String(accept));
    const type = openMetrics
      ? 'application/openmetrics-text; version=1.0.0'
      : 'text/plain; version=0.0.4';
    assert.equal(format.contentType, `${type}; charset=utf-8`);
  }
});
