import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { toBinary, toJson } from '@bufbuild/protobuf';
import { stringAttribute, stringValue, tappedBody } from '../../test/support/tapped-body.ts';
import { TapRecordSchema } from '../generated/gophership/control/v1/tap_pb.js';
import type { AnyValueSchema } from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import type { LogRecordSchema } from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { KiB } from '../limits.ts';
import { tapRecord } from './tap-record.ts';
import { tappedRecords } from './tapped-records.ts';

function shown(record: MessageInitShape<typeof LogRecordSchema>) {
  const [tapped] = [...tappedRecords(tappedBody([record]))];
  assert(tapped !== undefined);
  return tapRecord(tapped);
}

test('tapRecord() has the parts of a record in words', () => {
  const record = shown({
    timeUnixNano: 1_700_000_000_123_456_789n,
    severityNumber: 17,
    severityText: 'ERROR',
    body: stringValue('no space left'),
    attributes: [stringAttribute('user', 'ann')],
    traceId: Uint8Array.from({ length: 16 }, (_, index) => index),
    spanId: Uint8Array.from({ length: 8 }, (_, index) => 255 - index),
    eventName: 'disk.full',
  });
  assert.deepEqual(toJson(TapRecordSchema, record), {
    time: '2023-11-14T22:13:20.123456789Z',
    severityNumber: 17,
    severityText: 'ERROR',
    serviceName: 'shop',
    body: 'no space left',
    attributes: [{ key: 'user', value: 'ann' }],
    resourceAttributes: [{ key: 'service.name', value: 'shop' }],
    scopeName: 'scope',
    traceId: '000102030405060708090a0b0c0d0e0f',
    spanId: 'fffefdfcfbfaf9f8',
    eventName: 'disk.full',
  });
});

test('tapRecord() shows what is no text as JSON', () => {
  const list = (...values: MessageInitShape<typeof AnyValueSchema>[]) => ({
    value: { case: 'arrayValue' as const, value: { values } },
  });
  const values: [MessageInitShape<typeof AnyValueSchema>, string][] = [
    [{ value: { case: 'intValue', value: -42n } }, '-42'],
    [{ value: { case: 'intValue', value: 9_007_199_254_740_993n } }, '9007199254740993'],
    [{ value: { case: 'doubleValue', value: 0.5 } }, '0.5'],
    [{ value: { case: 'doubleValue', value: Number.NaN } }, 'NaN'],
    [{ value: { case: 'boolValue', value: false } }, 'false'],
    [{ value: { case: 'bytesValue', value: Uint8Array.of(1, 2, 3) } }, 'AQID'],
    [list(stringValue('a'), list(), {}), '["a",[],null]'],
    [
      {
        value: {
          case: 'kvlistValue',
          value: { values: [stringAttribute('__proto__', 'x'), { key: 'none' }] },
        },
      },
      '{"__proto__":"x","none":null}',
    ],
    [{}, ''],
  ];
  for (const [body, text] of values) assert.equal(shown({ body }).body, text);
});

test('tapRecord() cuts what is long, and says so', () => {
  const long = 'x'.repeat(10 * KiB);
  const record = shown({
    severityText: long,
    // A pair of surrogates on the edge.
    body: stringValue(`${'y'.repeat(4_095)}\u{1f600}`),
    attributes: Array.from({ length: 100 }, (_, index) =>
      stringAttribute(`${index} ${long}`, long),
    ),
    traceId: new Uint8Array(10 * KiB),
    eventName: long,
  });
  assert.equal(record.isCut, true);
  assert.equal(record.body.length, 4_096);
  assert.equal(record.body.isWellFormed(), true);
  assert.equal(record.attributes.length, 32);
  assert.ok(toBinary(TapRecordSchema, record).length < 24 * KiB);
  assert.equal(shown({ body: stringValue('short') }).isCut, false);
});
