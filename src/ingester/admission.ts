// Who may take memory for a message, and what a refused producer is told. A call asks holding
// nothing: it gets its slab, or it waits in line while what arrives lands elsewhere, or it is told
// to come again. Who holds a small slab may wait for a large one; who holds a large one
// waits for no memory, so calls cannot wait for each other (decompression.ts has the argument).

import { type ErrorCode, errorTable } from '../errors.ts';
import type { ServerConnection } from '../http2/server-stream.ts';
import { drainRetryDelayMs, retryDelayMsMax, retryDelayMsMin } from '../limits.ts';
import { smallBodySizeBytesMax } from '../memory/size-class.ts';
import { IdentityTurns } from './identity-turns.ts';
import type { Slabs } from './slabs.ts';

/** A call that waits is about 1 KB of heap; what arrives for it is in the landing pool. */
export const waitingCallsMax = 8_192;

export class Admission {
  readonly #slabs: Slabs;
  /** Apart: who holds a small slab and waits for a large one waits for nobody's small one. */
  readonly #smallTurns: IdentityTurns;
  readonly #largeTurns: IdentityTurns;
  readonly #random: () => number;
  /** Called when isMoving may have turned false. */
  onStop: (() => void) | undefined;
  #incompleteBytes = 0;
  #waitingCount = 0;
  #grantedCount = 0;

  constructor(slabs: Slabs, random: () => number) {
    this.#slabs = slabs;
    this.#smallTurns = new IdentityTurns(slabs);
    this.#largeTurns = new IdentityTurns(slabs);
    this.#random = random;
    slabs.onFree = () => this.onStop?.();
  }

  get incompleteBytes(): number {
    return this.#incompleteBytes;
  }

  /** Some memory will be given back whatever is read. */
  get isMoving(): boolean {
    return this.#slabs.reservedBytes > this.#incompleteBytes;
  }

  /**
   * A slab comes back only when more is read: of a message of which bytes are to come, or of one
   * that waits for a second slab, which one of the former may have. Negative: it does not any more.
   */
  countIncomplete(slabSizeBytes: number): void {
    this.#incompleteBytes += slabSizeBytes;
    this.onStop?.();
  }

  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Slabs that somebody waited for. */
  get grantedCount(): number {
    return this.#grantedCount;
  }

  /** The number of a slab, or 0: none now, or others wait already. */
  reserve(sizeBytes: number): number {
    // Of those who wait only some stand in the pool's line, for a moment perhaps nobody.
    if (this.#turnsOf(sizeBytes).identityCount > 0) return 0;
    return this.#slabs.reserve(Math.max(1, sizeBytes));
  }

  /**
   * Undefined when too many wait. `granted` is never called inside wait(), and not after cancel().
   */
  wait(
    connection: ServerConnection,
    sizeBytes: number,
    granted: (slab: number) => void,
  ): { cancel(): void } | undefined {
    if (this.#waitingCount >= waitingCallsMax) return undefined;
    this.#waitingCount += 1;
    const waiter = this.#turnsOf(sizeBytes).wait(connection, Math.max(1, sizeBytes), (slab) => {
      this.#waitingCount -= 1;
      this.#grantedCount += 1;
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
    // The fault of one producer: there is no crowd to spread.
    if (code === 'PRODUCER_STALLED') return drainRetryDelayMs;
    const delayMs = Math.min(
      Math.max(wantedMs ?? this.#roomInMs(code), retryDelayMsMin),
      retryDelayMsMax,
    );
    return Math.round(delayMs * (0.8 + 0.4 * this.#random()));
  }

  #turnsOf(sizeBytes: number): IdentityTurns {
    return sizeBytes <= smallBodySizeBytesMax ? this.#smallTurns : this.#largeTurns;
  }

  #roomInMs(code: ErrorCode): number {
    if (code === 'DRAINING') return drainRetryDelayMs;
    const fullShare = Math.min(1, this.#slabs.occupancyPercent / 100);
    return retryDelayMsMin + fullShare * (retryDelayMsMax - retryDelayMsMin);
  }
}
