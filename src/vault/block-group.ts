// What is written by one commit: entries, a MARK or a LOSS. The segment writer numbers, chains and
// places its blocks; the group only knows what they hold. The blocks can be put again, into another
// file, when the first one failed.

import type { BlockHeader } from './block-header.ts';
import type { ReceivedRange } from './received-range.ts';

export interface BlockGroup {
  readonly blockCount: number;
  /** Entries that begin in it. */
  readonly entryCount: number;
  /** On disk, if nothing can be compressed. */
  readonly sizeBytesMax: number;
  /** It goes where every group before it left room for one. */
  readonly isMark: boolean;
  /** Of the block that was put last. */
  readonly received: ReceivedRange;

  blockSizeBytesMax(blockIndex: number): number;

  /**
   * Puts the stored bytes to `bodyOffsetBytes` and what they are into the header: type, flags,
   * sizes, entries. `firstEntrySeq` is the number of the group's first entry.
   */
  put(
    blockIndex: number,
    firstEntrySeq: number,
    bodyOffsetBytes: number,
    header: BlockHeader,
  ): void;
}
