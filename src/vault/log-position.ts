// Where a log is while it is written: the numbers that come next, and how far all is durable.
// Numbers are given once; those of a group that failed are never given again.

import { assert } from '../assert.ts';
import type { LogOrigin } from './log-origin.ts';
import { U64 } from './u64.ts';

export class LogPosition {
  nextSegmentId: number;
  nextBlockSeq: number;
  nextEntrySeq: number;
  /** The last block of the accepted log; 0: none. */
  durableSeq: number;
  /** Every entry below that exists is durable. */
  durableEntryEnd: number;
  /** headerHash of the last block of the accepted log. */
  readonly durableChain = new U64();
  /** The newest segment with a durable block; 0: none. */
  lastSegmentId: number;

  constructor(origin: LogOrigin) {
    assert(origin.lastBlockSeq < origin.nextBlockSeq, 'block number was given already');
    assert(origin.entryEnd <= origin.nextEntrySeq, 'entry number was given already');
    assert(origin.lastSegmentId < origin.nextSegmentId, 'segment number was given already');
    this.nextSegmentId = origin.nextSegmentId;
    this.nextBlockSeq = origin.nextBlockSeq;
    this.nextEntrySeq = origin.nextEntrySeq;
    this.durableSeq = origin.lastBlockSeq;
    this.durableEntryEnd = origin.entryEnd;
    this.durableChain.copy(origin.chain);
    this.lastSegmentId = origin.lastSegmentId;
  }

  takeSegmentId(): number {
    this.nextSegmentId += 1;
    return this.nextSegmentId - 1;
  }

  takeBlockSeq(): number {
    this.nextBlockSeq += 1;
    return this.nextBlockSeq - 1;
  }

  /** The first of `count` numbers. */
  takeEntrySeqs(count: number): number {
    this.nextEntrySeq += count;
    return this.nextEntrySeq - count;
  }

  /** All blocks so far that are not void, the last of them with this headerHash. */
  becameDurable(segmentId: number, chain: U64): void {
    assert(segmentId >= this.lastSegmentId, 'segments out of order');
    this.lastSegmentId = segmentId;
    this.durableSeq = this.nextBlockSeq - 1;
    this.durableEntryEnd = this.nextEntrySeq;
    this.durableChain.copy(chain);
  }
}
