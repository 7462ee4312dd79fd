// Random OTLP logs requests for property tests: every field, nested values, empty messages, unknown
// fields, and text that needs escaping. Counts are small so that shrinking ends at something
// readable.

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type {
  AnyValueSchema,
  KeyValueSchema,
} from '../../src/generated/opentelemetry/proto/common/v1/common_pb.js';
import type {
  LogRecordSchema,
  ResourceLogsSchema,
  ScopeLogsSchema,
} from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';

type AnyValueInit = MessageInitShape<typeof AnyValueSchema>;
type KeyValueInit = MessageInitShape<typeof KeyValueSchema>;

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed()),
  fc.string({ unit: 'binary-ascii', maxLength: 40 }),
  fc.constantFrom('', 'plain', '"\\\u0000\u001f\u007f\u2028', 'é漢🚀', '\n\t\r\b\f'),
);
const bytes = fc.uint8Array({ maxLength: 20 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const fixed64 = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.constant(0n));
const uint32 = fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constant(0));
const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
const unknown = fc.option(fc.constant([{ no: 999, wireType: 0, data: Uint8Array.of(7) }]), {
  nil: undefined,
  freq: 4,
});

function optional<T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.option(of, { nil: undefined });
}

const { anyValue, keyValue } = fc.letrec<{ anyValue: AnyValueInit; keyValue: KeyValueInit }>(
  (tie) => ({
    anyValue: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.record({
        value: fc.oneof(
          fc.constant({ case: undefined }),
          fc.record({ case: fc.constant('stringValue' as const), value: text }),
          fc.record({ case: fc.constant('boolValue' as const), value: fc.boolean() }),
          fc.record({ case: fc.constant('intValue' as const), value: int64 }),
          fc.record({ case: fc.constant('doubleValue' as const), value: fc.double() }),
          fc.record({ case: fc.constant('bytesValue' as const), value: bytes }),
          fc.record({ case: fc.constant('stringValueStrindex' as const), value: int32 }),
        ),
      }),
      fc.record({
        value: fc.record({
          case: fc.constant('arrayValue' as const),
          value: fc.record({ values: fc.array(tie('anyValue'), { maxLength: 3 }) }),
        }),
      }),
      fc.record({
        value: fc.record({
          case: fc.constant('kvlistValue' as const),
          value: fc.record({ values: fc.array(tie('keyValue'), { maxLength: 3 }) }),
        }),
      }),
    ) as fc.Arbitrary<AnyValueInit>, // fast-check cannot see that the cases are those of the oneof
    keyValue: fc.record({
      key: text,
      value: optional(tie('anyValue')),
      keyStrindex: fc.constantFrom(0, 0, 5),
    }) as fc.Arbitrary<KeyValueInit>, // `undefined` stands for an unset message
  }),
);

const attributes = fc.array(keyValue, { maxLength: 4 });
const logRecord = fc.record({
  timeUnixNano: fixed64,
  observedTimeUnixNano: fixed64,
  severityNumber: fc.integer({ min: 0, max: 30 }),
  severityText: text,
  body: optional(anyValue),
  attributes,
  droppedAttributesCount: uint32,
  flags: uint32,
  traceId: bytes,
  spanId: bytes,
  eventName: text,
  $unknown: unknown,
  // Severity numbers beyond the enum are legal.
}) as fc.Arbitrary<MessageInitShape<typeof LogRecordSchema>>;
const scope = fc.record({ name: text, version: text, attributes, droppedAttributesCount: uint32 });
const scopeLogs = fc.record({
  scope: optional(scope),
  logRecords: fc.array(logRecord, { maxLength: 4 }),
  schemaUrl: text,
  $unknown: unknown,
  // `undefined` stands for an unset message.
}) as fc.Arbitrary<MessageInitShape<typeof ScopeLogsSchema>>;
const entityRef = fc.record({
  schemaUrl: text,
  type: text,
  idKeys: fc.array(text, { maxLength: 2 }),
  descriptionKeys: fc.array(text, { maxLength: 2 }),
});
const resource = fc.record({
  attributes,
  droppedAttributesCount: uint32,
  entityRefs: fc.array(entityRef, { maxLength: 2 }),
});
const resourceLogs = fc.record({
  resource: optional(resource),
  scopeLogs: fc.array(scopeLogs, { maxLength: 3 }),
  schemaUrl: text,
  $unknown: unknown,
  // `undefined` stands for an unset message.
}) as fc.Arbitrary<MessageInitShape<typeof ResourceLogsSchema>>;

export const logsRequest: fc.Arbitrary<ExportLogsServiceRequest> = fc
  .record({ resourceLogs: fc.array(resourceLogs, { maxLength: 3 }) })
  .map((init) => create(ExportLogsServiceRequestSchema, init));

export function encodeRequest(request: ExportLogsServiceRequest): Uint8Array {
  return toBinary(ExportLogsServiceRequestSchema, request);
}
