// How often a peer may do what is harmless now and then and an attack when repeated: a bucket of
// tokens that fills up again with time.

import { assert } from '../assert.ts';

export interface AllowanceBounds {
  readonly burst: number;
  readonly perSecond: number;
}

export class Allowance {
  readonly #bounds: AllowanceBounds;
  #tokens: number;
  #seenMs: number;

  constructor(bounds: AllowanceBounds, nowMs: number) {
    assert(bounds.burst >= 1 && bounds.perSecond > 0, 'an allowance of nothing');
    this.#bounds = bounds;
    this.#tokens = bounds.burst;
    this.#seenMs = nowMs;
  }

  /** False: none is left. */
  spend(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Spends one that may have to be waited for. */
  borrow(nowMs: number): void {
    this.#refill(nowMs);
    this.#tokens -= 1;
  }

  /** Milliseconds until there are so many. */
  waitMs(nowMs: number, tokens = 1): number {
    this.#refill(nowMs);
    return Math.max(0, ((tokens - this.#tokens) * 1_000) / this.#bounds.perSecond);
  }

  #refill(nowMs: number): void {
    const { burst, perSecond } = this.#bounds;
    const seconds = Math.max(0, nowMs - this.#seenMs) / 1_000;
    this.#tokens = Math.min(burst, this.#tokens + seconds * perSecond);
    this.#seenMs = nowMs;
  }
}
