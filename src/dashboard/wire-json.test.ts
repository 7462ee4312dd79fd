import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationJson, durationMsOf, numberOf, optionalNumber, timeMsOf } from './wire-json.ts';

describe('wire JSON', () => {
  it('numberOf() reads what JSON cannot write, 64 bits as text, and what is left out', () => {
    const values = [1.5, '-Infinity', 'Infinity', '12', undefined].map(numberOf);
    assert.deepEqual(values, [1.5, -Infinity, Infinity, 12, 0]);
    assert.ok(Number.isNaN(numberOf('NaN')));
  });

  it('optionalNumber() keeps apart 0 and what is left out', () => {
    assert.deepEqual([undefined, 0].map(optionalNumber), [undefined, 0]);
  });

  it('durationMsOf() reads what durationJson() writes, and nothing else', () => {
    for (const ms of [0, 1, 999.5, 60_000, 86_400_000, -1_500]) {
      assert.equal(durationMsOf(durationJson(ms)), ms);
    }
    for (const text of [undefined, '', '1', 's', '1m', '1s2']) {
      assert.equal(durationMsOf(text), undefined);
    }
  });

  it('timeMsOf() reads RFC 3339', () => {
    assert.equal(timeMsOf('1970-01-01T00:00:01.250Z'), 1_250);
    assert.equal(timeMsOf(undefined), undefined);
    assert.equal(timeMsOf('yesterday'), undefined);
  });
});
