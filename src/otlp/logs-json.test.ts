import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create, fromBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { encodeRequest, logsRequest } from '../../test/support/logs-arbitrary.ts';
import { testSeed } from '../../test/support/seed.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type {
  AnyValue,
  InstrumentationScope,
  KeyValue,
} from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import type { LogRecord } from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import type { Resource } from '../generated/opentelemetry/proto/resource/v1/resource_pb.js';
import { JsonText } from './json-text.ts';
import { LogsJson } from './logs-json.ts';

type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

/** Without the members that have proto3's default value. */
function present(members: Record<string, Json | undefined>): Json {
  const kept = Object.entries(members).filter(
    ([, value]) =>
      value !== undefined &&
      value !== '' &&
      value !== 0 &&
      !(Array.isArray(value) && value.length === 0),
  ) as [string, Json][]; // undefined is filtered out
  return Object.fromEntries(kept);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function modelValue({ value }: AnyValue): Json {
  switch (value.case) {
    case undefined:
      return {};
    case 'intValue':
      return { intValue: String(value.value) };
    case 'doubleValue':
      return { doubleValue: Number.isFinite(value.value) ? value.value : String(value.value) };
    case 'bytesValue':
      return { bytesValue: Buffer.from(value.value).toString('base64') };
    case 'arrayValue':
      return { arrayValue: present({ values: value.value.values.map(modelValue) }) };
    case 'kvlistValue':
      return { kvlistValue: present({ values: value.value.values.map(modelKeyValue) }) };
    default:
      return { [value.case]: value.value };
  }
}

function modelKeyValue({ key, value, keyStrindex }: KeyValue): Json {
  return present({ key, keyStrindex, value: value && modelValue(value) });
}

function modelResource(resource: Resource): Json {
  return present({
    attributes: resource.attributes.map(modelKeyValue),
    droppedAttributesCount: resource.droppedAttributesCount,
    entityRefs: resource.entityRefs.map(({ schemaUrl, type, idKeys, descriptionKeys }) =>
      present({ schemaUrl, type, idKeys, descriptionKeys }),
    ),
  });
}

function modelScope({ name, version, attributes, droppedAttributesCount }: InstrumentationScope) {
  return present({
    name,
    version,
    attributes: attributes.map(modelKeyValue),
    droppedAttributesCount,
  });
}

function modelNanos(nanos: bigint): Json {
  return nanos === 0n ? 0 : String(nanos);
}

function modelRecord(record: LogRecord): Json {
  return present({
    timeUnixNano: modelNanos(record.timeUnixNano),
    observedTimeUnixNano: modelNanos(record.observedTimeUnixNano),
    severityNumber: record.severityNumber,
    severityText: record.severityText,
    body: record.body && modelValue(record.body),
    attributes: record.attributes.map(modelKeyValue),
    droppedAttributesCount: record.droppedAttributesCount,
    flags: record.flags,
    traceId: hex(record.traceId),
    spanId: hex(record.spanId),
    eventName: record.eventName,
  });
}

function modelRequest(request: ExportLogsServiceRequest): Json {
  const resourceLogs = request.resourceLogs.map(({ resource, scopeLogs, schemaUrl }) =>
    present({
      resource: resource && modelResource(resource),
      scopeLogs: scopeLogs.map((entry) =>
        present({
          scope: entry.scope && modelScope(entry.scope),
          logRecords: entry.logRecords.map(modelRecord),
          schemaUrl: entry.schemaUrl,
        }),
      ),
      schemaUrl,
    }),
  );
  return present({ resourceLogs });
}

const sizeBytesMax = 1024 * 1024;

function lineOf(body: Uint8Array): string {
  // In a larger view and behind other bytes, as in the arena.
  const view = new Uint8Array(body.length + 20).fill(0xff);
  view.set(body, 10);
  const json = new LogsJson(new JsonText(128, sizeBytesMax));
  assert.equal(json.appendLine(view, 10, body.length), true);
  return json.text.written.toString();
}

/** The line is one line, parses, and equals the model of what a protobuf library decodes. */
function check(body: Uint8Array): void {
  const line = lineOf(body);
  assert.equal(line.indexOf('\n'), line.length - 1);
  const expected = modelRequest(fromBinary(ExportLogsServiceRequestSchema, body));
  assert.deepEqual(JSON.parse(line), expected);
}

function checkHex(...parts: string[]): void {
  check(Buffer.from(parts.join(''), 'hex'));
}

test('appendLine() writes the OTLP JSON of what a protobuf library decodes', (context) => {
  fc.assert(
    fc.property(logsRequest, (request) => check(encodeRequest(request))),
    { numRuns: 1_000, seed: testSeed(context) },
  );
});

test('appendLine() writes the text that the Collector writes', () => {
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: 'host.name', value: { value: { case: 'stringValue', value: 'a"\n' } } },
          ],
        },
        scopeLogs: [
          {
            scope: { name: 's' },
            logRecords: [
              {
                timeUnixNano: 1544712660300000000n,
                severityNumber: 9,
                body: { value: { case: 'doubleValue', value: Number.POSITIVE_INFINITY } },
                traceId: Uint8Array.of(0x5b, 0x8e),
                flags: 1,
              },
            ],
          },
        ],
        schemaUrl: 'u',
      },
    ],
  });
  assert.equal(
    lineOf(encodeRequest(request)),
    '{"resourceLogs":[{"resource":{"attributes":[{"key":"host.name",' +
      '"value":{"stringValue":"a\\"\\n"}}]},' +
      '"scopeLogs":[{"scope":{"name":"s"},"logRecords":[{"timeUnixNano":"1544712660300000000",' +
      '"severityNumber":9,"body":{"doubleValue":"Infinity"},"flags":1,"traceId":"5b8e"}]}],' +
      '"schemaUrl":"u"}]}\n',
  );
});

test('appendLine() keeps the last of a field and merges a message that occurs twice', () => {
  // severity_text "a", attributes {key "k"}, severity_text "b", attributes {key "l"}
  checkHex('0a18', '1216', '1214', '1a0161', '32030a016b', '1a0162', '32030a016c', '3801', '3800');
  // two resources: dropped count in one, an attribute in the other; around a schema URL
  checkHex('0a0e', '0a021005', '1a0175', '0a050a030a0161');
  // a body with two array values, and one whose string is replaced by an integer
  checkHex('0a13', '1211', '120f', '2a0d', '2a040a021001', '2a050a030a0161');
  checkHex('0a0b', '1209', '1207', '2a05', '0a0161', '1807');
});

test('appendLine() replaces what is not UTF-8 as WHATWG decoders do', (context) => {
  const nearUtf8 = fc.array(
    fc.oneof(
      fc.constantFrom(
        [0xe2, 0x82, 0xac],
        [0xf0, 0x9f, 0x9a, 0x80],
        [0xc3, 0xa9],
        [0xed, 0xa0, 0x80],
      ),
      fc.constantFrom(
        [0xf0, 0x80],
        [0xf4, 0x90],
        [0xe0, 0x9f],
        [0xc0, 0xaf],
        [0xf0, 0x9f, 0x9a],
        [0x80],
      ),
      fc.array(fc.nat(255), { maxLength: 3 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(nearUtf8, (parts) => {
      const text = Buffer.from(parts.flat());
      const head = [
        text.length + 6,
        0x12,
        text.length + 4,
        0x12,
        text.length + 2,
        0x1a,
        text.length,
      ];
      const line = lineOf(Buffer.concat([Buffer.from([0x0a, ...head]), text]));
      const record = JSON.parse(line).resourceLogs[0].scopeLogs[0].logRecords[0];
      assert.equal(
        record.severityText ?? '',
        new TextDecoder('utf-8', { ignoreBOM: true }).decode(text),
      );
    }),
    { numRuns: 1_500, seed: testSeed(context) },
  );
});

test('appendLine() writes nothing of a request beyond the bound or malformed', () => {
  const text = new JsonText(128, 400);
  const json = new LogsJson(text);
  const small = Buffer.from('0a091207' + '1205' + '1a03' + '616263', 'hex');
  assert.equal(json.appendLine(small, 0, small.length), true);
  const before = text.written.toString();
  const large = Buffer.concat([
    Buffer.from('0ace0112cb0112c8011ac501', 'hex'),
    Buffer.alloc(197, 1),
  ]);
  assert.equal(json.appendLine(large, 0, large.length), false);
  assert.throws(() => json.appendLine(small, 0, small.length - 1), { code: 'OTLP_MALFORMED' });
  assert.equal(text.written.toString(), before);
});

test('appendLine() refuses values nested beyond the bound instead of overflowing a stack', () => {
  let value: Buffer = Buffer.from('1001', 'hex');
  for (let depth = 0; depth < 101; depth += 1) value = field(0x2a, field(0x0a, value));
  const body = field(0x0a, field(0x12, field(0x12, field(0x2a, value))));
  const json = new LogsJson(new JsonText(128, sizeBytesMax));
  assert.throws(() => json.appendLine(body, 0, body.length), { code: 'OTLP_MALFORMED' });
});

function field(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const head = length < 0x80 ? [tag, length] : [tag, (length & 0x7f) | 0x80, length >>> 7];
  return Buffer.concat([Buffer.from(head), content]);
}
