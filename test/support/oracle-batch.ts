// Batches that say by themselves what they hold: from its id alone everybody knows every byte, so
// one that arrives changed, in part or out of nothing is found out without asking who sent it.

import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { KiB } from '../../src/limits.ts';

export const oracleRecordsPerBatch = 3;

/** The number goes by the end of the id: `life3-17`. */
export function oracleRequest(id: string): Uint8Array {
  const logRecords = Array.from({ length: oracleRecordsPerBatch }, (_, index) => ({
    eventName: `${id}/${index}`,
    body: { value: { case: 'stringValue' as const, value: oracleText(id, index) } },
  }));
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] };
  return toBinary(ExportLogsServiceRequestSchema, create(ExportLogsServiceRequestSchema, request));
}

/** Of the record `${id}/${index}`. */
export function oracleText(id: string, index: number): string {
  const piece = `${id}/${index} `;
  const sizeBytes = recordSizeBytes(id);
  if (numberOf(id) >= firstBulkyBatch) return noise(numberOf(id) * 3 + index, sizeBytes);
  return piece.repeat(Math.ceil(sizeBytes / piece.length)).slice(0, sizeBytes);
}

/** From this number on all batches are large, and no compression makes them small. */
export const firstBulkyBatch = 1_000_000;

// Most are as small as logs are, so that many share a block; some have a block of their own, and a
// few are cut into several.
function recordSizeBytes(id: string): number {
  const number = numberOf(id);
  if (number >= firstBulkyBatch) return 600 * KiB;
  if (number % 97 === 96) return 600 * KiB + number;
  if (number % 23 === 22) return 120 * KiB + number;
  return 40 + ((number * 37) % 3_000);
}

function numberOf(id: string): number {
  return Number(/\d+$/.exec(id)?.[0]);
}

/** Text of the base64 alphabet, by a generator with the constants of Numerical Recipes. */
function noise(seed: number, sizeBytes: number): string {
  const bytes = Buffer.alloc((sizeBytes * 3) / 4);
  let state = seed;
  for (let at = 0; at < bytes.length; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE((state ^ (state >>> 15)) >>> 0, at);
  }
  return bytes.toString('base64');
}
