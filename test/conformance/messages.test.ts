// Scenario: messages that are legal but seldom, and some that are not, in every form, to an engine
// with a real sink behind it that decodes with another library.
// Guarantees: what OTLP and protobuf allow arrives as it was sent, unknown fields too; empty
// requests are a success that goes nowhere; what is not allowed is refused alone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { enrichedAttributes } from '../interop/interop-pipeline.ts';
import { delimited, text } from '../support/wire-bytes.ts';
import {
  type ConformanceRig,
  framed,
  goodMessage,
  isOk,
  type LogRecordInit,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import { type Form, forms, isJson, type Request } from './otlp-client.ts';

let rig: ConformanceRig;
before(async () => {
  rig = await startRig({ memory: { limit_mib: 256 }, http: { max_json_body_size: '8MiB' } });
  for (const form of forms) await rig.send(form, requestOf(form, goodMessage));
});
after(() => rig.close());

/** What the sink has of the next batch, without what the engine adds. */
async function arrivalOf(form: Form, request: Request): Promise<ExportLogsServiceRequest> {
  const before = rig.sink.arrivals.length;
  const reply = await rig.send(form, request);
  assert.ok(isOk(reply) && reply.partial === undefined, `${reply.code} ${reply.message}`);
  assert.equal(rig.sink.arrivals.length, before + 1);
  const { request: arrived } = rig.sink.arrivals[before]!; // one more than before
  for (const logs of arrived.resourceLogs) {
    const { resource } = logs;
    assert.ok(resource !== undefined, 'the engine has added attributes');
    resource.attributes = resource.attributes.filter(({ key }) => !(key in enrichedAttributes));
  }
  return arrived;
}

/** In the bytes that the library makes of them: there is one spelling only. */
function checkSame(arrived: ExportLogsServiceRequest, sent: ExportLogsServiceRequest): void {
  const [got, wanted] = [arrived, sent].map((of) => toBinary(ExportLogsServiceRequestSchema, of));
  assert.equal(Buffer.from(got!).toString('hex'), Buffer.from(wanted!).toString('hex')); // a pair
}

async function checkRefused(form: Form, body: Uint8Array): Promise<void> {
  const before = rig.sink.arrivals.length;
  const reply = await rig.send(form, { body: form === 'gRPC' ? framed(body) : body });
  assert.equal(reply.code, 'OTLP_MALFORMED');
  assert.equal(reply.status, form === 'gRPC' ? 3 : 400);
  assert.ok(reply.isBadRequest);
  assert.equal(rig.sink.arrivals.length, before);
  await rig.stillGood(form);
}

type Bytes = Uint8Array<ArrayBuffer>;
const bytes = (...values: number[]): Bytes => Uint8Array.from(values);

type AnyValueInit = NonNullable<NonNullable<LogRecordInit['body']>['value']>;

const anyValues: readonly AnyValueInit[] = [
  { case: undefined },
  { case: 'stringValue', value: 'é漢\u{1F680}"\\\u0000' },
  { case: 'stringValue', value: '' },
  { case: 'boolValue', value: true },
  { case: 'boolValue', value: false },
  { case: 'intValue', value: 2n ** 63n - 1n },
  { case: 'intValue', value: -(2n ** 63n) },
  { case: 'intValue', value: 0n },
  { case: 'doubleValue', value: 0.1 },
  { case: 'doubleValue', value: Number.NaN },
  { case: 'doubleValue', value: Number.NEGATIVE_INFINITY },
  { case: 'bytesValue', value: bytes(0, 0xff, 0xfe, 0x80) },
  { case: 'bytesValue', value: bytes() },
  { case: 'arrayValue', value: { values: [] } },
  {
    case: 'arrayValue',
    value: { values: [{ value: { case: 'intValue', value: 1n } }, {}] },
  },
  { case: 'kvlistValue', value: { values: [] } },
  {
    case: 'kvlistValue',
    value: { values: [{ key: '', value: { value: { case: 'boolValue', value: true } } }] },
  },
];

const everyKind = create(ExportLogsServiceRequestSchema, {
  resourceLogs: [
    {
      schemaUrl: 'resource schema',
      resource: {
        attributes: anyValues.map((value, index) => ({ key: `r${index}`, value: { value } })),
        droppedAttributesCount: 3,
      },
      scopeLogs: [
        {
          scope: { name: 'scope', version: '1', droppedAttributesCount: 2 },
          schemaUrl: 'scope schema',
          logRecords: [
            ...anyValues.map((value) => ({ body: { value } })),
            {
              attributes: anyValues.map((value, index) => ({ key: `a${index}`, value: { value } })),
              timeUnixNano: 2n ** 64n - 1n,
              observedTimeUnixNano: 1n,
              severityNumber: 24,
              severityText: 'FATAL4',
              traceId: bytes(...Array.from({ length: 16 }, (_, index) => index)),
              spanId: bytes(1, 2, 3, 4, 5, 6, 7, 8),
              flags: 2 ** 32 - 1,
              droppedAttributesCount: 1,
              eventName: 'event',
            },
          ],
        },
      ],
    },
  ],
});

const missing = create(ExportLogsServiceRequestSchema, {
  resourceLogs: [
    { resource: {}, scopeLogs: [{ logRecords: [{ eventName: 'no scope' }] }] },
    { resource: {}, scopeLogs: [{ scope: {}, logRecords: [{}] }, {}, { scope: { name: 's' } }] },
    { resource: {} },
  ],
});

const attributeCount = 100_000;
const manyAttributes = recordsMessage({
  attributes: Array.from({ length: attributeCount }, (_, index) => ({
    key: `k${index}`,
    value: { value: { case: 'intValue' as const, value: BigInt(index) } },
  })),
});

for (const form of forms) {
  test(`${form}: every kind of AnyValue and every field arrives as it was sent`, async () => {
    const arrived = await arrivalOf(form, requestOf(form, everyKind));
    checkSame(arrived, everyKind);
  });

  test(`${form}: without resource, scope or records anywhere, the rest arrives`, async () => {
    const arrived = await arrivalOf(form, requestOf(form, missing));
    checkSame(arrived, missing);
  });
}

// Not for every pair of transport and type: the two do not know of each other.
for (const form of ['gRPC', 'HTTP/1.1 JSON', 'HTTP/2 protobuf'] as const) {
  test(`${form}: a record of 100,000 attributes arrives whole`, async () => {
    const arrived = await arrivalOf(form, requestOf(form, manyAttributes));
    const [record] = arrived.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
    assert.equal(record?.attributes.length, attributeCount);
    assert.equal(record.attributes.at(-1)?.key, `k${attributeCount - 1}`);
  });
}

// Field 1000 of every message, and of a field number that OTLP has given up (LogRecord 4, "name").
const unknownField = Buffer.concat([bytes(0xc2, 0x3e), bytes(3), text('new')]);
const unknownEverywhere = Buffer.concat([
  delimited(1, [
    delimited(1, unknownField),
    delimited(2, [
      delimited(1, unknownField),
      delimited(2, [delimited(4, text('old name')), delimited(5, unknownField), unknownField]),
      unknownField,
    ]),
    unknownField,
  ]),
  unknownField,
]);

for (const form of forms.filter((each) => !isJson(each))) {
  test(`${form}: unknown fields in every message arrive`, async () => {
    const body = form === 'gRPC' ? framed(unknownEverywhere) : unknownEverywhere;
    const arrived = await arrivalOf(form, { body });
    // What stands beside the ResourceLogs belongs to the request, which is ours and not passed on.
    const [logs] = arrived.resourceLogs;
    const [scope] = logs?.scopeLogs ?? [];
    const [record] = scope?.logRecords ?? [];
    const messages = [logs, logs?.resource, scope, scope?.scope, record, record?.body];
    const found = messages.map((message) => message?.$unknown?.map(({ no }) => no));
    assert.deepEqual(found, [[1000], [1000], [1000], [1000], [4, 1000], [1000]]);
  });

  test(`${form}: a string that is not UTF-8 is refused, wherever it stands`, async () => {
    const bad = bytes(0x61, 0xc3, 0x28);
    const record = (content: Uint8Array) => delimited(1, delimited(2, delimited(2, content)));
    await checkRefused(form, record(delimited(5, delimited(1, bad))));
    await checkRefused(form, record(delimited(3, bad)));
    await checkRefused(form, record(delimited(6, delimited(1, bad))));
    await checkRefused(form, delimited(1, delimited(3, bad)));
  });
}

for (const form of forms) {
  const bodies: readonly Uint8Array[] = isJson(form)
    ? ['{}', '{"resourceLogs":[]}', '{"resourceLogs":[{"scopeLogs":[{}]}]}'].map(text)
    : [bytes(), delimited(1, bytes()), delimited(1, delimited(2, bytes()))];
  test(`${form}: a request without records is a success that goes nowhere`, async () => {
    const before = rig.sink.arrivals.length;
    for (const body of bodies) {
      const reply = await rig.send(form, { body: form === 'gRPC' ? framed(body) : body });
      assert.ok(isOk(reply), reply.code);
      assert.equal(reply.partial, undefined);
    }
    assert.equal(rig.sink.arrivals.length, before);
  });
}

test('gRPC: an empty message is answered by five bytes of zero', async () => {
  const { body } = await rig.send('gRPC', { body: Buffer.alloc(5) });
  assert.deepEqual([...body], [0, 0, 0, 0, 0]);
});

test('every form has sent the same protobuf on', () => {
  const sent = toBinary(ExportLogsServiceRequestSchema, everyKind);
  const found = rig.sink.arrivals.filter(
    ({ request }) => request.resourceLogs[0]?.schemaUrl === 'resource schema',
  );
  const hex = new Set(found.map(({ bytes: of }) => Buffer.from(of).toString('hex')));
  assert.equal(found.length, forms.length);
  assert.equal(hex.size, 1);
  assert.ok([...hex][0]!.length > 2 * sent.length, 'with the added attributes'); // size is 1
});
