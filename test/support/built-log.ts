// What a LogBuilder is told, and what it says of the log that it has built.

import type { U64 } from '../../src/vault/u64.ts';

/** Fields of its header as given, else as of protobuf. */
export interface BuiltEntry {
  readonly body: Uint8Array;
  readonly receivedMs?: number;
  readonly kind?: number;
  readonly codec?: number;
  readonly recordCount?: number;
  readonly reason?: number;
  readonly originalKind?: number;
  readonly attempts?: number;
  readonly statusCode?: number;
}

export interface SegmentOptions {
  readonly segmentId?: number;
  readonly epoch?: number;
  /** Numbers that were burnt in front of it. */
  readonly skippedBlocks?: number;
  readonly skippedEntries?: number;
  readonly capacityBytes?: number;
}

/** Where the accepted log ends. */
export interface LogPoint {
  readonly lastBlockSeq: number;
  readonly entryEnd: number;
  readonly chain: U64;
  readonly segmentId: number;
}

/** What was put into the log, to compare with. */
export interface BuiltBlock {
  readonly segmentId: number;
  readonly blockSeq: number;
  readonly type: number;
  readonly offsetBytes: number;
  readonly endBytes: number;
  readonly firstEntrySeq: number;
  readonly entryCount: number;
}
