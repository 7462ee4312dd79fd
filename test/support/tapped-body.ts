// Bodies as a tap gets them: OTLP in protobuf, of records that a test writes down.

import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type { KeyValueSchema } from '../../src/generated/opentelemetry/proto/common/v1/common_pb.js';
import type { LogRecordSchema } from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';

type RecordInit = MessageInitShape<typeof LogRecordSchema>;
type KeyValueInit = MessageInitShape<typeof KeyValueSchema>;

/** Of one service. */
export function tappedBody(records: readonly RecordInit[], service = 'shop'): Uint8Array {
  const request = {
    resourceLogs: [
      {
        resource: { attributes: [stringAttribute('service.name', service)] },
        scopeLogs: [{ scope: { name: 'scope' }, logRecords: [...records] }],
      },
    ],
  };
  return toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, request));
}

/** `count` records whose bodies are `${text} ${index}`. */
export function numberedBody(text: string, count: number, service?: string): Uint8Array {
  const records = Array.from({ length: count }, (_, index) => ({
    body: stringValue(`${text} ${index}`),
  }));
  return tappedBody(records, service);
}

export function stringValue(value: string) {
  return { value: { case: 'stringValue' as const, value } };
}

export function stringAttribute(key: string, value: string): KeyValueInit {
  return { key, value: stringValue(value) };
}
