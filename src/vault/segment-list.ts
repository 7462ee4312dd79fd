// The segments that nobody writes to any more, oldest first: 32 bytes each, however many there are.
// They go in this order and as whole files, once no consumer needs anything of them.

import { assert } from '../assert.ts';
import { segmentPath } from './file-names.ts';
import { IoFault } from './io-fault.ts';
import type { FinishedSegment } from './log-origin.ts';
import type { SegmentFolder } from './segment-folder.ts';

const columnCount = 4;

export class SegmentList {
  /** Of the last unlink or sync that failed. */
  lastFault: IoFault = IoFault.None;
  /** Set by the writer: a newer segment than all of these exists, and holds the highest numbers. */
  hasNewer = false;
  readonly #folder: SegmentFolder;
  /** segmentId, size, first entry, entry end. */
  #rows = new Float64Array(64 * columnCount); // sequences are below 2^53
  #first = 0;
  #end = 0;

  constructor(folder: SegmentFolder) {
    this.#folder = folder;
  }

  get count(): number {
    return this.#end - this.#first;
  }

  /** Infinity: there is none. */
  get oldestId(): number {
    return this.count === 0 ? Infinity : this.#rows[this.#first * columnCount]!; // inside the rows
  }

  /** Index 0 is the oldest. */
  at(index: number): FinishedSegment {
    assert(index >= 0 && index < this.count, 'no such segment');
    const at = (this.#first + index) * columnCount;
    const [segmentId = 0, sizeBytes = 0, firstEntrySeq = 0, entryEnd = 0] = this.#rows.subarray(
      at,
      at + columnCount,
    );
    return { segmentId, sizeBytes, firstEntrySeq, entryEnd };
  }

  /** So many are about to come. */
  reserve(count: number): void {
    if ((this.#end + count) * columnCount > this.#rows.length) this.#resize(this.count + count);
  }

  /** Its bytes are counted already. */
  append({ segmentId, sizeBytes, firstEntrySeq, entryEnd }: FinishedSegment): void {
    assert(firstEntrySeq <= entryEnd, 'segment ends before it begins');
    if (this.count > 0) {
      const newest = this.at(this.count - 1);
      assert(segmentId > newest.segmentId, 'segments out of order');
      assert(entryEnd >= newest.entryEnd, 'entries of segments out of order');
    }
    this.#makeRoom();
    this.#rows.set([segmentId, sizeBytes, firstEntrySeq, entryEnd], this.#end * columnCount);
    this.#end += 1;
  }

  has(segmentId: number): boolean {
    return this.#find(segmentId) !== -1;
  }

  /** After it was cut behind its end. */
  resize(segmentId: number, sizeBytes: number): void {
    const row = this.#find(segmentId);
    assert(row !== -1, 'no such segment');
    this.#rows[row * columnCount + 1] = sizeBytes;
  }

  /**
   * Unlinks up to `countMax` segments whose entries are all below `entrySeq`, oldest first, and
   * returns how many. `makeFloorsDurable` is called before the segment of the highest numbers goes;
   * false keeps it. The files are gone for good after flush(). `deleted` is told of each.
   */
  deleteBelow(
    entrySeq: number,
    countMax: number,
    makeFloorsDurable: () => boolean,
    deleted?: (segment: FinishedSegment) => void,
  ): number {
    let count = 0;
    while (count < countMax && this.count > 0) {
      const segment = this.at(0);
      const { segmentId, sizeBytes, entryEnd } = segment;
      if (entryEnd > entrySeq) break;
      if (this.count === 1 && !this.hasNewer && !makeFloorsDurable()) break;
      const fault = this.#folder.unlink(segmentPath(segmentId), sizeBytes);
      if (fault !== IoFault.None) {
        this.lastFault = fault;
        break;
      }
      this.#first += 1;
      count += 1;
      deleted?.(segment);
    }
    return count;
  }

  /** For idle moments: what was unlinked stays so, and its bytes are free. */
  flush(): IoFault {
    const fault = this.#folder.flush();
    if (fault !== IoFault.None) this.lastFault = fault;
    return fault;
  }

  /** Among the newest, mostly: from the end. */
  #find(segmentId: number): number {
    for (let row = this.#end - 1; row >= this.#first; row -= 1) {
      const found = this.#rows[row * columnCount]!; // inside the rows
      if (found <= segmentId) return found === segmentId ? row : -1;
    }
    return -1;
  }

  #makeRoom(): void {
    if (this.#end * columnCount < this.#rows.length) return;
    // Half of the rows being free, moving them is enough.
    this.#resize(Math.max(64, 2 * this.count));
  }

  #resize(capacity: number): void {
    const rows = new Float64Array(capacity * columnCount);
    rows.set(this.#rows.subarray(this.#first * columnCount, this.#end * columnCount));
    this.#rows = rows;
    this.#end -= this.#first;
    this.#first = 0;
  }
}
