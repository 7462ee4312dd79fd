// What each finished segment holds of whom, and the sums: added when a segment is finished, taken
// away when it is deleted. Segments go in the order in which they came.

import { assert } from '../assert.ts';
import type { IdentitySummary } from './identity-share-summary.ts';

/** segmentId, number of pairs; then the pairs: identity, bytes. */
const headNumbers = 2;

export class SegmentShares {
  /** Of the segments, one behind the other: no object for each, there may be many. */
  #numbers = new Float64Array(256);
  #first = 0;
  #end = 0;
  /** Of the identities that any of them counts. */
  readonly #sumsBytes = new Map<number, number>();
  #largestBytes = 0;

  /** Of all identities; bounded by the segments. */
  get identityCount(): number {
    return this.#sumsBytes.size;
  }

  /** Of one identity: nobody has more. */
  get largestBytes(): number {
    return this.#largestBytes;
  }

  sizeBytesOf(identity: number): number {
    return this.#sumsBytes.get(identity) ?? 0;
  }

  append(segmentId: number, summary: IdentitySummary): void {
    this.#makeRoom(headNumbers + 2 * summary.count);
    this.#push(segmentId);
    this.#push(summary.count);
    for (let at = 0; at < summary.count; at += 1) {
      const identity = summary.identities[at]!; // below its count
      const sizeBytes = summary.sizesBytes[at]!;
      this.#push(identity);
      this.#push(sizeBytes);
      const sumBytes = this.sizeBytesOf(identity) + sizeBytes;
      this.#sumsBytes.set(identity, sumBytes);
      this.#largestBytes = Math.max(this.#largestBytes, sumBytes);
    }
  }

  /** The older ones are gone. */
  keepFrom(segmentId: number): void {
    const first = this.#first;
    while (this.#first < this.#end && this.#numbers[this.#first]! < segmentId) this.#takeAway();
    if (this.#first === first) return;
    this.#largestBytes = 0;
    for (const sumBytes of this.#sumsBytes.values()) {
      this.#largestBytes = Math.max(this.#largestBytes, sumBytes);
    }
  }

  #takeAway(): void {
    const pairCount = this.#numbers[this.#first + 1]!;
    this.#first += headNumbers;
    for (let pair = 0; pair < pairCount; pair += 1) {
      const identity = this.#numbers[this.#first]!;
      const restBytes = this.sizeBytesOf(identity) - this.#numbers[this.#first + 1]!;
      assert(restBytes >= 0, 'segment takes away more than it brought');
      if (restBytes === 0) this.#sumsBytes.delete(identity);
      else this.#sumsBytes.set(identity, restBytes);
      this.#first += 2;
    }
    assert(this.#first <= this.#end, 'segment with more identities than it has');
  }

  #push(value: number): void {
    this.#numbers[this.#end] = value;
    this.#end += 1;
  }

  #makeRoom(numberCount: number): void {
    if (this.#end + numberCount <= this.#numbers.length) return;
    const used = this.#numbers.subarray(this.#first, this.#end);
    // Half of it being free, moving what is used is enough.
    const size = Math.max(this.#numbers.length, 2 * (used.length + numberCount));
    const numbers = new Float64Array(size);
    numbers.set(used);
    this.#numbers = numbers;
    this.#end -= this.#first;
    this.#first = 0;
  }
}
