// The records of a body that a tap got, one after the other, each decoded when it is asked for. The
// copy may end anywhere, since only the first bytes of a body are copied; what is not whole is left
// out.

import { fromBinary } from '@bufbuild/protobuf';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import {
  type InstrumentationScope,
  InstrumentationScopeSchema,
} from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import {
  type LogRecord,
  LogRecordSchema,
} from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import {
  type Resource,
  ResourceSchema,
} from '../generated/opentelemetry/proto/resource/v1/resource_pb.js';

export interface TappedRecord {
  readonly record: LogRecord;
  /** Undefined: there is none, or the copy ends before it. */
  readonly resource: Resource | undefined;
  readonly scope: InstrumentationScope | undefined;
}

// Numbers of opentelemetry/proto/logs/v1: a request has ResourceLogs, these a Resource and
// ScopeLogs, and these a scope and records.
const resourceLogsField = 1;
const resourceField = 1;
const scopeLogsField = 2;
const scopeField = 1;
const recordField = 2;

export function* tappedRecords(body: Uint8Array): Generator<TappedRecord, undefined> {
  try {
    for (const resourceLogs of fieldsOf(body, resourceLogsField)) {
      const resource = wholeField(resourceLogs, resourceField, (bytes) =>
        fromBinary(ResourceSchema, bytes),
      );
      for (const scopeLogs of fieldsOf(resourceLogs.bytes, scopeLogsField)) {
        const scope = wholeField(scopeLogs, scopeField, (bytes) =>
          fromBinary(InstrumentationScopeSchema, bytes),
        );
        for (const { bytes, isWhole } of fieldsOf(scopeLogs.bytes, recordField)) {
          if (isWhole) yield { record: fromBinary(LogRecordSchema, bytes), resource, scope };
        }
      }
    }
  } catch {
    // The shard has checked the message; should the two ever differ, a look at it ends no engine.
  }
}

interface Field {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

function wholeField<T>(
  { bytes }: Field,
  number: number,
  decode: (bytes: Uint8Array) => T,
): T | undefined {
  for (const field of fieldsOf(bytes, number)) if (field.isWhole) return decode(field.bytes);
  return undefined;
}

/** Fields of this number that have a length; the last one may be cut. */
function* fieldsOf(message: Uint8Array, wanted: number): Generator<Field, undefined> {
  const reader = new BinaryReader(message);
  try {
    while (reader.pos < reader.len) {
      const [number, wireType] = reader.tag();
      if (wireType !== WireType.LengthDelimited) {
        reader.skip(wireType, number);
        continue;
      }
      const sizeBytes = reader.uint32();
      const bytes = message.subarray(reader.pos, reader.pos + sizeBytes);
      reader.pos += sizeBytes;
      if (number === wanted) yield { bytes, isWhole: bytes.length === sizeBytes };
    }
  } catch {
    // The copy ends within a tag or a length: there is no more.
  }
}
