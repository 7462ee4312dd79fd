// When a shard looks at its own signals: after a number of operations drawn anew each time, so that
// no rhythm of the traffic can hide between two samples.

import { assert } from '../assert.ts';

export class SampleCountdown {
  readonly #low: number;
  readonly #span: number;
  readonly #random: () => number;
  #left: number;

  /**
   * @param mean operations from one sample to the next, 1 or more; each time from half of it to one
   * and a half
   * @param random in [0, 1)
   */
  constructor(mean: number, random: () => number) {
    assert(Number.isInteger(mean) && mean >= 1, 'no such countdown');
    this.#low = Math.ceil(mean / 2);
    this.#span = Math.floor((3 * mean) / 2) - this.#low + 1;
    this.#random = random;
    this.#left = this.#draw();
  }

  /** Counts an operation. True: sample now. */
  step(): boolean {
    this.#left -= 1;
    if (this.#left > 0) return false;
    this.#left = this.#draw();
    return true;
  }

  #draw(): number {
    return this.#low + Math.floor(this.#random() * this.#span);
  }
}
