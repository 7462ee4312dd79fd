// google.rpc.Status with RetryInfo and BadRequest: what OTLP answers carry in the trailer
// `grpc-status-details-bin` and as the body of HTTP errors, and what we read from downstreams.

import { bytesField, bytesOf, readFields, textOf, varintField, varintOf } from './proto-fields.ts';

export interface StatusDetails {
  /** The same number as `grpc-status`. */
  readonly code: number;
  readonly message: string;
  /** RetryInfo when given: the sender should keep the batch and try again after this. */
  readonly retryDelayMs?: number | undefined;
  /** BadRequest when given: what is wrong with a request that must not be sent again. */
  readonly badRequest?: { readonly field: string; readonly description: string } | undefined;
}

/** The message itself: body of an HTTP error answer with `application/x-protobuf`. */
export function encodeStatus(details: StatusDetails): Uint8Array {
  const { code, message, retryDelayMs, badRequest } = details;
  return Buffer.concat([
    varintField(Field.StatusCode, code),
    message === '' ? Buffer.alloc(0) : bytesField(Field.StatusMessage, message),
    ...(retryDelayMs === undefined ? [] : [packed(retryInfoType, retryInfo(retryDelayMs))]),
    ...(badRequest === undefined ? [] : [packed(badRequestType, badRequestOf(badRequest))]),
  ]);
}

/** Body of an HTTP error answer with `application/json`. */
export function encodeStatusJson({ code, message, retryDelayMs, badRequest }: StatusDetails) {
  const details: object[] = [];
  if (retryDelayMs !== undefined) {
    const wholeMs = Math.ceil(retryDelayMs);
    const fraction = wholeMs % 1000 === 0 ? '' : `.${String(wholeMs % 1000).padStart(3, '0')}`;
    const retryDelay = `${Math.floor(wholeMs / 1000)}${fraction}s`;
    details.push({ '@type': retryInfoType, retryDelay });
  }
  if (badRequest !== undefined) {
    const { field, description } = badRequest;
    details.push({ '@type': badRequestType, fieldViolations: [{ field, description }] });
  }
  return JSON.stringify({ code, message, ...(details.length > 0 && { details }) });
}

/** Value of `grpc-status-details-bin`: base64 without padding. */
export function encodeStatusDetailsHeader(details: StatusDetails): string {
  return Buffer.from(encodeStatus(details)).toString('base64').replace(/=+$/, '');
}

/**
 * Undefined when the bytes are no Status. Details of other types, or broken ones, are passed over.
 */
export function decodeStatus(bytes: Uint8Array): StatusDetails | undefined {
  const fields = readFields(bytes);
  if (fields === undefined) return undefined;
  const details = bytesOf(fields, Field.StatusDetails);
  return {
    code: Number(BigInt.asIntN(32, varintOf(fields, Field.StatusCode))),
    message: textOf(fields, Field.StatusMessage),
    retryDelayMs: firstDefined(details, retryDelayOf),
    badRequest: firstDefined(details, violationOf),
  };
}

/** Reads base64 with or without padding; of a repeated header (joined with commas) the first. */
export function decodeStatusDetailsHeader(header: string): StatusDetails | undefined {
  const base64 = header.split(',', 1)[0]!.trim(); // split() gives at least one piece
  return decodeStatus(Buffer.from(base64, 'base64'));
}

const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo';
const badRequestType = 'type.googleapis.com/google.rpc.BadRequest';

/** Field numbers of google.rpc and google.protobuf. */
const Field = {
  StatusCode: 1,
  StatusMessage: 2,
  StatusDetails: 3,
  AnyTypeUrl: 1,
  AnyValue: 2,
  RetryDelay: 1,
  DurationSeconds: 1,
  DurationNanos: 2,
  FieldViolations: 1,
  ViolationField: 1,
  ViolationDescription: 2,
} as const;

function packed(typeUrl: string, value: Uint8Array): Buffer {
  const any = [bytesField(Field.AnyTypeUrl, typeUrl), bytesField(Field.AnyValue, value)];
  return bytesField(Field.StatusDetails, Buffer.concat(any));
}

function retryInfo(delayMs: number): Buffer {
  const wholeMs = Math.ceil(delayMs);
  const duration = [
    varintField(Field.DurationSeconds, Math.floor(wholeMs / 1000)),
    varintField(Field.DurationNanos, (wholeMs % 1000) * 1e6),
  ];
  return bytesField(Field.RetryDelay, Buffer.concat(duration));
}

function badRequestOf({ field, description }: NonNullable<StatusDetails['badRequest']>): Buffer {
  const violation = [
    bytesField(Field.ViolationField, field),
    bytesField(Field.ViolationDescription, description),
  ];
  return bytesField(Field.FieldViolations, Buffer.concat(violation));
}

function firstDefined<Value>(
  details: readonly Uint8Array[],
  read: (any: Uint8Array) => Value | undefined,
): Value | undefined {
  for (const any of details) {
    const value = read(any);
    if (value !== undefined) return value;
  }
  return undefined;
}

/**
 * RetryInfo without a delay means "again, now"; a negative delay means nothing (OTLP 1.11) and
 * counts as now.
 */
function retryDelayOf(any: Uint8Array): number | undefined {
  const fields = unpack(any, retryInfoType);
  if (fields === undefined) return undefined;
  const delay = bytesOf(fields, Field.RetryDelay).at(-1);
  if (delay === undefined) return 0;
  const duration = readFields(delay);
  if (duration === undefined) return undefined;
  const seconds = Number(varintOf(duration, Field.DurationSeconds));
  return Math.max(0, seconds * 1000 + Number(varintOf(duration, Field.DurationNanos)) / 1e6);
}

function violationOf(any: Uint8Array): StatusDetails['badRequest'] {
  const violations = bytesOf(unpack(any, badRequestType) ?? [], Field.FieldViolations);
  const fields = violations[0] && readFields(violations[0]);
  if (fields === undefined) return undefined;
  const description = textOf(fields, Field.ViolationDescription);
  return { field: textOf(fields, Field.ViolationField), description };
}

/** Undefined: another type, or a broken detail, which says nothing; the status still counts. */
function unpack(any: Uint8Array, type: string): ReturnType<typeof readFields> {
  const fields = readFields(any);
  // What stands in front of the last slash is where to ask for the type, and may be anything.
  const name = fields && textOf(fields, Field.AnyTypeUrl).split('/').at(-1);
  if (fields === undefined || name !== type.split('/').at(-1)) return undefined;
  const value = bytesOf(fields, Field.AnyValue).at(-1);
  return value === undefined ? [] : readFields(value);
}
