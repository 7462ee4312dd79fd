// Logs requests as OTLP/JSON, made by @bufbuild/protobuf's toJson() with OTLP's changes (ids in
// hex, enums as integers): as a tree for tests that spell it out in their own way.

import { fromBinary, toBinary, toJson } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';

export type Json = null | string | number | boolean | Json[] | { [key: string]: Json };

export function otlpJson(request: ExportLogsServiceRequest): Json {
  return idsInHex(toJson(ExportLogsServiceRequestSchema, request, { enumAsInteger: true }));
}

function idsInHex(value: Json, key = ''): Json {
  if (Array.isArray(value)) return value.map((element) => idsInHex(element));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, idsInHex(member, name)]),
    );
  }
  const isId = typeof value === 'string' && (key === 'traceId' || key === 'spanId');
  return isId ? Buffer.from(value, 'base64').toString('hex') : value;
}

/** Gives each id the length that OTLP asks for, or none. */
export function withOtlpIds(request: ExportLogsServiceRequest): ExportLogsServiceRequest {
  for (const record of request.resourceLogs.flatMap(({ scopeLogs }) =>
    scopeLogs.flatMap(({ logRecords }) => logRecords),
  )) {
    record.traceId = resized(record.traceId, 16);
    record.spanId = resized(record.spanId, 8);
  }
  return request;
}

function resized(bytes: Uint8Array, sizeBytes: number): Uint8Array<ArrayBuffer> {
  const id = new Uint8Array(bytes.length < 3 ? 0 : sizeBytes);
  id.set(bytes.subarray(0, id.length));
  return id;
}

/** The bytes that say the same as these, in one spelling for each request. */
export function canonicalRequest(bytes: Uint8Array): Uint8Array {
  return toBinary(
    ExportLogsServiceRequestSchema,
    fromBinary(ExportLogsServiceRequestSchema, bytes, { readUnknownFields: false }),
  );
}
