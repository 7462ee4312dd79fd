// Which entry of the log one consumer is to be sent next: the oldest first, in the order in which
// they came, or the newest block first. The log is walked once; what comes back after the walk has
// passed it is kept as such and goes before everything else.

import { assert } from '../assert.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import type { ConsumerCursor } from '../vault/consumer-cursor.ts';
import { cursorRangesMax } from '../vault/format.ts';
import type { ReplayOrderName } from './replay-command.ts';

export interface OrderParts {
  readonly cursor: ConsumerCursor;
  /** Somebody is at it: a shard that holds it, or the window. */
  isBusy(entrySeq: number): boolean;
  /** In the window. */
  busyCount(): number;
  /** The first entry of the block in which the entry is; of any range around it, if not known. */
  blockStart(entrySeq: number, end: DurableEnd): number;
  /** Of the cursor; fewer in tests. */
  readonly rangesMax?: number | undefined;
}

export const noEntry = -1;

/** Newest first begins at an end of the log that only next() knows. */
const notBegun = -1;

const returnedMax = 1_024;

/** Newest first: what is new is walked upwards, unless it is so much that it has a newest part. */
const newEntriesMax = 4_096;

export class ReplayOrder {
  name: ReplayOrderName;
  readonly #parts: OrderParts;
  readonly #rangesMax: number;
  /** Passed by the walk, and to be sent all the same; sorted. */
  readonly #returned: number[] = [];
  /** Everything in [low, high) was passed. Oldest first, it grows at its end, else at its start. */
  #low: number;
  #high: number;
  /** Oldest first: how far the walk had come when it went back; below: it has not gone back. */
  #frontier: number;
  /** Newest first: the part of the log that is walked upwards now. */
  #chunkNext = 0;
  #chunkEnd = 0;
  /** Passed over when nothing but it could go. */
  #passedAlone = noEntry;

  constructor(parts: OrderParts, name: ReplayOrderName) {
    this.#parts = parts;
    this.#rangesMax = parts.rangesMax ?? cursorRangesMax;
    this.name = name;
    this.#low = name === 'oldest' ? parts.cursor.watermark : notBegun;
    this.#high = this.#low;
    this.#frontier = this.#low;
  }

  /** Begins anew. */
  reset(name: ReplayOrderName, end: DurableEnd): void {
    this.name = name;
    this.#returned.length = 0;
    this.#passedAlone = noEntry;
    this.#chunkNext = 0;
    this.#chunkEnd = 0;
    this.#low = name === 'oldest' ? this.#parts.cursor.watermark : end.entryEnd;
    this.#high = this.#low;
    this.#frontier = this.#low;
  }

  /** Walks again what it passed from this entry on. */
  goBack(fromSeq: number, end: DurableEnd): void {
    if (this.#passedAlone >= fromSeq) this.#passedAlone = noEntry;
    if (this.name === 'newest') {
      this.reset(this.name, end);
      return;
    }
    if (fromSeq >= this.#high) return;
    this.#frontier = Math.max(this.#frontier, this.#high);
    this.#high = fromSeq;
  }

  /** It has gone back, and not come to where it was. */
  get isBack(): boolean {
    return this.name === 'oldest' && this.#high < this.#frontier;
  }

  /** Nothing of what it went back for is wanted now. */
  goOn(): void {
    if (this.isBack) this.#high = this.#frontier;
  }

  /** The entry to go next, or noEntry: none that is there and free. The walk has not passed it. */
  next(end: DurableEnd): number {
    if (this.#isTight()) return this.#onlyWatermark(end);
    const returned = this.#nextReturned(end);
    if (returned !== noEntry) return returned;
    return this.name === 'oldest' ? this.#nextOldest(end) : this.#nextNewest(end);
  }

  /** next() does not give it again: it is in somebody's hands, settled, or not wanted now. */
  pass(entrySeq: number): void {
    this.#passedAlone = entrySeq;
    this.#forgetReturned(entrySeq);
    if (this.name === 'oldest') {
      // What came back may be further on than the walk.
      if (entrySeq === this.#high) this.#high = entrySeq + 1;
    } else if (entrySeq >= this.#chunkNext && entrySeq < this.#chunkEnd) {
      this.#chunkNext = entrySeq + 1;
    }
  }

  /** It goes again, although it was passed. */
  comesBack(entrySeq: number, end: DurableEnd): void {
    if (this.#passedAlone === entrySeq) this.#passedAlone = noEntry;
    if (!this.#hasPassed(entrySeq)) return;
    const at = this.#placeOf(entrySeq);
    if (this.#returned[at] === entrySeq) return;
    if (this.#returned.length < returnedMax) this.#returned.splice(at, 0, entrySeq);
    else this.reset(this.name, end); // walks everything again
  }

  // Settled entries may be in as many ranges as a cursor holds. One more would not be taken, and
  // what goes out would have to go again; the watermark's entry needs none.
  #isTight(): boolean {
    const { cursor, busyCount } = this.#parts;
    return cursor.slot.rangeCount + busyCount() >= this.#rangesMax;
  }

  #onlyWatermark(end: DurableEnd): number {
    const { cursor, isBusy } = this.#parts;
    const { watermark } = cursor;
    const isFree = watermark < end.entryEnd && !isBusy(watermark);
    return isFree && watermark !== this.#passedAlone ? watermark : noEntry;
  }

  #nextReturned(end: DurableEnd): number {
    const { cursor, isBusy } = this.#parts;
    for (let at = 0; at < this.#returned.length; ) {
      const entrySeq = this.#returned[at]!; // inside
      if (entrySeq >= end.entryEnd) return noEntry;
      if (cursor.isSettled(entrySeq)) this.#returned.splice(at, 1);
      else if (isBusy(entrySeq)) at += 1;
      else return entrySeq;
    }
    return noEntry;
  }

  #nextOldest(end: DurableEnd): number {
    const entrySeq = this.#firstFree(this.#high, end.entryEnd);
    // What is in between is settled or busy, and comes back if it is not.
    this.#high = Math.max(this.#high, Math.min(entrySeq, end.entryEnd));
    return entrySeq < end.entryEnd ? entrySeq : noEntry;
  }

  #nextNewest(end: DurableEnd): number {
    for (;;) {
      const entrySeq = this.#firstFree(this.#chunkNext, this.#chunkEnd);
      this.#chunkNext = Math.min(entrySeq, this.#chunkEnd);
      if (entrySeq < this.#chunkEnd) return entrySeq;
      if (!this.#nextChunk(end)) return noEntry;
    }
  }

  #nextChunk(end: DurableEnd): boolean {
    const { cursor, blockStart } = this.#parts;
    if (this.#high === notBegun || end.entryEnd - this.#high > newEntriesMax) {
      this.#high = end.entryEnd;
      this.#low = end.entryEnd;
    }
    if (end.entryEnd > this.#high) {
      this.#setChunk(this.#high, end.entryEnd);
      this.#high = end.entryEnd;
      return true;
    }
    const last = cursor.lastUnsettledBelow(this.#low);
    if (last === -1) return false;
    const start = Math.max(Math.min(blockStart(last, end), last), cursor.watermark);
    this.#setChunk(start, last + 1);
    this.#low = start;
    return true;
  }

  #setChunk(start: number, chunkEnd: number): void {
    assert(start < chunkEnd, 'part of the log without an entry');
    this.#chunkNext = start;
    this.#chunkEnd = chunkEnd;
  }

  /** The first entry in [from, to) that is neither settled nor busy; `to` or above: none. */
  #firstFree(from: number, to: number): number {
    const { cursor, isBusy } = this.#parts;
    let entrySeq = from;
    while (entrySeq < to) {
      entrySeq = cursor.nextUnsettled(entrySeq);
      if (entrySeq >= to || !isBusy(entrySeq)) return entrySeq;
      entrySeq += 1;
    }
    return entrySeq;
  }

  #hasPassed(entrySeq: number): boolean {
    if (entrySeq >= this.#chunkNext && entrySeq < this.#chunkEnd) return false;
    return this.name === 'oldest'
      ? entrySeq < Math.max(this.#high, this.#frontier)
      : entrySeq >= this.#low && entrySeq < this.#high;
  }

  #forgetReturned(entrySeq: number): void {
    const at = this.#placeOf(entrySeq);
    if (this.#returned[at] === entrySeq) this.#returned.splice(at, 1);
  }

  #placeOf(entrySeq: number): number {
    let low = 0;
    let high = this.#returned.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#returned[middle]! < entrySeq)
        low = middle + 1; // inside
      else high = middle;
    }
    return low;
  }
}
