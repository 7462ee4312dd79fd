import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http';
import { test } from 'node:test';
import { encodeStatus } from '../grpc/retry-info.ts';
import { encodeExportResponse } from '../otlp/export-response.ts';
import type { RequestEnding } from './export-transport.ts';
import { readHttpAnswer } from './http-answer.ts';
import { Verdict } from './retry-policy.ts';

const protobuf = { 'content-type': 'application/x-protobuf' };
const json = { 'content-type': 'application/json; charset=utf-8' };
const text = { 'content-type': 'text/plain' };
const partial = encodeExportResponse({ rejectedRecords: 3, message: 'old' });

function check(
  status: number,
  headers: IncomingHttpHeaders,
  body: string | Uint8Array | undefined,
  expected:
    | Partial<Extract<RequestEnding, { kind: 'refused' }>>
    | { rejectedRecords: number; message: string },
): void {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const ending = readHttpAnswer(status, headers, bytes, {}, Date.UTC(2026, 0, 1));
  assert.deepEqual({ ...ending, ...expected }, ending);
}

test('readHttpAnswer() reads successes in protobuf and JSON', () => {
  const nothing = { rejectedRecords: 0, message: '' };
  check(200, protobuf, '', nothing);
  check(204, {}, '', nothing);
  check(200, protobuf, partial, { rejectedRecords: 3, message: 'old' });
  check(200, json, '{}', nothing);
  check(200, json, '{"partialSuccess":{"rejectedLogRecords":"3","errorMessage":"old"}}', {
    rejectedRecords: 3,
    message: 'old',
  });
});

test('readHttpAnswer() never calls for a resend after a success that it cannot read', () => {
  const permanent = { verdict: Verdict.Permanent, outcomeUnknown: false };
  check(200, text, 'welcome', permanent);
  check(200, protobuf, Uint8Array.of(0x0a, 0xff), permanent);
  check(200, protobuf, undefined, permanent);
  check(200, json, '[1]', permanent);
  check(200, json, '{', permanent);
  check(200, json, '{"partialSuccess":{"rejectedLogRecords":-1}}', permanent);
});

test('readHttpAnswer() takes words and delays of errors from where they stand', () => {
  const status = encodeStatus({ code: 14, message: 'full', retryDelayMs: 2_000 });
  check(503, protobuf, status, { message: 'HTTP 503: full', serverDelayMs: 2_000 });
  check(503, { ...protobuf, 'retry-after': '7' }, status, { serverDelayMs: 7_000 });
  const date = 'Thu, 01 Jan 2026 00:00:09 GMT';
  check(429, { ...text, 'retry-after': date }, 'slow\n', {
    message: 'HTTP 429: slow',
    serverDelayMs: 9_000,
  });
  check(500, text, 'x'.repeat(1_000), { message: `HTTP 500: ${'x'.repeat(256)}` });
  check(504, {}, '', { message: 'HTTP 504', outcomeUnknown: true, verdict: Verdict.Retry });
  check(301, { location: 'https://elsewhere' }, '', { verdict: Verdict.Hold });
});
