// Parts of an answer to another thread: so many at a time, the next one when one has been taken.
// Whoever gives them waits; an answer that nobody takes ends with its thread.

import { assert } from '../assert.ts';

export class PartOutlet<Part> {
  /** One word, which the other thread counts up. */
  readonly #taken: Int32Array<SharedArrayBuffer>;
  readonly #aheadMax: number;
  readonly #send: (part: Part) => void;
  #sentCount = 0;

  constructor(taken: SharedArrayBuffer, aheadMax: number, send: (part: Part) => void) {
    assert(aheadMax >= 1, 'an outlet without room for a part');
    this.#taken = new Int32Array(taken);
    this.#aheadMax = aheadMax;
    this.#send = send;
  }

  give(part: Part): void {
    for (;;) {
      const takenCount = Atomics.load(this.#taken, 0);
      if (this.#sentCount - takenCount < this.#aheadMax) break;
      Atomics.wait(this.#taken, 0, takenCount);
    }
    this.#sentCount += 1;
    this.#send(part);
  }
}
