// When entries were received, roughly: a mark every second or so, in 4 KiB however long the log is.
// The oldest entry that waits is as old as the mark at or before it, or a little younger. Entries
// of earlier lives have one mark for each of their segments: when it was begun.

import { assert } from '../assert.ts';

const spacingMsMin = 1_000;

export class ReceivedMarks {
  readonly #entrySeqs: Float64Array;
  readonly #wallMs: Float64Array;
  #count = 0;
  /** Marks nearer to the one before are left out. */
  #spacingMs = spacingMsMin;

  constructor(marksMax = 256) {
    assert(marksMax >= 4, 'too few marks to thin them out');
    this.#entrySeqs = new Float64Array(marksMax); // sequences are below 2^53
    this.#wallMs = new Float64Array(marksMax);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * In the order of the log; what is out of it, as a damaged file may be, makes no mark. Nor does a
   * clock that was set back, until it has caught up.
   */
  add(entrySeq: number, wallMs: number): void {
    if (this.#count > 0) {
      const newest = this.#count - 1;
      if (entrySeq <= this.#entrySeqs[newest]! || this.#isNear(newest, wallMs)) return; // inside
    }
    if (this.#count === this.#entrySeqs.length) this.#thinOut();
    this.#entrySeqs[this.#count] = entrySeq;
    this.#wallMs[this.#count] = wallMs;
    this.#count += 1;
  }

  /** Wall time of the last mark at or before the entry; 0: there is none. */
  at(entrySeq: number): number {
    const mark = this.#find(entrySeq);
    return mark < 0 ? 0 : this.#wallMs[mark]!; // inside
  }

  /** Nobody asks for entries below this one any more. */
  forgetBelow(entrySeq: number): void {
    const first = this.#find(entrySeq);
    if (first <= 0) return;
    this.#entrySeqs.copyWithin(0, first, this.#count);
    this.#wallMs.copyWithin(0, first, this.#count);
    this.#count -= first;
    if (this.#count < this.#entrySeqs.length / 4) {
      this.#spacingMs = Math.max(spacingMsMin, this.#spacingMs / 2);
    }
  }

  #isNear(mark: number, wallMs: number): boolean {
    return wallMs - this.#wallMs[mark]! < this.#spacingMs; // inside
  }

  /** Every second one goes, the first stays. */
  #thinOut(): void {
    this.#spacingMs *= 2;
    const kept = Math.ceil(this.#count / 2);
    for (let mark = 0; mark < kept; mark += 1) {
      this.#entrySeqs[mark] = this.#entrySeqs[2 * mark]!; // inside, as the other
      this.#wallMs[mark] = this.#wallMs[2 * mark]!;
    }
    this.#count = kept;
  }

  /** The last mark at or before the entry; -1: none. */
  #find(entrySeq: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#entrySeqs[middle]! <= entrySeq)
        low = middle + 1; // inside
      else high = middle;
    }
    return low - 1;
  }
}
