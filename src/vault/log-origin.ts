// Where a log goes on: what recovery finds out about the files of earlier lives, and what the
// writer begins with.

import { U64 } from './u64.ts';
import { vaultUuidSizeBytes } from './vault-uuid.ts';

export class LogOrigin {
  readonly vaultUuid = new Uint8Array(vaultUuidSizeBytes);
  /** Of this process life; durable in META before anything else is written. */
  epoch = 1;
  /** Floors: the first numbers that are free for certain. */
  nextSegmentId = 1;
  nextBlockSeq = 1;
  nextEntrySeq = 0;
  /** The last block of the accepted log; 0: none. */
  lastBlockSeq = 0;
  /** Exclusive end of its entries. */
  entryEnd = 0;
  /** headerHash of its last block. */
  readonly chain = new U64();
  /** Newest segment that is part of the log; 0: none. */
  lastSegmentId = 0;
}

/** A segment that nobody writes to any more. */
export interface FinishedSegment {
  readonly segmentId: number;
  /** On disk. */
  readonly sizeBytes: number;
  readonly firstEntrySeq: number;
  /** Exclusive, as the successor's header says or as recovery decided. */
  readonly entryEnd: number;
}

/** One of an earlier life. */
export interface RecoveredSegment extends FinishedSegment {
  /** Wall time at which it was begun; 0: what says so is damaged. */
  readonly createdMs: number;
}
