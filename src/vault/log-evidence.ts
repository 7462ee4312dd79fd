// What META, cursors, segment headers and blocks say about the log, whoever wrote them and whether
// their bytes count or not: how far it is durable for certain, and which numbers were given.

import type { BlockHeader } from './block-header.ts';
import { durableEntryEndOf, entryEndOf } from './block-probe.ts';
import { sequenceMax } from './field-bytes.ts';
import { BlockFlag } from './format.ts';
import type { MetaSlot } from './meta-slot.ts';
import type { SegmentOrigin } from './segment-header.ts';

/** What recovery has to know of one valid cursor slot of this vault. */
export interface CursorEvidence {
  readonly durableSeq: number;
  readonly durableEntryEnd: number;
  readonly watermark: number;
  /** Exclusive end of its last range; the watermark, if it has none. */
  readonly rangesEnd: number;
  /** To tell cursors of another vault; they say nothing about this one. */
  readonly vaultTag?: number;
  /** Both slots of a consumer are evidence, and the higher watermark is where it is. */
  readonly consumer?: string;
  /** False: the consumer is not configured any more, and nothing waits for it. */
  readonly pins?: boolean;
}

export class LogEvidence {
  /** D: every block up to this one was durable; 0: none is known of. */
  durableSeq = 0;
  /** Exclusive end of the entries up to there. */
  durableEntryEnd = 0;
  /** Floors: above every number that left a trace. */
  nextSegmentId = 1;
  nextBlockSeq = 1;
  nextEntrySeq = 0;
  /** Highest that was seen. */
  epoch = 0;
  readonly #watermarks = new Map<string, number>();

  addMeta(meta: MetaSlot): void {
    this.epoch = Math.max(this.epoch, meta.epoch);
    this.addSegmentId(meta.nextSegmentId - 1);
    this.#addNumbers(meta.nextBlockSeq, meta.nextEntrySeq);
    this.#addDurable(meta.durableSeq, meta.durableEntryEnd);
  }

  addCursor(cursor: CursorEvidence): void {
    this.#addNumbers(1, Math.max(cursor.watermark, cursor.rangesEnd));
    this.#addDurable(cursor.durableSeq, cursor.durableEntryEnd);
    if (cursor.pins === false) return;
    const consumer = cursor.consumer ?? '';
    const known = this.#watermarks.get(consumer) ?? 0;
    this.#watermarks.set(consumer, Math.max(known, cursor.watermark));
  }

  /** A segment header, or what repeats it. Written with the first group, so those numbers went. */
  addSegment(origin: SegmentOrigin): void {
    this.epoch = Math.max(this.epoch, origin.epoch);
    this.addSegmentId(origin.segmentId);
    this.#addNumbers(origin.firstBlockSeq + 1, origin.firstEntrySeq + 1);
  }

  /** Of a segment that counts as the newest. */
  addDurableBefore(origin: SegmentOrigin): void {
    this.#addDurable(origin.prevLastBlock, origin.prevEntryEnd);
  }

  addSegmentId(segmentId: number): void {
    this.nextSegmentId = Math.max(this.nextSegmentId, segmentId + 1);
  }

  addBlock(header: BlockHeader): void {
    const isCut = (header.flags & (BlockFlag.Continued | BlockFlag.More)) !== 0;
    this.epoch = Math.max(this.epoch, header.epoch);
    this.addSegmentId(header.segmentId);
    this.#addNumbers(header.blockSeq + 1, isCut ? header.firstEntrySeq + 1 : entryEndOf(header));
    this.#addDurable(header.durableSeq, durableEntryEndOf(header));
  }

  /** Every entry below is settled by all cursors; undefined: there is no cursor. */
  get settledBelow(): number | undefined {
    return this.#watermarks.size === 0 ? undefined : Math.min(...this.#watermarks.values());
  }

  /** Numbers above 2^53 - 1 do not exist; a vault that has used them up takes no more entries. */
  get isExhausted(): boolean {
    const highest = Math.max(this.nextSegmentId, this.nextBlockSeq, this.nextEntrySeq);
    return highest > sequenceMax || this.epoch >= 2 ** 32 - 1;
  }

  #addNumbers(nextBlockSeq: number, nextEntrySeq: number): void {
    this.nextBlockSeq = Math.max(this.nextBlockSeq, nextBlockSeq);
    this.nextEntrySeq = Math.max(this.nextEntrySeq, nextEntrySeq);
  }

  #addDurable(durableSeq: number, durableEntryEnd: number): void {
    this.#addNumbers(durableSeq + 1, durableEntryEnd);
    if (durableSeq > this.durableSeq) {
      this.durableSeq = durableSeq;
      this.durableEntryEnd = durableEntryEnd;
    } else if (durableSeq === this.durableSeq) {
      this.durableEntryEnd = Math.max(this.durableEntryEnd, durableEntryEnd);
    }
  }
}
