// The fields that OTLP/JSON logs requests can have: for each message, from a member's name to its
// number, wire tag and kind of value. Names are found by their bytes, without making a string.
// json-field-table.test.ts holds the rows against the generated descriptors.

import { assert } from '../assert.ts';
import { LogsField } from './logs-fields.ts';
import { tagOf, WireType } from './protobuf-wire.ts';

export const MessageKind = {
  Request: 0,
  ResourceLogs: 1,
  Resource: 2,
  EntityRef: 3,
  ScopeLogs: 4,
  Scope: 5,
  LogRecord: 6,
  KeyValue: 7,
  AnyValue: 8,
  ArrayValue: 9,
  KeyValueList: 10,
} as const;
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

export const ValueKind = {
  Message: 0,
  String: 1,
  Base64: 2,
  TraceId: 3,
  SpanId: 4,
  Bool: 5,
  Double: 6,
  Int64: 7,
  Fixed64: 8,
  Int32: 9,
  /** Like Int32, but a string of digits is refused: proto3 JSON takes a string for a name. */
  Enum: 10,
  Uint32: 11,
  Fixed32: 12,
} as const;
export type ValueKind = (typeof ValueKind)[keyof typeof ValueKind];

export interface JsonField {
  readonly name: string;
  readonly number: number;
  /** The tag on the wire; one byte, because every number is below 16. */
  readonly tag: number;
  readonly kind: ValueKind;
  /** Which message, if it is one. */
  readonly message: MessageKind;
  readonly repeated: boolean;
  /** A member of AnyValue's oneof: written even when it has the default value. */
  readonly inOneof: boolean;
}

/** The field that [fromBytes, toBytes) names in a message of this kind. */
export function findField(
  message: MessageKind,
  bytes: Uint8Array,
  fromBytes: number,
  toBytes: number,
): JsonField | undefined {
  const sizeBytes = toBytes - fromBytes;
  if (sizeBytes === 0) return undefined;
  // Not empty: both are inside.
  const slot = nameSlot(sizeBytes, bytes[fromBytes]!, bytes[toBytes - 1]!);
  const row = slots[message * slotCount + slot]; // slot < slotCount
  if (row === undefined || row.nameBytes.length !== sizeBytes) return undefined;
  const { nameBytes } = row;
  for (let index = 0; index < sizeBytes; index += 1) {
    if (nameBytes[index] !== bytes[fromBytes + index]) return undefined;
  }
  return row.field;
}

/** For the test that compares with the descriptors. */
export function fieldsOf(message: MessageKind): readonly JsonField[] {
  const own = slots.slice(message * slotCount, (message + 1) * slotCount);
  return own.flatMap((row) => (row === undefined ? [] : [row.field]));
}

interface Row {
  readonly nameBytes: Uint8Array;
  readonly field: JsonField;
}

const slotCount = 32;

// These factors give every name of a message a slot of its own; #place asserts it.
function nameSlot(sizeBytes: number, first: number, last: number): number {
  return (sizeBytes * 2 + first + last * 4) & (slotCount - 1);
}

const slots: (Row | undefined)[] = Array.from(
  { length: slotCount * Object.keys(MessageKind).length },
  () => undefined,
);

const wireTypes: Readonly<Record<ValueKind, WireType>> = {
  [ValueKind.Message]: WireType.Bytes,
  [ValueKind.String]: WireType.Bytes,
  [ValueKind.Base64]: WireType.Bytes,
  [ValueKind.TraceId]: WireType.Bytes,
  [ValueKind.SpanId]: WireType.Bytes,
  [ValueKind.Bool]: WireType.Varint,
  [ValueKind.Double]: WireType.Fixed64,
  [ValueKind.Int64]: WireType.Varint,
  [ValueKind.Fixed64]: WireType.Fixed64,
  [ValueKind.Int32]: WireType.Varint,
  [ValueKind.Enum]: WireType.Varint,
  [ValueKind.Uint32]: WireType.Varint,
  [ValueKind.Fixed32]: WireType.Fixed32,
};

function place(message: MessageKind, field: JsonField): void {
  const nameBytes = Uint8Array.from(Buffer.from(field.name));
  const { length } = nameBytes;
  const slot = nameSlot(length, nameBytes[0]!, nameBytes[length - 1]!); // no name is empty
  const at = message * slotCount + slot;
  assert(slots[at] === undefined, 'two names in one slot: choose other factors');
  assert(field.tag < 0x80, 'tag longer than one byte');
  slots[at] = { nameBytes, field };
}

function row(
  owner: MessageKind,
  name: string,
  number: number,
  kind: ValueKind,
  { message = MessageKind.Request, repeated = false }: Partial<JsonField> = {},
): void {
  const inOneof = owner === MessageKind.AnyValue;
  const tag = tagOf(number, wireTypes[kind]);
  place(owner, { name, number, tag, kind, message, repeated, inOneof });
}

function child(owner: MessageKind, name: string, number: number, message: MessageKind): void {
  row(owner, name, number, ValueKind.Message, { message });
}

function children(owner: MessageKind, name: string, number: number, message: MessageKind): void {
  row(owner, name, number, ValueKind.Message, { message, repeated: true });
}

const M = MessageKind;
const V = ValueKind;
const F = LogsField;

children(M.Request, 'resourceLogs', F.ExportLogsServiceRequest.resource_logs, M.ResourceLogs);

child(M.ResourceLogs, 'resource', F.ResourceLogs.resource, M.Resource);
children(M.ResourceLogs, 'scopeLogs', F.ResourceLogs.scope_logs, M.ScopeLogs);
row(M.ResourceLogs, 'schemaUrl', F.ResourceLogs.schema_url, V.String);

children(M.Resource, 'attributes', F.Resource.attributes, M.KeyValue);
row(M.Resource, 'droppedAttributesCount', F.Resource.dropped_attributes_count, V.Uint32);
children(M.Resource, 'entityRefs', F.Resource.entity_refs, M.EntityRef);

row(M.EntityRef, 'schemaUrl', F.EntityRef.schema_url, V.String);
row(M.EntityRef, 'type', F.EntityRef.type, V.String);
row(M.EntityRef, 'idKeys', F.EntityRef.id_keys, V.String, { repeated: true });
row(M.EntityRef, 'descriptionKeys', F.EntityRef.description_keys, V.String, { repeated: true });

child(M.ScopeLogs, 'scope', F.ScopeLogs.scope, M.Scope);
children(M.ScopeLogs, 'logRecords', F.ScopeLogs.log_records, M.LogRecord);
row(M.ScopeLogs, 'schemaUrl', F.ScopeLogs.schema_url, V.String);

row(M.Scope, 'name', F.InstrumentationScope.name, V.String);
row(M.Scope, 'version', F.InstrumentationScope.version, V.String);
children(M.Scope, 'attributes', F.InstrumentationScope.attributes, M.KeyValue);
const scopeDropped = F.InstrumentationScope.dropped_attributes_count;
row(M.Scope, 'droppedAttributesCount', scopeDropped, V.Uint32);

row(M.LogRecord, 'timeUnixNano', F.LogRecord.time_unix_nano, V.Fixed64);
row(M.LogRecord, 'observedTimeUnixNano', F.LogRecord.observed_time_unix_nano, V.Fixed64);
row(M.LogRecord, 'severityNumber', F.LogRecord.severity_number, V.Enum);
row(M.LogRecord, 'severityText', F.LogRecord.severity_text, V.String);
child(M.LogRecord, 'body', F.LogRecord.body, M.AnyValue);
children(M.LogRecord, 'attributes', F.LogRecord.attributes, M.KeyValue);
row(M.LogRecord, 'droppedAttributesCount', F.LogRecord.dropped_attributes_count, V.Uint32);
row(M.LogRecord, 'flags', F.LogRecord.flags, V.Fixed32);
row(M.LogRecord, 'traceId', F.LogRecord.trace_id, V.TraceId);
row(M.LogRecord, 'spanId', F.LogRecord.span_id, V.SpanId);
row(M.LogRecord, 'eventName', F.LogRecord.event_name, V.String);

row(M.KeyValue, 'key', F.KeyValue.key, V.String);
child(M.KeyValue, 'value', F.KeyValue.value, M.AnyValue);
row(M.KeyValue, 'keyStrindex', F.KeyValue.key_strindex, V.Int32);

row(M.AnyValue, 'stringValue', F.AnyValue.string_value, V.String);
row(M.AnyValue, 'boolValue', F.AnyValue.bool_value, V.Bool);
row(M.AnyValue, 'intValue', F.AnyValue.int_value, V.Int64);
row(M.AnyValue, 'doubleValue', F.AnyValue.double_value, V.Double);
child(M.AnyValue, 'arrayValue', F.AnyValue.array_value, M.ArrayValue);
child(M.AnyValue, 'kvlistValue', F.AnyValue.kvlist_value, M.KeyValueList);
row(M.AnyValue, 'bytesValue', F.AnyValue.bytes_value, V.Base64);
row(M.AnyValue, 'stringValueStrindex', F.AnyValue.string_value_strindex, V.Int32);

children(M.ArrayValue, 'values', F.ArrayValue.values, M.AnyValue);
children(M.KeyValueList, 'values', F.KeyValueList.values, M.KeyValue);
