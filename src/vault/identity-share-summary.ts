// Who holds how much, of any number of identities, with 15 counters: the summary of Misra and Gries
// (Finding repeated elements, 1982), with weights. A counter is never above the truth, and below it
// by at most a sixteenth of what was added, however many identities come; summed over the segments
// they stay so (Agarwal et al., Mergeable summaries, PODS 2012).

import { assert } from '../assert.ts';

export const countersMax = 15;

export class IdentitySummary {
  /** Only the first `count` of both count. */
  readonly identities = new Float64Array(countersMax);
  readonly sizesBytes = new Float64Array(countersMax);
  #count = 0;
  #totalBytes = 0;

  get count(): number {
    return this.#count;
  }

  /** Of everybody, counted or not. */
  get totalBytes(): number {
    return this.#totalBytes;
  }

  clear(): void {
    this.#count = 0;
    this.#totalBytes = 0;
  }

  /** At least this much; 0: little or nothing. */
  sizeBytesOf(identity: number): number {
    const at = this.#find(identity);
    return at === -1 ? 0 : this.sizesBytes[at]!;
  }

  add(identity: number, sizeBytes: number): void {
    // Whole bytes: sums of them are exact.
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'size is not a size');
    this.#totalBytes += sizeBytes;
    const at = this.#find(identity);
    if (at !== -1) {
      this.sizesBytes[at]! += sizeBytes;
      return;
    }
    let leftBytes = sizeBytes;
    // Either all of it goes or somebody else does: there is a counter for what is left.
    if (this.#count === countersMax) leftBytes -= this.#takeFromAll(leftBytes);
    if (leftBytes === 0) return;
    assert(this.#count < countersMax, 'no counter has become free');
    this.identities[this.#count] = identity;
    this.sizesBytes[this.#count] = leftBytes;
    this.#count += 1;
  }

  #find(identity: number): number {
    for (let at = 0; at < this.#count; at += 1) if (this.identities[at] === identity) return at;
    return -1;
  }

  /** Up to `sizeBytes`, the same from each; whoever has nothing left goes. Returns how much. */
  #takeFromAll(sizeBytes: number): number {
    let takenBytes = sizeBytes;
    for (const counter of this.sizesBytes) takenBytes = Math.min(takenBytes, counter);
    let kept = 0;
    for (let at = 0; at < this.#count; at += 1) {
      const restBytes = this.sizesBytes[at]! - takenBytes;
      if (restBytes === 0) continue;
      this.identities[kept] = this.identities[at]!;
      this.sizesBytes[kept] = restBytes;
      kept += 1;
    }
    this.#count = kept;
    return takenBytes;
  }
}
