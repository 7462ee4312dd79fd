// Entries of one consumer that are read and not handed out yet, or handed back. Each shard has a
// row of its own, in the order of the entries, so that one that takes nothing holds back no other.

import type { WindowEntry } from './entry-window.ts';

export class ReadyEntries {
  /** By shard. */
  readonly #rows: readonly WindowEntry[][];

  constructor(shardCount: number) {
    this.#rows = Array.from({ length: shardCount }, () => []);
  }

  add(entry: WindowEntry): void {
    const row = this.#row(entry.shard);
    let at = row.length;
    while (at > 0 && row[at - 1]!.entrySeq > entry.entrySeq) at -= 1; // inside
    row.splice(at, 0, entry);
  }

  /** The shard's first. */
  first(shard: number): WindowEntry | undefined {
    return this.#row(shard)[0];
  }

  takeFirst(shard: number): void {
    this.#row(shard).shift();
  }

  /** All of the shard's, in their order. */
  takeAll(shard: number): WindowEntry[] {
    return this.#row(shard).splice(0);
  }

  /** Takes out what is not wanted any more. */
  takeWhere(isTaken: (entry: WindowEntry) => boolean): WindowEntry[] {
    const taken: WindowEntry[] = [];
    for (const row of this.#rows) {
      for (let at = row.length - 1; at >= 0; at -= 1) {
        const entry = row[at]!; // inside
        if (isTaken(entry)) taken.push(...row.splice(at, 1));
      }
    }
    return taken;
  }

  #row(shard: number): WindowEntry[] {
    return this.#rows[shard]!; // one for each shard
  }
}
