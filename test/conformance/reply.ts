// What an answer says, whichever form it came in, after a check of everything that holds for every
// answer of its form: type, size, where details stand, and that none is one at which clients drop
// what they should keep.

import assert from 'node:assert/strict';
import { fromBinary, fromJson } from '@bufbuild/protobuf';
import { Status } from '../../src/errors.ts';
import { ExportLogsServiceResponseSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { parseUnaryBody } from '../../src/grpc/message-frame.ts';
import {
  decodeStatus,
  decodeStatusDetailsHeader,
  type StatusDetails,
} from '../../src/grpc/retry-info.ts';
import { decodeStatusMessage } from '../../src/grpc/status-message.ts';
import { answerSizeBytesMax } from '../../src/limits.ts';
import { type Form, isJson, type RawReply } from './otlp-client.ts';

export interface Reply {
  /** gRPC status or HTTP status; of gRPC without one (405, 415) the HTTP status. */
  readonly status: number;
  /** Of the error table; empty for a success. */
  readonly code: string;
  readonly message: string;
  readonly retryDelayMs: number | undefined;
  readonly isBadRequest: boolean;
  /** Undefined when partial_success is not set. */
  readonly partial: { readonly rejected: bigint; readonly message: string } | undefined;
  readonly fields: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export function readReply(form: Form, raw: RawReply): Reply {
  const headerSizeBytes = Object.entries(raw.fields).flat().join('').length;
  assert.ok(headerSizeBytes + raw.body.length <= answerSizeBytesMax, 'an answer of 4 KiB at most');
  assert.ok(![408, 500].includes(raw.httpStatus), `${raw.httpStatus}: clients drop at it`);
  return form === 'gRPC' ? readGrpc(raw) : readHttp(form, raw);
}

function readGrpc({ httpStatus, fields, body }: RawReply): Reply {
  const said = fields['grpc-status'];
  if (said === undefined) {
    assert.ok(httpStatus === 405 || httpStatus === 415, `no grpc-status with ${httpStatus}`);
    return { ...nothingSaid, status: httpStatus, fields, body };
  }
  assert.equal(httpStatus, 200);
  assert.equal(fields['content-type'], 'application/grpc');
  const status = Number(said);
  if (status === Status.Ok) {
    const parsed = parseUnaryBody(body);
    assert.ok(parsed.kind === 'message' && parsed.flag === 0, 'one message, not compressed');
    return { ...nothingSaid, status, partial: partialOf(parsed.message), fields, body };
  }
  assert.equal(body.length, 0, 'errors are trailers only');
  const text = decodeStatusMessage(fields['grpc-message'] ?? '');
  const header = fields['grpc-status-details-bin'];
  if (header === undefined) return { ...nothingSaid, ...split(text), status, fields, body };
  assert.ok(!header.includes('='), 'base64 without padding');
  const details = decodeStatusDetailsHeader(header);
  assert.equal(details?.code, status);
  assert.equal(details?.message, text);
  return { ...detailsOf(details), status, fields, body, partial: undefined };
}

function readHttp(form: Form, { httpStatus, fields, body }: RawReply): Reply {
  const type = isJson(form) ? 'application/json' : 'application/x-protobuf';
  assert.equal(fields['content-type'], type);
  assert.equal(fields['content-length'], String(body.length));
  assert.equal(fields['content-encoding'], undefined, 'answers are not compressed');
  if (httpStatus === 200) {
    const partial = isJson(form) ? partialOfJson(body) : partialOf(body);
    return { ...nothingSaid, status: 200, partial, fields, body };
  }
  const details = isJson(form) ? statusOfJson(body) : decodeStatus(body);
  const seconds = details?.retryDelayMs === undefined ? undefined : details.retryDelayMs / 1000;
  const after = seconds === undefined ? undefined : String(Math.ceil(seconds));
  assert.equal(fields['retry-after'], after, 'the same in whole seconds, rounded up');
  return { ...detailsOf(details), status: httpStatus, partial: undefined, fields, body };
}

const nothingSaid = {
  code: '',
  message: '',
  retryDelayMs: undefined,
  isBadRequest: false,
  partial: undefined,
} as const;

function detailsOf(details: StatusDetails | undefined) {
  assert.ok(details !== undefined, 'an error has a google.rpc.Status');
  const isBadRequest = details.badRequest !== undefined;
  return { ...split(details.message), retryDelayMs: details.retryDelayMs, isBadRequest };
}

function split(text: string): { readonly code: string; readonly message: string } {
  const at = text.indexOf(': ');
  return { code: text.slice(0, at), message: text.slice(at + 2) };
}

function partialOf(message: Uint8Array): Reply['partial'] {
  const { partialSuccess } = fromBinary(ExportLogsServiceResponseSchema, message);
  if (partialSuccess === undefined) return undefined;
  const { rejectedLogRecords: rejected, errorMessage } = partialSuccess;
  return { rejected, message: errorMessage };
}

function partialOfJson(body: Buffer): Reply['partial'] {
  const { partialSuccess } = fromJson(
    ExportLogsServiceResponseSchema,
    JSON.parse(body.toString('utf8')),
  );
  if (partialSuccess === undefined) return undefined;
  return { rejected: partialSuccess.rejectedLogRecords, message: partialSuccess.errorMessage };
}

interface JsonDetail {
  readonly '@type': string;
  readonly retryDelay?: string;
  readonly fieldViolations?: readonly { readonly field: string; readonly description: string }[];
}

/** By hand: the mapping of Any and Duration is what is under test. */
function statusOfJson(body: Buffer): StatusDetails {
  const { code, message, details = [] } = JSON.parse(body.toString('utf8'));
  const all = details as readonly JsonDetail[]; // JSON of ours, looked at below
  const retryInfo = all.find((each) => each['@type'] === `${typePrefix}RetryInfo`);
  const badRequest = all.find((each) => each['@type'] === `${typePrefix}BadRequest`);
  const seconds = retryInfo && /^(\d+(?:\.\d+)?)s$/.exec(retryInfo.retryDelay ?? '')?.[1];
  return {
    code,
    message,
    retryDelayMs: seconds === undefined ? undefined : Math.round(Number(seconds) * 1000),
    badRequest: badRequest?.fieldViolations?.[0],
  };
}

const typePrefix = 'type.googleapis.com/google.rpc.';
