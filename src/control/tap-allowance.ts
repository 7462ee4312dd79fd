// So many a second, and as many at once after a time without any.

import type { Clock } from '../clock.ts';

export class TapAllowance {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #atOnceMax: number;
  #left: number;
  #lastMs: number;

  constructor(clock: Clock, perSecond: number, atOnceMax: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#atOnceMax = atOnceMax;
    this.#left = atOnceMax;
    this.#lastMs = clock.nowMs();
  }

  /** False: not now. */
  take(): boolean {
    const nowMs = this.#clock.nowMs();
    const earned = ((nowMs - this.#lastMs) * this.#perSecond) / 1_000;
    this.#left = Math.min(this.#atOnceMax, this.#left + earned);
    this.#lastMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
