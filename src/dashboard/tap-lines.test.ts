import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesMax, parseMatches, tapLine } from './tap-lines.ts';

describe('tapLine()', () => {
  it('folds everything but time, severity, service and body', () => {
    const line = tapLine(
      {
        time: '2026-11-26T08:00:00Z',
        ...{ severityNumber: 18, severityText: 'ERR', serviceName: 'shop', body: 'no stock' },
        attributes: [{ key: 'http.route', value: '/cart' }],
        resourceAttributes: [{ key: 'host.name', value: 'web-1' }],
        ...{ traceId: 'ab12', scopeName: '', isCut: true },
      },
      7,
    );
    assert.deepEqual(
      [line.key, line.severity, line.level, line.service, line.body],
      [7, 'ERR', 'error', 'shop', 'no stock'],
    );
    assert.deepEqual(line.details, [
      ['http.route', '/cart'],
      ['resource host.name', 'web-1'],
      ['trace', 'ab12'],
      ['cut', 'something was too long to be shown'],
    ]);
  });

  it('shows control and direction characters as escapes, wherever they are', () => {
    const evil = '\u001b[2J\u202e\u0000';
    const line = tapLine(
      {
        ...{ severityText: evil, serviceName: evil, body: evil, scopeName: evil },
        attributes: [{ key: evil, value: evil }],
      },
      0,
    );
    const texts = [line.severity, line.service, line.body, ...line.details.flat()];
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    for (const text of texts) assert.doesNotMatch(text, /[\u0000-\u001f\u202e]/);
    assert.equal(line.body, '\\u001b[2J\\u202e\\u0000');
  });

  it('names a severity by its number where there is no text', () => {
    const names = [0, 1, 8, 9, 13, 17, 24, 25].map(
      (severityNumber) => tapLine({ severityNumber }, 0).severity,
    );
    assert.deepEqual(names, ['-', 'TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', '-']);
  });
});

describe('parseMatches()', () => {
  it('reads pairs, with and without quotes', () => {
    assert.deepEqual(parseMatches(' severity=error  http.route="/a b"\tempty= x=a=b '), [
      { key: 'severity', value: 'error' },
      { key: 'http.route', value: '/a b' },
      { key: 'empty', value: '' },
      { key: 'x', value: 'a=b' },
    ]);
    assert.deepEqual(parseMatches('  '), []);
  });

  it('says what it does not understand', () => {
    for (const text of ['error', 'a=b c', '=x', 'a="b', 'a="b"c=d']) {
      assert.throws(() => parseMatches(text), /is not key=value/, text);
    }
    assert.throws(() => parseMatches('a=b '.repeat(matchesMax + 1)), /at most 8/);
  });
});
