// How many requests are open in one shard, over both protocols and all connections. Each keeps a
// few kilobytes of objects until it is answered, in a heap whose limit ends the process: their
// number is the bound that counts.

import { assert } from '../assert.ts';

export class OpenRequests {
  readonly #countMax: number;
  #count = 0;
  readonly #waiting = new Set<() => void>(); // in order of arrival

  constructor(countMax = openRequestsMax) {
    this.#countMax = countMax;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#countMax;
  }

  /**
   * `ownCount` are those of the same connection: whoever has few may always open one, so that nobody
   * is kept out by those who have many. False: refuse it.
   */
  enter(ownCount: number): boolean {
    if (this.isFull && ownCount >= openRequestsOfAll) return false;
    this.#count += 1;
    return true;
  }

  /** One that entered is answered, or gone. */
  leave(): void {
    assert(this.#count > 0, 'more requests closed than opened');
    this.#count -= 1;
    if (this.#waiting.size === 0 || this.isFull) return;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    setImmediate(next);
  }

  /** Calls back once, later, when there is room for one more; for who can stop reading instead. */
  whenRoom(callback: () => void): { cancel(): void } {
    const call = () => callback(); // the same callback may wait twice
    this.#waiting.add(call);
    return { cancel: () => this.#waiting.delete(call) };
  }
}

// Measured: an open stream and its call keep about 1.2 KB, one whose batch is with the exporter
// about 3 KB, of a heap of 64 MB.
const openRequestsMax = 8_192;
const openRequestsOfAll = 4;
