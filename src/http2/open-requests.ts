// How many requests are open in one shard, over both protocols and all connections. Each keeps a
// few kilobytes of objects until it is answered, in a heap whose limit ends the process: their
// number is the bound that counts.

import { assert } from '../assert.ts';
import { RoomLine, type RoomWait } from '../memory/room-line.ts';

/** Whoever has fewer open may always open one more: nobody is kept out by those who have many. */
export const requestsOpenOfAll = 4;

export class OpenRequests {
  readonly #countMax: number;
  readonly #line: RoomLine;
  #count = 0;

  constructor(countMax = requestsOpenMax) {
    this.#countMax = countMax;
    this.#line = new RoomLine(() => Math.max(0, this.#countMax - this.#count));
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count >= this.#countMax;
  }

  /** `ownCount` are those of the same connection. False: refuse it. */
  enter(ownCount: number): boolean {
    if (this.isFull && ownCount >= requestsOpenOfAll) return false;
    this.#count += 1;
    return true;
  }

  /** One that entered is answered, or gone. */
  leave(): void {
    assert(this.#count > 0, 'more requests closed than opened');
    this.#count -= 1;
    this.#line.serve();
  }

  /** Calls back once, later, when there is room for one more; for who can stop reading instead. */
  whenRoom(callback: () => void): RoomWait {
    return this.#line.wait(callback);
  }
}

// Measured: 1.2 KB for an open stream and its call, 2.2 KB over HTTP/1.1, about 3 KB more for a
// batch that is with the exporter; of a heap of 64 MB.
const requestsOpenMax = 6_144;
