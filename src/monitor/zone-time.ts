// Time that never goes back: what a clock jumps back by is lost, and counts for nothing. So a jump
// can make a dwell longer by one sample, never shorter.

import { assert } from '../assert.ts';

export class ForwardTime {
  #lastMs: number;
  /** What the clock has jumped back by. */
  #offsetMs = 0;

  constructor(nowMs: number) {
    assert(Number.isFinite(nowMs), 'the time is no number');
    this.#lastMs = nowMs;
  }

  /** The time at `nowMs` of the clock; remembers it. */
  advance(nowMs: number): number {
    assert(Number.isFinite(nowMs), 'the time is no number');
    if (nowMs + this.#offsetMs < this.#lastMs) this.#offsetMs = this.#lastMs - nowMs;
    this.#lastMs = this.peek(nowMs);
    return this.#lastMs;
  }

  /** As advance(), but remembers nothing. */
  peek(nowMs: number): number {
    return Math.max(nowMs + this.#offsetMs, this.#lastMs);
  }
}
