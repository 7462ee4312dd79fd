import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  bodyOf,
  checkRefused,
  checkSame,
  hexOf,
  record,
  recordOf,
} from '../../test/support/transcoded-json.ts';

describe('transcodeLogsJson() of scalars', () => {
  for (const [value, expected] of [
    ['"9223372036854775807"', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9007199254740993', 2n ** 53n + 1n],
    ['"9007199254740993"', 2n ** 53n + 1n],
    ['-1', -1n],
    ['0', 0n],
    ['-0', 0n],
    ['1e3', 1000n],
    ['"1.0"', 1n],
    ['"\\u0031"', 1n],
  ] as const) {
    test(`transcodeLogsJson() of intValue ${value} is ${expected}`, () =>
      assert.deepEqual(bodyOf(`{"intValue":${value}}`), { case: 'intValue', value: expected }));
  }

  for (const [value, expected] of [
    ['0', 0],
    ['-0', -0],
    ['1.5', 1.5],
    ['"1e-7"', 1e-7],
    ['"NaN"', Number.NaN],
    ['"Infinity"', Number.POSITIVE_INFINITY],
    ['"-Infinity"', Number.NEGATIVE_INFINITY],
    ['0.12345678901234566000', 0.12345678901234566],
  ] as const) {
    test(`transcodeLogsJson() of doubleValue ${value} is ${expected}`, () =>
      assert.deepEqual(bodyOf(`{"doubleValue":${value}}`), {
        case: 'doubleValue',
        value: expected,
      }));
  }

  for (const [value, expected] of [
    ['', ''],
    ['AA==', '00'],
    ['AA', '00'],
    ['AAA=', '0000'],
    ['+/+/', 'fbffbf'],
    ['-_-_', 'fbffbf'],
    ['\\u0041A', '00'],
  ] as const) {
    test(`transcodeLogsJson() of bytesValue "${value}" is ${expected}`, () => {
      const bytes = Uint8Array.from(Buffer.from(expected, 'hex'));
      assert.deepEqual(bodyOf(`{"bytesValue":"${value}"}`), { case: 'bytesValue', value: bytes });
    });
  }

  for (const [value, expected] of [
    ['""', ''],
    ['"é漢🚀\u007f"', 'é漢🚀\u007f'],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\u0000\\u00e9\\u6f22\\uD83D\\uDE80"', '\u0000é漢🚀'],
    [`"${'x'.repeat(127)}"`, 'x'.repeat(127)],
    [`"\\n${'x'.repeat(20_000)}"`, `\n${'x'.repeat(20_000)}`],
  ] as const) {
    test(`transcodeLogsJson() of stringValue ${value.slice(0, 40)}`, () =>
      assert.deepEqual(bodyOf(`{"stringValue":${value}}`), {
        case: 'stringValue',
        value: expected,
      }));
  }

  test('transcodeLogsJson() reads ids of any case, and none', () => {
    const ids = recordOf(record('"traceId":"00AAbbCCddEEff112233445566778899","spanId":""'));
    assert.equal(hexOf(ids!.traceId), '00aabbccddeeff112233445566778899'); // the text has a record
    assert.equal(ids?.spanId.length, 0);
    const escaped = recordOf(record('"spanId":"\\u0041b00000000000001"'));
    assert.equal(hexOf(escaped!.spanId), 'ab00000000000001'); // as above
  });

  test('transcodeLogsJson() leaves out default values, but not those of a oneof', () => {
    const defaults =
      '"timeUnixNano":"0","severityNumber":0,"severityText":"","flags":0.0,"spanId":"",' +
      '"droppedAttributesCount":-0,"attributes":[],"body":null';
    checkSame(record(defaults), record(''));
    assert.deepEqual(bodyOf('{}'), { case: undefined });
    assert.deepEqual(bodyOf('{"boolValue":false}'), { case: 'boolValue', value: false });
    assert.deepEqual(bodyOf('{"stringValueStrindex":0}')?.case, 'stringValueStrindex');
  });

  for (const [members, message] of [
    ['"severityNumber":"9"', /severityNumber: '"' where a number/],
    ['"severityNumber":"SEVERITY_NUMBER_INFO"', /a number is expected/],
    ['"severityNumber":2147483648', /from -2147483648 to 2147483647/],
    ['"severityNumber":1.5', /not an integer/],
    ['"timeUnixNano":-1', /from 0 to 18446744073709551615/],
    ['"timeUnixNano":"18446744073709551616"', /from 0 to/],
    ['"timeUnixNano":""', /not a number/],
    ['"timeUnixNano":" 1"', /not a number/],
    ['"timeUnixNano":"0x1"', /not a number/],
    ['"timeUnixNano":01', /not a JSON number/],
    ['"timeUnixNano":true', /a number/],
    ['"flags":4294967296', /from 0 to 4294967295/],
    ['"droppedAttributesCount":-1', /from 0 to 4294967295/],
    ['"severityText":1', /a string/],
    ['"severityText":"\t"', /control character/],
    ['"severityText":"\\x"', /escape/],
    ['"severityText":"\\ud800"', /surrogate/],
    ['"severityText":"\\ud800\\u0041"', /surrogate/],
    ['"severityText":"\\udc00\\ud800"', /surrogate/],
    ['"severityText":"\\udc00\\udc00"', /surrogate/],
    ['"severityText":"\\u12g4"', /hex/],
    ['"traceId":"00"', /2 characters, not 32/],
    ['"spanId":"00112233445566778"', /17 characters, not 16/],
    ['"spanId":"001122334455667g"', /no hex/],
    ['"body":{"intValue":9223372036854775808}', /from -9223372036854775808/],
    ['"body":{"intValue":-9223372036854775809}', /from -9223372036854775808/],
    ['"body":{"doubleValue":1e309}', /range of double/],
    ['"body":{"doubleValue":"infinity"}', /not a number/],
    ['"body":{"boolValue":"true"}', /true or false/],
    ['"body":{"boolValue":tru}', /true, false/],
    ['"body":{"bytesValue":"A"}', /base64/],
    ['"body":{"bytesValue":"AA="}', /base64/],
    ['"body":{"bytesValue":"A==="}', /base64/],
    ['"body":{"bytesValue":"A A="}', /base64/],
    ['"body":"text"', /an object is expected/],
    ['"attributes":{}', /a list is expected/],
    ['"attributes":[null]', /an element is expected/],
    ['"body":{"arrayValue":{"values":[null]}}', /an element is expected/],
    ['"body":{"arrayValue":[]}', /an object is expected/],
  ] as const) {
    test(`transcodeLogsJson() refuses ${members}`, () => checkRefused(record(members), message));
  }

  test('transcodeLogsJson() refuses what is not UTF-8, in names and unknown fields too', () => {
    const sequences = [
      '80',
      'c0af',
      'e09fbf',
      'eda080',
      'f08fbfbf',
      'f4908080',
      'f5808080',
      'e282',
    ];
    for (const sequence of sequences) {
      for (const [before, after] of [
        ['{"resourceLogs":[{"schemaUrl":"', '"}]}'],
        ['{"', '":1}'],
        ['{"x":["', '"]}'],
      ] as const) {
        const parts = [Buffer.from(before), Buffer.from(sequence, 'hex'), Buffer.from(after)];
        checkRefused(Buffer.concat(parts), /not UTF-8/);
      }
    }
  });
});
