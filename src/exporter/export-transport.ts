// The seam between what decides about requests (OtlpDestination) and what carries them: gRPC, HTTP,
// or a script in tests.

import type { PayloadEncoding } from './payload-compression.ts';
import { Verdict } from './retry-policy.ts';

export interface TransportRequest {
  /**
   * Five bytes of room (the transport writes a gRPC prefix there or leaves them out), then the
   * payload.
   */
  readonly roomAndPayload: Uint8Array;
  readonly encoding: PayloadEncoding;
  /** Before compression; decides what a bare RESOURCE_EXHAUSTED means. */
  readonly renderedSizeBytes: number;
  /** `gophership-batch-id`: the same when the same content is sent again. */
  readonly requestId: string;
}

export type RequestEnding =
  | { readonly kind: 'delivered'; readonly rejectedRecords: number; readonly message: string }
  /** An answer that says no. */
  | {
      readonly kind: 'refused';
      readonly verdict: Exclude<Verdict, typeof Verdict.Delivered>;
      /** "UNAVAILABLE: text" or "HTTP 503: text". */
      readonly message: string;
      /** RetryInfo or Retry-After. */
      readonly serverDelayMs: number | undefined;
      /** True: it may have been processed all the same. */
      readonly outcomeUnknown: boolean;
    }
  /** No answer. */
  | {
      readonly kind: 'failed';
      readonly failure: 'unconnected' | 'timeout' | 'lost' | 'cancelled';
      readonly message: string;
      readonly outcomeUnknown: boolean;
      /**
       * True: the connection ended in order, so the request may go again on another one without a
       * wait.
       */
      readonly againNow: boolean;
    };

export interface TransportCall {
  /** Never rejects. */
  readonly ended: Promise<RequestEnding>;
  /** Resolves when nobody reads the payload any more; never before `ended`. */
  readonly released: Promise<void>;
  cancel(): void;
}

export interface ExportTransport {
  send(request: TransportRequest): TransportCall;
  /** Set by the destination: called when a connection has come up. */
  onConnected: (() => void) | undefined;
  /** Ends all calls and connections. */
  close(): Promise<void>;
}

/** It said yes, in words that cannot be read: sending again would duplicate. */
export function badResponse(message: string): RequestEnding {
  return {
    kind: 'refused',
    verdict: Verdict.Permanent,
    message: `bad response: ${message}`,
    serverDelayMs: undefined,
    outcomeUnknown: false,
  };
}
