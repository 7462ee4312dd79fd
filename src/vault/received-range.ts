// Oldest and newest of some receive times.

import { U64 } from './u64.ts';

export class ReceivedRange {
  /** Zero, as the next one, while nothing was added. */
  readonly oldest = new U64();
  readonly newest = new U64();
  #isEmpty = true;

  clear(): void {
    this.#isEmpty = true;
    this.oldest.set(0, 0);
    this.newest.set(0, 0);
  }

  add(receivedNs: U64): void {
    if (this.#isEmpty || receivedNs.isLessThan(this.oldest)) this.oldest.copy(receivedNs);
    if (this.#isEmpty || this.newest.isLessThan(receivedNs)) this.newest.copy(receivedNs);
    this.#isEmpty = false;
  }

  merge(other: ReceivedRange): void {
    if (other.#isEmpty) return;
    this.add(other.oldest);
    this.add(other.newest);
  }
}
