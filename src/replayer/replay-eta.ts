// When nothing will wait any more, told from how fast what waits has become less: what is sent, and
// what comes meanwhile, are both in it. Looked at once a second.

import { assert } from '../assert.ts';

/** Long enough for the coming and going of single requests. */
const windowMs = 10_000;
const looksMax = 11;
/** Shorter tells nothing. */
const spanMsMin = 2_000;

export class ReplayEta {
  readonly #consumerCount: number;
  /** The oldest first: when, and what waited then for each consumer. */
  readonly #looks: { readonly atMs: number; readonly waiting: readonly number[] }[] = [];

  constructor(consumerCount: number) {
    this.#consumerCount = consumerCount;
  }

  /** What went before says nothing about what comes. */
  forget(): void {
    this.#looks.length = 0;
  }

  /**
   * Ms until nothing waits for any consumer; 0: nothing does; Infinity: not known.
   *
   * @param waiting batches for each consumer
   */
  look(nowMs: number, waiting: readonly number[]): number {
    assert(waiting.length === this.#consumerCount, 'not one number for each consumer');
    const looks = this.#looks;
    while (looks.length >= looksMax || nowMs - (looks[0]?.atMs ?? nowMs) > windowMs) looks.shift();
    looks.push({ atMs: nowMs, waiting: [...waiting] });
    const first = looks[0]!; // one was just added
    return Math.max(0, ...waiting.map((now, index) => etaMs(now, first.waiting[index]!)));

    function etaMs(now: number, before: number): number {
      if (now === 0) return 0;
      const spanMs = nowMs - first.atMs;
      const gone = before - now;
      return spanMs < spanMsMin || gone <= 0 ? Number.POSITIVE_INFINITY : (now * spanMs) / gone;
    }
  }
}
