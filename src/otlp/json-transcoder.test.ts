import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { encodeRequest, logsRequest } from '../../test/support/logs-arbitrary.ts';
import { canonicalRequest, otlpJson, withOtlpIds } from '../../test/support/otlp-json.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import {
  body,
  checkRefused,
  checkSame,
  decode,
  hexOf,
  record,
  transcode,
} from '../../test/support/transcoded-json.ts';
import { UnrulyJson } from '../../test/support/unruly-json.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { JsonText } from './json-text.ts';
import { LogsJson } from './logs-json.ts';

describe('transcodeLogsJson() of any request', () => {
  test('transcodeLogsJson() gives the protobuf of what a library writes as JSON', (context) => {
    const seed = testSeed(context);
    const unruly = new UnrulyJson(new SeededRandom(seed));
    const check = (request: ExportLogsServiceRequest) => {
      const expected = hexOf(canonicalRequest(encodeRequest(withOtlpIds(request))));
      const tree = otlpJson(request);
      const tight = JSON.stringify(tree, (_, value) => (Object.is(value, -0) ? '-0' : value));
      for (const text of [tight, unruly.text(tree)]) {
        assert.equal(hexOf(canonicalRequest(transcode(text))), expected, text);
      }
    };
    fc.assert(fc.property(logsRequest, check), { numRuns: 700, seed });
  });

  test('transcodeLogsJson() takes back what appendLine() writes', (context) => {
    const json = new LogsJson(new JsonText(128, 1024 * 1024));
    const check = (request: ExportLogsServiceRequest) => {
      const bytes = encodeRequest(withOtlpIds(request));
      json.text.clear(1024);
      assert.ok(json.appendLine(bytes, 0, bytes.length));
      const sizes = transcode(json.text.written);
      assert.equal(hexOf(canonicalRequest(sizes)), hexOf(canonicalRequest(bytes)));
    };
    fc.assert(fc.property(logsRequest, check), { numRuns: 500, seed: testSeed(context) });
  });

  test('transcodeLogsJson() takes a record without resource and scope (field report M2)', () => {
    const expected = create(ExportLogsServiceRequestSchema, {
      resourceLogs: [{ scopeLogs: [{ logRecords: [{ timeUnixNano: 1234567890123n }] }] }],
    });
    const text = record('"timeUnixNano":"1234567890123"');
    assert.equal(hexOf(transcode(text)), hexOf(encodeRequest(expected)));
  });

  for (const text of [
    '{}',
    ' {\n} ',
    '{"resourceLogs":[]}',
    '{"resourceLogs":null}',
    '{"x":[1]}',
  ]) {
    test(`transcodeLogsJson() of ${JSON.stringify(text)} is an empty message`, () =>
      assert.equal(transcode(text).length, 0));
  }
});

describe('transcodeLogsJson() of members', () => {
  for (const [name, text, canonical] of [
    ['ignores snake_case', record('"trace_id":7,"severity_text":"x"'), record('')],
    ['ignores unknown values', record('"x":{"a":[1,{"b":null}],"c":"\\n"},"y":[]'), record('')],
    ['reads escaped names', record('"\\u0066lags":3'), record('"flags":3')],
    ['keeps the last scalar', record('"flags":3,"flags":4'), record('"flags":4')],
    [
      'lets a default replace',
      record('"flags":3,"eventName":"e","flags":0'),
      record('"eventName":"e"'),
    ],
    [
      'lets null replace',
      record('"flags":3,"eventName":"e","flags":null'),
      record('"eventName":"e"'),
    ],
    ['lets a value replace null', record('"flags":null,"flags":2'), record('"flags":2')],
    [
      'keeps the last message',
      record('"body":{"stringValue":"a"},"flags":1,"body":{},"eventName":"e"'),
      record('"flags":1,"body":{},"eventName":"e"'),
    ],
    [
      'keeps the last list',
      record('"attributes":[{"key":"a"},{"key":"b"}],"flags":1,"attributes":[{"key":"c"}]'),
      record('"flags":1,"attributes":[{"key":"c"}]'),
    ],
    [
      'replaces what has moved before',
      record('"flags":1,"eventName":"e","spanId":"","flags":2,"eventName":"f","flags":3'),
      record('"eventName":"f","flags":3'),
    ],
    [
      'keeps the last member of a oneof',
      body('{"stringValue":"a","intValue":1,"boolValue":false}'),
      body('{"boolValue":false}'),
    ],
    [
      'leaves a oneof alone at null',
      body('{"intValue":1,"boolValue":null}'),
      body('{"intValue":1}'),
    ],
    ['takes a oneof back at its null', body('{"intValue":1,"intValue":null}'), body('{}')],
    [
      'replaces a list that a oneof had',
      body('{"arrayValue":{"values":[{"intValue":1}]},"kvlistValue":{"values":[{}]}}'),
      body('{"kvlistValue":{"values":[{}]}}'),
    ],
  ] as const) {
    test(`transcodeLogsJson() ${name}`, () => checkSame(text, canonical));
  }

  test('transcodeLogsJson() reads what an entity is', () => {
    const refs = '[{"type":"host","schemaUrl":"u","idKeys":["a","",""],"descriptionKeys":["d"]}]';
    const request = decode(`{"resourceLogs":[{"resource":{"entityRefs":${refs}}}]}`);
    const [ref] = request.resourceLogs[0]!.resource!.entityRefs; // the text has both
    assert.deepEqual([ref?.type, ref?.schemaUrl], ['host', 'u']);
    assert.deepEqual([ref?.idKeys, ref?.descriptionKeys], [['a', '', ''], ['d']]);
  });
});

describe('transcodeLogsJson() of texts that are no request', () => {
  for (const [text, message] of [
    ['', /byte 0: the text ends where an object/],
    ['  ', /byte 2: the text ends/],
    ['null', /'n' where an object/],
    ['[]', /an object/],
    ['"x"', /an object/],
    ['\ufeff{}', /byte 0: byte 0xef where an object/],
    ['{}{}', /byte 2: '{' where the end/],
    ['{},', /the end of the text/],
    ['{} \u0000', /byte 0x0 where the end/],
    ['{\u00a0}', /byte 0xc2/],
    ['{', /a name in quotes/],
    ['{"resourceLogs"', /a colon/],
    ['{"resourceLogs":', /a list/],
    ['{"resourceLogs":[', /an element/],
    ['{"resourceLogs":[{}', /a comma or the end of the list/],
    ['{"resourceLogs":[{},]}', /resourceLogs\[1\]: '\]' where an element/],
    ['{"resourceLogs":[{}],}', /a name in quotes/],
    ['{"resourceLogs":[{}] "x":1}', /a comma or the end of the object/],
    ["{'resourceLogs':[]}", /a name in quotes/],
    ['{resourceLogs:[]}', /a name in quotes/],
    ['{"x":nul}', /true, false nor null|not true, false or null/],
    ['{"x":-}', /a value/],
    ['{"x":1.}', /a value/],
    ['{"x":[1,]}', /a value/],
    ['{"x":{"a":1,}}', /a name/],
    ['{"x":{"a"}}', /a colon/],
    ['{"x":[1}', /a comma or the end/],
    ['{"x":"', /ends in a string/],
  ] as const) {
    test(`transcodeLogsJson() refuses ${JSON.stringify(text)}`, () => checkRefused(text, message));
  }

  test('transcodeLogsJson() names the byte and the field', () => {
    const records = '{"logRecords":[{},{"attributes":[{},{"value":{"intValue":"x"}}]}]}';
    const text = `{"resourceLogs":[{"scopeLogs":[{},${records}]}]}`;
    assert.throws(() => transcode(text), {
      message:
        `JSON, byte ${text.indexOf('"x"') + 3} in resourceLogs[0].scopeLogs[1].logRecords[1]` +
        '.attributes[1].value.intValue: a string that is not a number',
    });
  });
});

describe('transcodeLogsJson() within its bounds', () => {
  // Request, ResourceLogs, ScopeLogs, LogRecord, then AnyValue and ArrayValue by turns, as the scan
  // counts them.
  function nested(depth: number): string {
    const lists = Math.floor((depth - 5) / 2);
    const innermost = (depth - 5) % 2 === 0 ? '{}' : '{"arrayValue":{}}';
    const opening = '{"arrayValue":{"values":[';
    return body(`${opening.repeat(lists)}${innermost}${']}}'.repeat(lists)}`);
  }

  for (const depth of [99, 100]) {
    test(`transcodeLogsJson() takes ${depth} messages in each other`, () => {
      assert.doesNotThrow(() => decode(nested(depth)));
    });
  }

  for (const depth of [101, 10_000, 1_000_000]) {
    test(`transcodeLogsJson() refuses ${depth} messages in each other`, () => {
      checkRefused(nested(depth), /^JSON, byte \d+ in \.\.\..{300}: more than 100 messages/);
    });
    test(`transcodeLogsJson() refuses ${depth} lists in an unknown field`, () => {
      const text = `{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      checkRefused(text, /more than 100 arrays and objects/);
    });
  }

  test('transcodeLogsJson() takes 100 lists in an unknown field', () => {
    assert.equal(transcode(`{"x":${'[{"a":'.repeat(50)}1${'}]'.repeat(50)}}`).length, 0);
  });

  test('transcodeLogsJson() never overtakes the tightest texts', () => {
    const lengthEdges = [126, 127, 128, 16_382, 16_383, 16_384, 16_385, 2_097_151, 2_097_153];
    for (const size of lengthEdges) {
      const text = 'x'.repeat(size);
      decode(
        body(
          `${'{"arrayValue":{"values":['.repeat(40)}{"stringValue":"${text}"}${']}}'.repeat(40)}`,
        ),
      );
      decode(`{"resourceLogs":[${'{},'.repeat(size)}{}]}`);
      decode(record(`"attributes":[${'{},'.repeat(size >> 1)}{}],"flags":1`));
    }
    const keys = Array.from({ length: 200 }, (_, n) => `"${'k'.repeat(16_383 - n)}"`).join(',');
    decode(`{"resourceLogs":[{"resource":{"entityRefs":[{"idKeys":[${keys}]}]}}]}`);
    decode(`{"resourceLogs":[{"resource":{"entityRefs":[{"idKeys":[${'"",'.repeat(999)}""]}]}}]}`);
  });

  test('transcodeLogsJson() refuses a listed key whose length would not fit in place', () => {
    const refs = `[{"idKeys":["${'k'.repeat(16_384)}"]}]`;
    const text = `{"resourceLogs":[{"resource":{"entityRefs":${refs}}}]}`;
    checkRefused(text, /more than 16383 bytes in a listed key/);
  });

  test('transcodeLogsJson() of a duplicate at every member takes no quadratic time', () => {
    const big = `"scopeLogs":[${'{},'.repeat(300_000)}{}]`;
    const duplicates = '"schemaUrl":"a","resource":{},'.repeat(50_000);
    const text = `{"resourceLogs":[{"schemaUrl":"b",${big},${duplicates}"schemaUrl":"c"}]}`;
    const [logs] = decode(text).resourceLogs;
    assert.deepEqual([logs?.schemaUrl, logs?.scopeLogs.length], ['c', 300_001]);
  });

  test('transcodeLogsJson() of five million tiny records needs no heap', () => {
    const script = `
      const { transcodeLogsJson } = await import('${import.meta.resolve('./json-transcoder.ts')}');
      const head = Buffer.from('{"resourceLogs":[{"scopeLogs":[{"logRecords":[');
      const records = Buffer.alloc(3 * 5_000_000, '{},');
      const text = Buffer.concat([head, records, Buffer.from('{}]}]}]}')]);
      process.stdout.write(String(transcodeLogsJson(text, 0, text.length)));`;
    const child = spawnSync(
      process.execPath,
      ['--max-old-space-size=12', '--input-type=module', '-e', script],
      { encoding: 'utf8' },
    );
    assert.equal(child.stderr, '');
    // Two bytes a record, and two messages around them with lengths of four bytes.
    assert.equal(child.stdout, String(2 * 5_000_001 + 10));
  });
});
