// How the sink treats a request, and the one message that all its successes carry.

import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceResponseSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';

/** What happens to a request. Where gRPC and HTTP differ, each does its own. */
export type SinkMode =
  | { readonly kind: 'ok'; readonly message?: string }
  /** UNAVAILABLE or 503, with RetryInfo or Retry-After when a delay is given. */
  | { readonly kind: 'unavailable'; readonly retryDelayMs?: number }
  /** RESOURCE_EXHAUSTED or 429, likewise. */
  | { readonly kind: 'exhausted'; readonly retryDelayMs?: number }
  /** Bare RESOURCE_EXHAUSTED or 413 for messages above this, else ok. */
  | { readonly kind: 'limit'; readonly sizeBytesMax: number }
  /** With `rejected`, a message of partial success stands before the status, whatever that is. */
  | {
      readonly kind: 'grpc';
      readonly status: number;
      readonly message?: string;
      readonly retryDelayMs?: number;
      readonly rejected?: number;
    }
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Never answers, stores nothing. */
  | { readonly kind: 'blackhole' }
  /** Stores now and answers later, whether or not anybody still waits. */
  | { readonly kind: 'late'; readonly answerAfterMs: number }
  /**
   * Resets the stream (gRPC) or closes the connection (HTTP); `stored`: after keeping the request.
   */
  | { readonly kind: 'reset'; readonly stored?: boolean }
  /** Closes the connection under all its streams. */
  | { readonly kind: 'disconnect'; readonly stored?: boolean }
  /** REFUSED_STREAM; HTTP has no such thing and closes the connection. */
  | { readonly kind: 'refused-stream' }
  /** Answers ok and says GOAWAY, as servers do with old connections. */
  | { readonly kind: 'goaway' }
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  /** Success with a body that is no protobuf; the request is stored. */
  | { readonly kind: 'garbage' };

/** Answers one request as the mode says; called at once, later or never. */
export type Respond = (mode: SinkMode) => void;

/** A request as it came, decompressed. */
export interface SinkRequest {
  readonly message: Uint8Array;
  readonly headers: Readonly<Record<string, string>>;
  /** Common name of the certificate that the client presented. */
  readonly clientName: string | undefined;
}

export type TakeRequest = (request: SinkRequest, respond: Respond) => void;

/** True: the sink keeps the request. */
export function stores(mode: SinkMode): boolean {
  switch (mode.kind) {
    case 'ok':
    case 'late':
    case 'goaway':
    case 'partial':
    case 'garbage':
      return true;
    case 'reset':
    case 'disconnect':
      return mode.stored ?? false;
    case 'grpc':
      return mode.status === 0;
    default:
      return false;
  }
}

/** The body of a success. */
export function exportResponse(mode: SinkMode): Uint8Array {
  if (mode.kind === 'garbage') return Uint8Array.of(0x0a, 0xff, 0xff);
  const partialSuccess =
    mode.kind === 'partial' || (mode.kind === 'grpc' && mode.rejected !== undefined)
      ? { rejectedLogRecords: BigInt(mode.rejected ?? 0), errorMessage: mode.message ?? '' }
      : mode.kind === 'ok' && mode.message !== undefined
        ? { errorMessage: mode.message }
        : undefined;
  const fields = partialSuccess === undefined ? {} : { partialSuccess };
  return toBinary(ExportLogsServiceResponseSchema, create(ExportLogsServiceResponseSchema, fields));
}
