// An Answer as an HTTP status and a body of the request's own type. The body of an error is a
// google.rpc.Status with the details that a gRPC client would get; those that the producer should
// retry say Retry-After as well (OTLP 1.11, "OTLP/HTTP Response").

import { type ErrorCode, errorTable, Status } from '../errors.ts';
import { encodeStatus, encodeStatusJson, type StatusDetails } from '../grpc/retry-info.ts';
import { FieldBlock, type HeaderFields } from '../http2/field-block.ts';
import type { ServerStream } from '../http2/server-stream.ts';
import { encodeExportResponse } from '../otlp/export-response.ts';
import { type AnswerForm, badRequestOf, errorText, okText } from './answer-form.ts';

export const httpProtobufAnswers: AnswerForm = {
  ok(stream, rejectedRecords, message) {
    if (rejectedRecords === 0 && message === '') {
      stream.respond(emptyProtobuf);
      return;
    }
    const body = encodeExportResponse({ rejectedRecords, message: okText(message) });
    respond(stream, 200, protobufType, body);
  },

  error(stream, code, message, retryDelayMs) {
    const body = encodeStatus(statusOf(code, message, retryDelayMs));
    respond(stream, errorTable[code].http, protobufType, body, errorFields(code, retryDelayMs));
  },
};

export const httpJsonAnswers: AnswerForm = {
  ok(stream, rejectedRecords, message) {
    if (rejectedRecords === 0 && message === '') {
      stream.respond(emptyJson, emptyJsonBody);
      return;
    }
    // 64-bit integers are strings in JSON.
    const rejected = rejectedRecords === 0 ? {} : { rejectedLogRecords: String(rejectedRecords) };
    const text = message === '' ? {} : { errorMessage: okText(message) };
    const body = Buffer.from(JSON.stringify({ partialSuccess: { ...rejected, ...text } }));
    respond(stream, 200, jsonType, body);
  },

  error(stream, code, message, retryDelayMs) {
    const body = Buffer.from(encodeStatusJson(statusOf(code, message, retryDelayMs)));
    respond(stream, errorTable[code].http, jsonType, body, errorFields(code, retryDelayMs));
  },
};

export const protobufType = 'application/x-protobuf';
export const jsonType = 'application/json';

// The same ones every time: the transport encodes them once.
const emptyProtobuf = new FieldBlock(headerFields(200, protobufType, 0));
const emptyJsonBody = Buffer.from('{}');
const emptyJson = new FieldBlock(headerFields(200, jsonType, emptyJsonBody.length));

function respond(
  stream: ServerStream,
  status: number,
  contentType: string,
  body: Uint8Array,
  more: HeaderFields = [],
): void {
  const fields = headerFields(status, contentType, body.length);
  stream.respond(new FieldBlock([...fields, ...more]), body);
}

function headerFields(status: number, contentType: string, lengthBytes: number): HeaderFields {
  return [
    [':status', String(status)],
    ['content-type', contentType],
    ['content-length', String(lengthBytes)],
  ];
}

function errorFields(code: ErrorCode, retryDelayMs: number | undefined): HeaderFields {
  const fields: [string, string][] = [];
  if (retryDelayMs !== undefined) {
    fields.push(['retry-after', String(Math.ceil(retryDelayMs / 1000))]);
  }
  if (code === 'VERB') fields.push(['allow', 'POST']);
  if (code === 'ENCODING_UNKNOWN') fields.push(['accept-encoding', 'gzip, zstd, identity']);
  return fields;
}

function statusOf(
  code: ErrorCode,
  message: string,
  retryDelayMs: number | undefined,
): StatusDetails {
  const text = errorText(code, message);
  const badRequest = badRequestOf(code, text);
  return { code: grpcStatusOf(code), message: text, retryDelayMs, badRequest };
}

/**
 * A request that is no gRPC has no status of the table: INTERNAL is only how gRPC clients read a
 * bare 405 or 415.
 */
function grpcStatusOf(code: ErrorCode): Status {
  return code === 'VERB' || code === 'CONTENT_TYPE' ? Status.Unimplemented : errorTable[code].grpc;
}
