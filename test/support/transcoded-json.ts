// OTLP/JSON texts of one record, and what the transcoder makes of a text.

import assert from 'node:assert/strict';
import { fromBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { transcodeLogsJson } from '../../src/otlp/json-transcoder.ts';

/** The protobuf, transcoded behind other bytes and in front of some. */
export function transcode(text: string | Uint8Array): Uint8Array {
  const body = Buffer.from(text);
  const view = new Uint8Array(body.length + 20).fill(0x22);
  view.set(body, 10);
  const sizeBytes = transcodeLogsJson(view, 10, body.length);
  assert.ok(view.subarray(0, 10).every((byte) => byte === 0x22));
  assert.ok(view.subarray(10 + body.length).every((byte) => byte === 0x22));
  return view.slice(10, 10 + sizeBytes);
}

export function decode(text: string | Uint8Array): ExportLogsServiceRequest {
  return fromBinary(ExportLogsServiceRequestSchema, transcode(text));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** Both texts say the same, `canonical` without anything special. */
export function checkSame(text: string, canonical: string): void {
  assert.equal(hexOf(transcode(text)), hexOf(transcode(canonical)), text);
}

export function checkRefused(text: string | Uint8Array, message: RegExp): void {
  assert.throws(() => transcode(text), { code: 'OTLP_MALFORMED', message });
}

export function record(members: string): string {
  return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{${members}}]}]}]}`;
}

export function body(value: string): string {
  return record(`"body":${value}`);
}

export function recordOf(text: string) {
  return decode(text).resourceLogs[0]?.scopeLogs[0]?.logRecords[0];
}

export function bodyOf(text: string) {
  return recordOf(body(text))?.body?.value;
}
