// The table against the generated descriptors: every field of every logs message, and no other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import {
  AnyValueSchema,
  ArrayValueSchema,
  EntityRefSchema,
  InstrumentationScopeSchema,
  KeyValueListSchema,
  KeyValueSchema,
} from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import {
  LogRecordSchema,
  ResourceLogsSchema,
  ScopeLogsSchema,
} from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { ResourceSchema } from '../generated/opentelemetry/proto/resource/v1/resource_pb.js';
import { fieldsOf, findField, type JsonField, MessageKind, ValueKind } from './json-field-table.ts';

const schemas: Readonly<Record<MessageKind, DescMessage>> = {
  [MessageKind.Request]: ExportLogsServiceRequestSchema,
  [MessageKind.ResourceLogs]: ResourceLogsSchema,
  [MessageKind.Resource]: ResourceSchema,
  [MessageKind.EntityRef]: EntityRefSchema,
  [MessageKind.ScopeLogs]: ScopeLogsSchema,
  [MessageKind.Scope]: InstrumentationScopeSchema,
  [MessageKind.LogRecord]: LogRecordSchema,
  [MessageKind.KeyValue]: KeyValueSchema,
  [MessageKind.AnyValue]: AnyValueSchema,
  [MessageKind.ArrayValue]: ArrayValueSchema,
  [MessageKind.KeyValueList]: KeyValueListSchema,
};

/** Value kind and wire type by the descriptor's type. */
const scalarKinds = new Map<ScalarType, readonly [ValueKind, number]>([
  [ScalarType.STRING, [ValueKind.String, 2]],
  [ScalarType.BYTES, [ValueKind.Base64, 2]],
  [ScalarType.BOOL, [ValueKind.Bool, 0]],
  [ScalarType.DOUBLE, [ValueKind.Double, 1]],
  [ScalarType.INT64, [ValueKind.Int64, 0]],
  [ScalarType.FIXED64, [ValueKind.Fixed64, 1]],
  [ScalarType.INT32, [ValueKind.Int32, 0]],
  [ScalarType.UINT32, [ValueKind.Uint32, 0]],
  [ScalarType.FIXED32, [ValueKind.Fixed32, 5]],
]);

/** OTLP writes these two in hex. */
const idKinds: Readonly<Record<string, ValueKind>> = {
  traceId: ValueKind.TraceId,
  spanId: ValueKind.SpanId,
};

function kindOf(field: DescField): readonly [ValueKind, number] {
  if (field.message !== undefined) return [ValueKind.Message, 2];
  if (field.enum !== undefined) return [ValueKind.Enum, 0];
  const scalar = scalarKinds.get(field.scalar!); // neither message nor enum
  assert.ok(scalar !== undefined, `no kind for ${field.name}`);
  return [idKinds[field.jsonName] ?? scalar[0], scalar[1]];
}

function expectedField(field: DescField): Omit<JsonField, 'message'> {
  const [kind, wireType] = kindOf(field);
  return {
    name: field.jsonName,
    number: field.number,
    tag: field.number * 8 + wireType,
    kind,
    repeated: field.fieldKind === 'list',
    inOneof: field.oneof !== undefined,
  };
}

for (const [name, message] of Object.entries(MessageKind)) {
  test(`fieldsOf(${name}) are the fields of its descriptor`, () => {
    const own = [...fieldsOf(message)].sort((a, b) => a.number - b.number);
    const fields = [...schemas[message].fields].sort((a, b) => a.number - b.number);
    assert.deepEqual(
      own.map(({ message: _, ...rest }) => rest),
      fields.map(expectedField),
    );
    const children = own.filter(({ kind }) => kind === ValueKind.Message);
    assert.deepEqual(
      children.map((child) => schemas[child.message]),
      fields.flatMap((field) => field.message ?? []),
    );
  });

  test(`findField(${name}) finds exactly its names`, () => {
    for (const other of Object.values(MessageKind)) {
      for (const field of fieldsOf(other)) {
        const own = fieldsOf(message).find((candidate) => candidate.name === field.name);
        assert.equal(find(message, field.name), own);
        for (const near of [field.name.slice(1), `${field.name}X`, field.name.toUpperCase()]) {
          assert.equal(find(message, near), undefined);
        }
      }
    }
    for (const protoName of schemas[message].fields.map((field) => field.name)) {
      const isBoth = fieldsOf(message).some((field) => field.name === protoName);
      assert.equal(find(message, protoName) !== undefined, isBoth);
    }
    assert.equal(find(message, ''), undefined);
  });
}

function find(message: MessageKind, name: string): JsonField | undefined {
  const bytes = Buffer.from(`"${name}"`);
  return findField(message, bytes, 1, bytes.length - 1);
}
