// What one step of reading a log ends with, and the place that what was read goes to. The disk may
// hold anything: no answer of it is an exception.

import type { LossReason } from './format.ts';
import type { IoFault } from './io-fault.ts';
import type { ReadStatus } from './read-status.ts';

/** Where decompressed entries go; the caller's memory, in the arena. */
export interface EntryPlace {
  /**
   * Room for this many bytes at an arena offset that is a multiple of 8, or 0: none now. Called at
   * most once a step. Room that was given and is not in the answer of the step is free again.
   */
  take(sizeBytes: number): number;
}

/** Whole entries, one behind the other, as `lz4 -dc` prints them; walk them with EntryCursor. */
export interface EntriesRead {
  readonly kind: 'entries';
  /** Arena offset. */
  readonly rawOffsetBytes: number;
  readonly rawSizeBytes: number;
  readonly firstEntrySeq: number;
  /** At least 1. A cut entry comes alone, put together, with the header of its first piece. */
  readonly entryCount: number;
}

/** Damage. `toEntrySeq` is exclusive, and equal to `fromEntrySeq` where no entry was hit. */
export interface LostRead {
  readonly kind: 'lost';
  readonly fromEntrySeq: number;
  readonly toEntrySeq: number;
  /** False: an upper bound, since what would say more is damaged as well. */
  readonly exact: boolean;
  readonly reason: LossReason;
  /** What was found instead of the expected block; Ok for a missing file. */
  readonly status: ReadStatus;
  /** The bytes to copy as evidence; a length of 0: there are none. */
  readonly segmentId: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Damaged ones; 0 where a whole file is missing, or the disk is not to blame. */
  readonly blockCount: number;
}

/** Sequences that were never given to an entry: a jump between two segments. No loss. */
export interface SkippedRead {
  readonly kind: 'skipped';
  readonly fromEntrySeq: number;
  readonly toEntrySeq: number;
}

/** A call failed, or the device is gone: nothing is known about the data. Try later. */
export interface FaultRead {
  readonly kind: 'fault';
  readonly fault: IoFault;
  readonly segmentId: number;
}

export type LogRead =
  | EntriesRead
  | LostRead
  | SkippedRead
  /** The place gave nothing. The same step again, when it has this much. */
  | { readonly kind: 'no-room'; readonly sizeBytes: number }
  /** Everything up to the durable end was read. */
  | { readonly kind: 'end' }
  | FaultRead;
