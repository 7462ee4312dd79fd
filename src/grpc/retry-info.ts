// google.rpc.Status with RetryInfo and BadRequest: what OTLP answers carry in the trailer
// `grpc-status-details-bin` and as the body of HTTP errors, and what we read from downstreams.

import {
  create,
  createRegistry,
  type DescMessage,
  fromBinary,
  type MessageShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';
import { type Any, anyPack, anyUnpack } from '@bufbuild/protobuf/wkt';
import {
  BadRequestSchema,
  RetryInfoSchema,
  type Status,
  StatusSchema,
} from '../generated/google/rpc/status_pb.js';

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
  return toBinary(StatusSchema, statusOf(details));
}

/** Body of an HTTP error answer with `application/json`. */
export function encodeStatusJson(details: StatusDetails): string {
  return JSON.stringify(toJson(StatusSchema, statusOf(details), { registry }));
}

/** Value of `grpc-status-details-bin`: base64 without padding. */
export function encodeStatusDetailsHeader(details: StatusDetails): string {
  return Buffer.from(encodeStatus(details)).toString('base64').replace(/=+$/, '');
}

/**
 * Undefined when the bytes are no Status. Details of other types, or broken ones, are passed over.
 */
export function decodeStatus(bytes: Uint8Array): StatusDetails | undefined {
  try {
    const status = fromBinary(StatusSchema, bytes);
    return {
      code: status.code,
      message: status.message,
      retryDelayMs: firstDefined(status.details, retryDelayOf),
      badRequest: firstDefined(status.details, violationOf),
    };
  } catch {
    // The peer's bytes are not what they should be; the caller goes by the status alone.
    return undefined;
  }
}

/** Reads base64 with or without padding; of a repeated header (joined with commas) the first. */
export function decodeStatusDetailsHeader(header: string): StatusDetails | undefined {
  const base64 = header.split(',', 1)[0]!.trim(); // split() gives at least one piece
  return decodeStatus(Buffer.from(base64, 'base64'));
}

const registry = createRegistry(RetryInfoSchema, BadRequestSchema);

function statusOf(details: StatusDetails): Status {
  const packed: Any[] = [];
  if (details.retryDelayMs !== undefined) {
    const wholeMs = Math.ceil(details.retryDelayMs);
    const seconds = BigInt(Math.floor(wholeMs / 1000));
    const retryDelay = { seconds, nanos: (wholeMs % 1000) * 1e6 };
    packed.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  if (details.badRequest !== undefined) {
    const fieldViolations = [details.badRequest];
    packed.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  return create(StatusSchema, { code: details.code, message: details.message, details: packed });
}

function firstDefined<Value>(
  details: readonly Any[],
  read: (any: Any) => Value | undefined,
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
function retryDelayOf(any: Any): number | undefined {
  const retryInfo = unpack(any, RetryInfoSchema);
  if (retryInfo === undefined) return undefined;
  const { seconds, nanos } = retryInfo.retryDelay ?? { seconds: 0n, nanos: 0 };
  return Math.max(0, Number(seconds) * 1000 + nanos / 1e6);
}

function violationOf(any: Any): StatusDetails['badRequest'] {
  const violation = unpack(any, BadRequestSchema)?.fieldViolations[0];
  if (violation === undefined) return undefined;
  return { field: violation.field, description: violation.description };
}

function unpack<Desc extends DescMessage>(any: Any, schema: Desc): MessageShape<Desc> | undefined {
  try {
    return anyUnpack(any, schema);
  } catch {
    return undefined; // A broken detail says nothing; the status beside it still counts.
  }
}
