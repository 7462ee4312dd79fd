// The batches that `gs-ctl send` sends: real OTLP, each with a random id to find it again
// downstream.

import { randomUUID } from 'node:crypto';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import {
  type KeyValue,
  KeyValueSchema,
} from '../generated/opentelemetry/proto/common/v1/common_pb.js';
import {
  LogRecordSchema,
  SeverityNumber,
} from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';

export interface TestBatchOptions {
  /** Number of the first record, from 1, and of all records of the run. */
  readonly recordFirst: number;
  readonly recordsTotal: number;
  readonly recordCount: number;
  /** Body text is padded with dots to this many characters; 0: as long as the text is. */
  readonly bodySizeBytes: number;
  readonly wallMs: number;
}

export function testBatch(options: TestBatchOptions): { id: string; bytes: Uint8Array } {
  const id = randomUUID();
  const timeUnixNano = BigInt(Math.trunc(options.wallMs)) * 1_000_000n;
  const logRecords = Array.from({ length: options.recordCount }, (_, index) => {
    const text = `gs-ctl send: test record ${options.recordFirst + index} of ${options.recordsTotal}`;
    return create(LogRecordSchema, {
      timeUnixNano,
      observedTimeUnixNano: timeUnixNano,
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      body: { value: { case: 'stringValue', value: text.padEnd(options.bodySizeBytes, '.') } },
      attributes: [attribute('gs_ctl.batch_id', id)],
    });
  });
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        resource: { attributes: [attribute('service.name', 'gs-ctl')] },
        scopeLogs: [{ scope: { name: 'gs-ctl send' }, logRecords }],
      },
    ],
  });
  return { id, bytes: toBinary(ExportLogsServiceRequestSchema, request) };
}

/** Records that the engine refused for good although the call was OK. */
export function rejectedRecords(answer: Uint8Array): { count: number; message: string } {
  const { partialSuccess } = fromBinary(ExportLogsServiceResponseSchema, answer);
  return {
    count: Number(partialSuccess?.rejectedLogRecords ?? 0n),
    message: partialSuccess?.errorMessage ?? '',
  };
}

function attribute(key: string, value: string): KeyValue {
  return create(KeyValueSchema, { key, value: { value: { case: 'stringValue', value } } });
}
