// What an HTTP downstream's answer says, from status, headers and body. Pure.

import type { IncomingHttpHeaders } from 'node:http';
import { decodeStatus } from '../grpc/retry-info.ts';
import { decodeExportResponse, type ExportResponse } from '../otlp/export-response.ts';
import { badResponse, type RequestEnding } from './export-transport.ts';
import {
  httpVerdict,
  isHttpOutcomeUnknown,
  type OutcomeOverrides,
  parseRetryAfterMs,
  Verdict,
} from './retry-policy.ts';

/** `body` undefined: it was longer than we read. */
export function readHttpAnswer(
  httpStatus: number,
  headers: IncomingHttpHeaders,
  body: Uint8Array | undefined,
  overrides: OutcomeOverrides,
  wallMs: number,
): RequestEnding {
  const verdict = httpVerdict(httpStatus, overrides);
  const contentType = mediaType(headers['content-type']);
  if (verdict === Verdict.Delivered) {
    const response = body === undefined ? undefined : readResponse(contentType, body);
    if (response === undefined) return badResponse(`HTTP ${httpStatus} with ${contentType}`);
    return { kind: 'delivered', ...response };
  }
  const details =
    contentType === protobufType && body !== undefined ? decodeStatus(body) : undefined;
  const words = details?.message ?? readWords(contentType, body);
  const retryAfter = headers['retry-after'];
  const retryAfterMs = retryAfter === undefined ? undefined : parseRetryAfterMs(retryAfter, wallMs);
  return {
    kind: 'refused',
    verdict,
    message: words === '' ? `HTTP ${httpStatus}` : `HTTP ${httpStatus}: ${words}`,
    serverDelayMs: retryAfterMs ?? details?.retryDelayMs,
    outcomeUnknown: isHttpOutcomeUnknown(httpStatus),
  };
}

const protobufType = 'application/x-protobuf';
const jsonType = 'application/json';
const wordsLengthMax = 256;

function mediaType(header: string | undefined): string {
  return (header ?? 'no content type').split(';', 1)[0]!.trim().toLowerCase(); // one piece at least
}

/**
 * Undefined: not an export response. Servers that answer protobuf requests in JSON are understood
 * too.
 */
function readResponse(contentType: string, body: Uint8Array): ExportResponse | undefined {
  if (body.length === 0) return { rejectedRecords: 0, message: '' };
  if (contentType === jsonType) return readJsonResponse(body);
  return contentType === protobufType ? decodeExportResponse(body) : undefined;
}

function readJsonResponse(body: Uint8Array): ExportResponse | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined; // not JSON: the caller calls it a bad response
  }
  if (!isObject(parsed)) return undefined;
  const partial = parsed.partialSuccess;
  if (!isObject(partial)) return { rejectedRecords: 0, message: '' };
  const rejectedRecords = Number(partial.rejectedLogRecords ?? 0);
  if (!Number.isSafeInteger(rejectedRecords) || rejectedRecords < 0) return undefined;
  return { rejectedRecords, message: String(partial.errorMessage ?? '') };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The beginning of a text body, for the log. */
function readWords(contentType: string, body: Uint8Array | undefined): string {
  const isText = contentType.startsWith('text/') || contentType === jsonType;
  if (!isText || body === undefined) return '';
  return Buffer.from(body.subarray(0, wordsLengthMax)).toString().trim();
}
