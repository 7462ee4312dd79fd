// What the engine sees of an exporter: a place that takes batches and says, for each, how it ended.
// A destination never drops a batch that it took: every enqueue() is answered by exactly one
// settle().

import type { ErrorCode } from '../errors.ts';

/**
 * One received batch: bytes in the arena that stay where they are until every destination has
 * settled it.
 */
export interface Batch {
  /** The whole ExportLogsServiceRequest as received, uncompressed. */
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  readonly resourceCount: number;
  readonly recordCount: number;
  /** Out of the vault: nobody waits for it, and it stands back. Absent: a producer waits. */
  readonly isBacklog?: boolean;
}

export const OutcomeKind = {
  /** The destination has it. `rejectedRecords` of them were refused for good (partial success). */
  Delivered: 1,
  /** The destination refused all of it for good; sending it again would not help. */
  Rejected: 2,
  /** Nobody waits for it any more and it is not with the destination (as far as is known). */
  Abandoned: 3,
} as const;
export type OutcomeKind = (typeof OutcomeKind)[keyof typeof OutcomeKind];

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly rejectedRecords: number;
  /** The downstream's words, for the producer; may be empty. */
  readonly message: string;
}

/** Why a destination cannot take a batch now, and when to ask again. */
export interface Refusal {
  readonly code: Extract<ErrorCode, 'QUEUE_FULL' | 'DESTINATION_DOWN' | 'DRAINING'>;
  readonly message: string;
  readonly retryDelayMs: number;
}

/** One batch at one destination. */
export interface Delivery {
  /**
   * The producer no longer waits (deadline, cancel, drain). Settles as Abandoned at once when the
   * batch is not part of a request under way; else the request's end settles it, and it is never
   * sent again.
   */
  abandon(): void;
}

export interface Destination {
  /** The configuration's id, `type/name`. */
  readonly id: string;
  readonly required: boolean;
  /** Undefined: enqueue() may be called with a batch of this many bytes. */
  refusal(bodyLengthBytes: number): Refusal | undefined;
  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
  /** Abandons what is left and closes connections and files; nothing may be enqueued after it. */
  close(): Promise<void>;
}

/** Writes batches, enriched, into export buffers; the engine builds it from the processors. */
export interface BatchRenderer {
  /** Bound of what renderBatch() writes for this batch, without looking at it. */
  sizeBytesMax(batch: Batch): number;
  /**
   * Writes the whole enriched batch at `dstOffsetBytes`; returns the bytes written, or -1 when
   * `dstCapacityBytes` is too small.
   */
  renderBatch(batch: Batch, dstOffsetBytes: number, dstCapacityBytes: number): number;
  /**
   * Writes the records [recordFrom, recordTo) or as many of them as fit, resource and scope
   * repeated. Returns the bytes written and the first record not written; `recordEnd ===
   * recordFrom` when not even one fits.
   */
  renderRecords(
    batch: Batch,
    recordFrom: number,
    recordTo: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
  ): { readonly lengthBytes: number; readonly recordEnd: number };
}

/** One piece of a batch in an export request. */
export interface BatchSlice {
  readonly batch: Batch;
  readonly recordFrom: number;
  readonly recordTo: number;
}
