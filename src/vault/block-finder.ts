// In which block an entry is: the segment by its header, the block by the segment's index, which is
// kept while questions are about the same segment.

import type { DurableEnd } from '../memory/vault-page.ts';
import { BlockIndex } from './block-index.ts';
import { IoFault } from './io-fault.ts';
import type { LogSegment, LogSource } from './log-source.ts';
import { segmentLimitBytes } from './log-source.ts';

export class BlockFinder {
  readonly index = new BlockIndex();
  readonly #source: LogSource;

  constructor(source: LogSource) {
    this.#source = source;
  }

  /** The last segment that begins at or before the entry. */
  segmentOf(entrySeq: number): LogSegment | undefined {
    return this.#source.lastFrom(entrySeq);
  }

  /** Makes `index` that of the segment, as far as it goes now. */
  update(segment: LogSegment, end: DurableEnd): IoFault {
    return this.index.update(this.#source, segment, segmentLimitBytes(segment, end));
  }

  /** The first entry of the block that has this one; itself, if a fault or damage hides it. */
  blockStart(entrySeq: number, end: DurableEnd): number {
    if (this.#source.refresh(end) !== IoFault.None) return entrySeq;
    const segment = this.segmentOf(entrySeq);
    if (segment === undefined || entrySeq >= segment.entryEnd) return entrySeq;
    if (this.update(segment, end) !== IoFault.None) return entrySeq;
    const row = this.index.find(entrySeq);
    return row < 0 ? entrySeq : this.index.firstEntrySeq(row);
  }
}
