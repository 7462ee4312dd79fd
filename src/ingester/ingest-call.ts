// What the engine sees of a producer's call: one whole message in a slab, and a place to put the
// answer. It is uncompressed protobuf, unless the engine has said that it takes the body as it
// came. Who parsed the frames, and over which transport, is not visible here.

import type { ErrorCode } from '../errors.ts';
import type { Transport } from '../memory/transport-counters.ts';
import type { Encoding } from './expected-size.ts';

export type Answer =
  | { readonly kind: 'ok'; readonly rejectedRecords: number; readonly message: string }
  | {
      readonly kind: 'error';
      readonly code: ErrorCode;
      readonly message: string;
      /** For retryable codes: milliseconds until the producer should try again, before jitter. */
      readonly retryDelayMs?: number;
    };

export type BodyType = 'protobuf' | 'json';

export interface IngestCall {
  /** The slab now belongs to whoever accepted the call, who frees it. */
  readonly slab: number;
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  /** What the body is as it lies there, and under which compression. */
  readonly type: BodyType;
  readonly encoding: Encoding | undefined;
  /** Of the port, for counting: what is done with the call does not depend on it. */
  readonly transport: Transport;
  /**
   * When the last byte of its request had come, on the monotonic clock; undefined: just before it
   * is accepted.
   */
  readonly wholeMs: number | undefined;
  /** On the monotonic clock; Infinity when the producer set no `grpc-timeout`. */
  readonly deadlineMs: number;
  /** The producer's authenticated name, for fairness and audit. */
  readonly producer: string;
  /** Exactly once. Answers after the stream has gone are dropped by the transport. */
  answer(answer: Answer): void;
  /**
   * Set by the receiver: called once when the producer cancels or its connection ends before the
   * answer.
   */
  onGone: (() => void) | undefined;
}

/** The engine's door for complete calls. */
export type AcceptCall = (call: IngestCall) => void;

/**
 * Does the engine take a body of this many bytes of this producer as it came, compressed or as
 * JSON? Asked when the body is whole; what it says holds for an accept() in the same turn.
 */
export type TakesRaw = (bodyLengthBytes: number, producer: string) => boolean;
