// Requests for clients that send what they are given: records numbered as the SDK producers number
// theirs.

import { create, toBinary, toJsonString } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';

export interface NumberedRequestOptions {
  /** Becomes the resource attribute `run.id`. */
  readonly runId: string;
  readonly logCount: number;
  /** Length of each record's body, which is not compressible by much; default 40. */
  readonly lineChars?: number;
}

export function numberedRequest(options: NumberedRequestOptions): Uint8Array {
  return toBinary(ExportLogsServiceRequestSchema, makeRequest(options));
}

export function numberedRequestJson(options: NumberedRequestOptions): Uint8Array {
  return Buffer.from(toJsonString(ExportLogsServiceRequestSchema, makeRequest(options)));
}

/** One uncompressed gRPC message: flag 0, length, message. */
export function grpcFrame(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function makeRequest(options: NumberedRequestOptions): ExportLogsServiceRequest {
  const { runId, logCount, lineChars = 40 } = options;
  const text = (value: string) => ({ value: { case: 'stringValue', value } as const });
  const number = (value: number) => ({
    value: { case: 'intValue', value: BigInt(value) } as const,
  });
  return create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'run.id', value: text(runId) }] },
        scopeLogs: [
          {
            logRecords: Array.from({ length: logCount }, (_, index) => ({
              timeUnixNano: 1_790_000_000_000_000_000n + BigInt(index),
              body: text(line(index, lineChars)),
              attributes: [{ key: 'record.number', value: number(index) }],
            })),
          },
        ],
      },
    ],
  });
}

function line(number: number, chars: number): string {
  let text = `line ${number}`;
  // A linear congruential generator: the same text on every run.
  for (let state = number + 1; text.length < chars; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += ` ${state.toString(36)}`;
  }
  return text.slice(0, chars);
}
