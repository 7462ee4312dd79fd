// What a splice must do, said with decoded objects and raw fields instead of offsets: the attribute
// operations one after the other on a list of KeyValues, and a message taken apart into what may
// change and what may not.

import { create, fromBinary } from '@bufbuild/protobuf';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import {
  AnyValueSchema,
  type KeyValue,
  KeyValueSchema,
} from '../../src/generated/opentelemetry/proto/common/v1/common_pb.js';
import type { SpliceOp } from '../../src/kernel/splice-plan.ts';

/**
 * The attributes after the operations, which are applied in order; `touched`: something was
 * written.
 */
export function applyOps(
  attributes: readonly KeyValue[],
  ops: readonly SpliceOp[],
): { attributes: KeyValue[]; touched: boolean } {
  let result = [...attributes];
  let touched = false;
  for (const op of ops) {
    const first = result.findIndex((attribute) => attribute.key === op.key);
    if (op.action === 'delete') {
      touched ||= first >= 0;
      result = result.filter((attribute) => attribute.key !== op.key);
    } else if (first < 0 && op.action !== 'update') {
      touched = true;
      result.push(keyValueOf(op));
    } else if (first >= 0 && op.action !== 'insert') {
      touched = true;
      result[first] = keyValueOf(op);
    }
  }
  return { attributes: result, touched };
}

function keyValueOf({ key, value }: SpliceOp): KeyValue {
  switch (typeof value) {
    case 'string':
      return keyValue(key, { case: 'stringValue', value });
    case 'boolean':
      return keyValue(key, { case: 'boolValue', value });
    case 'bigint':
      return keyValue(key, { case: 'intValue', value });
    case 'number':
      return Number.isInteger(value)
        ? keyValue(key, { case: 'intValue', value: BigInt(value) })
        : keyValue(key, { case: 'doubleValue', value });
    default:
      throw new Error(`no value for ${key}`);
  }
}

type Value = NonNullable<Parameters<typeof create<typeof AnyValueSchema>>[1]>['value'];

function keyValue(key: string, value: NonNullable<Value>): KeyValue {
  return create(KeyValueSchema, { key, value: create(AnyValueSchema, { value }) });
}

export interface LogsParts {
  /** The whole field, tag and length included. */
  readonly raw: Uint8Array;
  /** All fields but `resource`, raw and in order. */
  readonly others: readonly Uint8Array[];
  readonly resource: ResourceParts;
  /**
   * Contents of the resource fields, one after the other: one Resource message with the same
   * meaning.
   */
  readonly resourceBytes: Uint8Array;
}

export interface ResourceParts {
  readonly attributes: readonly AttributeParts[];
  readonly others: readonly Uint8Array[];
}

export interface AttributeParts {
  readonly raw: Uint8Array;
  readonly decoded: KeyValue;
}

/** Takes a valid request apart: unknown fields of the request, and each ResourceLogs. */
export function requestParts(request: Uint8Array): { others: Uint8Array[]; logs: LogsParts[] } {
  const others: Uint8Array[] = [];
  const logs: LogsParts[] = [];
  for (const field of fieldsOf(request)) {
    if (field.number === 1) logs.push(logsParts(field));
    else others.push(field.raw);
  }
  return { others, logs };
}

function logsParts({ raw, content }: Field): LogsParts {
  const fields = fieldsOf(content);
  const contents = fields.filter((field) => field.number === 1).map((field) => field.content);
  // Not a Buffer: deepEqual() compares classes too.
  const resourceBytes = Uint8Array.from(Buffer.concat(contents));
  const others = fields.filter((field) => field.number !== 1).map((field) => field.raw);
  return { raw, others, resource: resourceParts(resourceBytes), resourceBytes };
}

export function resourceParts(resource: Uint8Array): ResourceParts {
  const attributes: AttributeParts[] = [];
  const others: Uint8Array[] = [];
  for (const field of fieldsOf(resource)) {
    if (field.number !== 1) others.push(field.raw);
    else attributes.push({ raw: field.raw, decoded: fromBinary(KeyValueSchema, field.content) });
  }
  return { attributes, others };
}

interface Field {
  readonly number: number;
  readonly raw: Uint8Array;
  /** Of a length-delimited field: without tag and length. */
  readonly content: Uint8Array;
}

function fieldsOf(message: Uint8Array): Field[] {
  const reader = new BinaryReader(message);
  const fields: Field[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, wireType] = reader.tag();
    const valueStart = reader.pos;
    const isDelimited = wireType === 2;
    const content = isDelimited ? reader.bytes() : message.subarray(valueStart, valueStart);
    if (!isDelimited) reader.skip(wireType, number);
    fields.push({ number, raw: message.subarray(start, reader.pos), content });
  }
  return fields;
}
