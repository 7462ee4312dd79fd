// Entries that shards are sending to one consumer themselves, although the disk has them: the
// replay passes over them until it hears how that ended. Bounded: an entry more is not held, goes
// out a second time and is counted as a duplicate.

export const heldEntriesMax = 65_536;

export class HeldEntries {
  readonly #entriesMax: number;
  readonly #held = new Set<number>();

  constructor(entriesMax: number = heldEntriesMax) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#held.size;
  }

  [Symbol.iterator](): IterableIterator<number> {
    return this.#held.values();
  }

  has(entrySeq: number): boolean {
    return this.#held.has(entrySeq);
  }

  add(entrySeq: number): void {
    if (this.#held.size < this.#entriesMax) this.#held.add(entrySeq);
  }

  /** False: it was not held. */
  remove(entrySeq: number): boolean {
    return this.#held.delete(entrySeq);
  }

  /** They were dropped, and nobody asks for them any more. */
  removeBelow(entrySeq: number): void {
    for (const held of this.#held) if (held < entrySeq) this.#held.delete(held);
  }
}
