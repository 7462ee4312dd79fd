// An Answer as gRPC headers and trailers. Errors are trailers-only; those that the producer should
// retry carry RetryInfo, and a malformed request carries BadRequest (OTLP 1.11, "Failures").

import { type ErrorCode, errorTable, Status } from '../errors.ts';
import { frameMessage } from '../grpc/message-frame.ts';
import { encodeStatus, encodeStatusDetailsHeader, encodeStatusJson } from '../grpc/retry-info.ts';
import { encodeStatusMessage } from '../grpc/status-message.ts';
import type { HeaderFields, ServerStream } from '../http2/server-stream.ts';
import { encodeExportResponse } from '../otlp/export-response.ts';

export function answerOk(stream: ServerStream, rejectedRecords: number, message: string): void {
  const body =
    rejectedRecords === 0 && message === ''
      ? emptyMessage
      : frameMessage(
          encodeExportResponse({ rejectedRecords, message: cut(message, okMessageMax) }),
        );
  stream.respond(okFields, body, okTrailers);
}

/** `retryDelayMs` undefined: an answer without RetryInfo. */
export function answerError(
  stream: ServerStream,
  code: ErrorCode,
  message: string,
  retryDelayMs: number | undefined,
): void {
  const text = `${code}: ${cut(message, errorMessageMax)}`;
  const status = errorTable[code].grpc;
  const fields: HeaderFields[number][] = [
    ...okFields,
    ['grpc-status', String(status)],
    ['grpc-message', encodeStatusMessage(text)],
  ];
  const badRequest =
    code === 'OTLP_MALFORMED' ? { field: 'request', description: text } : undefined;
  if (retryDelayMs !== undefined || badRequest !== undefined) {
    const details = { code: status, message: text, retryDelayMs, badRequest };
    fields.push(['grpc-status-details-bin', encodeStatusDetailsHeader(details)]);
  }
  if (code === 'ENCODING_UNKNOWN') fields.push(['grpc-accept-encoding', 'identity,gzip,zstd']);
  stream.respondHeadersOnly(fields);
}

/**
 * For a request that is not gRPC: an HTTP status, and a body in the request's own type if it has a
 * usable one.
 */
export function answerHttpError(
  stream: ServerStream,
  code: Extract<ErrorCode, 'VERB' | 'CONTENT_TYPE'>,
  message: string,
): void {
  const json = stream.header('content-type')?.startsWith('application/json') === true;
  const status = { code: Status.Unimplemented, message: `${code}: ${message}` };
  const body = json ? new TextEncoder().encode(encodeStatusJson(status)) : encodeStatus(status);
  const fields: [string, string][] = [
    [':status', String(errorTable[code].http)],
    ['content-type', json ? 'application/json' : 'application/x-protobuf'],
    ['content-length', String(body.length)],
  ];
  if (code === 'VERB') fields.push(['allow', 'POST']);
  stream.respond(fields, body);
}

const okFields: HeaderFields = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];
const okTrailers: HeaderFields = [['grpc-status', '0']];
const emptyMessage = frameMessage(new Uint8Array(0));

// In UTF-16 units. The worst of them takes 3 bytes, 9 when percent-encoded, and an error stands in
// the details once more or twice, in base64: both bounds keep an answer below answerSizeBytesMax.
const errorMessageMax = 180;
const okMessageMax = 1_000;

function cut(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 3)}...`;
}
