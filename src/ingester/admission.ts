// Who may take memory for a message, and what a refused producer is told. A call asks once, holding
// nothing: it gets its slab, or it waits in the pool's line with its stream paused, or it is told
// to come again. No call ever waits for memory while it holds some, so calls cannot wait for each
// other.

import { type ErrorCode, errorTable } from '../errors.ts';
import { drainRetryDelayMs, retryDelayMsMax, retryDelayMsMin } from '../limits.ts';

/** What the ingester needs of memory/slab-pool.ts. */
export interface Slabs {
  reserve(sizeBytes: number): number;
  wait(sizeBytes: number, granted: (slab: number) => void): { cancel(): void };
  free(slab: number): void;
  bodyOffsetBytes(slab: number): number;
  capacityBytes(slab: number): number;
  readonly reservedBytes: number;
  readonly occupancyPercent: number;
}

/**
 * A call that waits keeps what its stream's window let in, 32 KiB, outside the arena: 16 MiB for
 * all.
 */
export const waitingCallsMax = 512;

export class Admission {
  readonly #slabs: Slabs;
  readonly #random: () => number;
  #waitingCount = 0;

  constructor(slabs: Slabs, random: () => number) {
    this.#slabs = slabs;
    this.#random = random;
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** The number of a slab, or 0: none now, or others wait already. */
  reserve(sizeBytes: number): number {
    return this.#slabs.reserve(Math.max(1, sizeBytes));
  }

  /**
   * Undefined when too many wait. `granted` is never called inside wait(), and not after cancel().
   */
  wait(sizeBytes: number, granted: (slab: number) => void): { cancel(): void } | undefined {
    if (this.#waitingCount >= waitingCallsMax) return undefined;
    this.#waitingCount += 1;
    const waiter = this.#slabs.wait(Math.max(1, sizeBytes), (slab) => {
      this.#waitingCount -= 1;
      granted(slab);
    });
    return {
      cancel: () => {
        this.#waitingCount -= 1;
        waiter.cancel();
      },
    };
  }

  /**
   * What RetryInfo says with a refusal of ours, undefined for one that does not go away: the fuller
   * the arena, the later, and never the same for two producers.
   */
  retryDelayMs(code: ErrorCode, wantedMs?: number): number | undefined {
    if (!errorTable[code].retryable) return undefined;
    const delayMs = Math.min(
      Math.max(wantedMs ?? this.#roomInMs(code), retryDelayMsMin),
      retryDelayMsMax,
    );
    return Math.round(delayMs * (0.8 + 0.4 * this.#random()));
  }

  #roomInMs(code: ErrorCode): number {
    if (code === 'DRAINING' || code === 'PRODUCER_STALLED') return drainRetryDelayMs;
    const fullShare = Math.min(1, this.#slabs.occupancyPercent / 100);
    return retryDelayMsMin + fullShare * (retryDelayMsMax - retryDelayMsMin);
  }
}
