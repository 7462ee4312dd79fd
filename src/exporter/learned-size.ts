// How large requests may be: the configured bound, or less for a while after a destination has
// shown that it takes less.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { KiB } from '../limits.ts';

const learnedMs = 10 * 60 * 1000;
// Halving goes on below this for the request at hand, but is not remembered: it would send all that
// follows record by record.
const learnedSizeBytesMin = 16 * KiB;

export class LearnedSize {
  readonly #clock: Clock;
  readonly #sizeBytesMax: number;
  #learnedBytes = Number.POSITIVE_INFINITY;
  #untilMs = 0;

  constructor(clock: Clock, sizeBytesMax: number) {
    assert(sizeBytesMax > 0, 'no request fits');
    this.#clock = clock;
    this.#sizeBytesMax = sizeBytesMax;
  }

  get limitBytes(): number {
    if (this.#clock.nowMs() >= this.#untilMs) return this.#sizeBytesMax;
    return Math.min(this.#learnedBytes, this.#sizeBytesMax);
  }

  /** A request of this size was too large: half of it is tried for ten minutes. */
  tooLarge(sizeBytes: number, leastBytes = learnedSizeBytesMin): void {
    const halfBytes = Math.max(Math.floor(sizeBytes / 2), leastBytes);
    this.#learnedBytes = Math.min(halfBytes, this.limitBytes);
    this.#untilMs = this.#clock.nowMs() + learnedMs;
  }
}
