// The segment files of a folder, by the numbers in their names: 16 bytes each while they are looked
// at, since a backlog may have any number of them and a folder gives them in any order.

import { assert } from '../assert.ts';
import { FileType, type ListedName } from './block-file.ts';
import { segmentIdOf } from './file-names.ts';

const columns = 2;

export class SegmentNames {
  /** Number, size. */
  #cells = new Float64Array(columns * 64); // numbers are below 2^53
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** False: it is no file with the name of a segment. */
  add({ name, type, sizeBytes }: ListedName): boolean {
    const segmentId = type === FileType.File ? segmentIdOf(name) : 0;
    if (segmentId === 0) return false;
    if (columns * this.#count === this.#cells.length) this.#resize(2 * this.#count + 64);
    this.#cells[columns * this.#count] = segmentId;
    this.#cells[columns * this.#count + 1] = sizeBytes;
    this.#count += 1;
    return true;
  }

  /**
   * By number: once all are there, and before anything is asked. A heapsort, which makes nothing.
   */
  sort(): void {
    for (let root = (this.#count >>> 1) - 1; root >= 0; root -= 1) this.#sink(root, this.#count);
    for (let end = this.#count - 1; end > 0; end -= 1) {
      this.#swap(0, end);
      this.#sink(0, end);
    }
  }

  /** Gives the memory back at once, and not when a collection comes. */
  release(): void {
    this.#resize(0);
    this.#count = 0;
  }

  segmentId(index: number): number {
    return this.#cells[columns * this.#inside(index)]!; // inside
  }

  sizeBytes(index: number): number {
    return this.#cells[columns * this.#inside(index) + 1]!; // inside
  }

  has(segmentId: number): boolean {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segmentId(middle) < segmentId) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.segmentId(low) === segmentId;
  }

  #inside(index: number): number {
    assert(index >= 0 && index < this.#count, 'no such name');
    return index;
  }

  /** In the heap of the first `end` names. */
  #sink(root: number, end: number): void {
    for (let at = root; ; ) {
      const left = 2 * at + 1;
      if (left >= end) return;
      const right = left + 1;
      const isRight = right < end && this.segmentId(right) > this.segmentId(left);
      const larger = isRight ? right : left;
      if (this.segmentId(larger) <= this.segmentId(at)) return;
      this.#swap(at, larger);
      at = larger;
    }
  }

  #swap(a: number, b: number): void {
    for (let column = 0; column < columns; column += 1) {
      const kept = this.#cells[columns * a + column]!; // inside, as the other
      this.#cells[columns * a + column] = this.#cells[columns * b + column]!;
      this.#cells[columns * b + column] = kept;
    }
  }

  #resize(capacity: number): void {
    const sizeBytes = columns * capacity * Float64Array.BYTES_PER_ELEMENT;
    this.#cells = new Float64Array(this.#cells.buffer.transfer(sizeBytes));
  }
}
