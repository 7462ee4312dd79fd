// Entries that are with the vault thread, in the order in which they were handed to it: a ring of
// places that are answered mostly in that order. Not a Map: in one that lives long and changes ten
// thousands of times a second, tables that were replaced hold what they held until the next major
// collection, and all that hangs on it.

import { assert } from '../assert.ts';
import type { VaultEntry } from './vault-door.ts';

export class OutEntries {
  readonly capacity: number;
  readonly #places: (VaultEntry | undefined)[];
  /** Counts of places taken, and of those before the oldest that is out. */
  #taken = 0;
  #passed = 0;
  #count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.#places = new Array<VaultEntry | undefined>(capacity).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  /** No place is left, because of one that is not answered yet. */
  get isFull(): boolean {
    return this.#taken - this.#passed === this.capacity;
  }

  /** When the oldest was handed over; Infinity: none is out. */
  get oldestMs(): number {
    return this.#places[this.#passed % this.capacity]?.handedMs ?? Infinity;
  }

  /** Its tag, from which take() knows it. */
  put(entry: VaultEntry): number {
    assert(!this.isFull, 'no place for an entry');
    const tag = this.#taken % this.capacity;
    this.#places[tag] = entry;
    this.#taken += 1;
    this.#count += 1;
    return tag;
  }

  take(tag: number): VaultEntry {
    const entry = this.#places[tag];
    assert(entry !== undefined, 'answer to no append');
    this.#places[tag] = undefined;
    this.#count -= 1;
    while (this.#passed < this.#taken) {
      if (this.#places[this.#passed % this.capacity] !== undefined) break;
      this.#passed += 1;
    }
    return entry;
  }
}
