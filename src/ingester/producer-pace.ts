// Whether a producer still sends: silence, or a trickle that would hold a slab for ever, is a
// stall. Looked at only while we are ready to read.

import { KiB } from '../limits.ts';

const ratePeriodMs = 30_000;
/** A third of the time that others wait (memory.admission_timeout), which is what this is for. */
const contendedStallMs = 1_000;
/** 1 KiB/s. */
const ratePeriodBytesMin = 30 * KiB;

export class ProducerPace {
  readonly #stallTimeoutMs: number;
  #seenBytes = 0;
  #seenAtMs: number;
  #rateBytes = 0;
  #rateAtMs: number;

  constructor(stallTimeoutMs: number, nowMs: number) {
    this.#stallTimeoutMs = stallTimeoutMs;
    this.#seenAtMs = nowMs;
    this.#rateAtMs = nowMs;
  }

  /**
   * We were not ready to read until now: what was not sent meanwhile is not the producer's fault.
   */
  restart(receivedBytes: number, nowMs: number): void {
    this.#seenBytes = receivedBytes;
    this.#seenAtMs = nowMs;
    this.#rateBytes = receivedBytes;
    this.#rateAtMs = nowMs;
  }

  /**
   * Why the producer counts as stalled, or undefined. `othersWait` for the memory that its message
   * has: then a short silence is one too long.
   */
  stall(receivedBytes: number, nowMs: number, othersWait = false): string | undefined {
    if (receivedBytes !== this.#seenBytes) {
      this.#seenBytes = receivedBytes;
      this.#seenAtMs = nowMs;
    }
    const timeoutMs = othersWait
      ? Math.min(contendedStallMs, this.#stallTimeoutMs)
      : this.#stallTimeoutMs;
    if (nowMs - this.#seenAtMs >= timeoutMs) {
      return `no byte for ${timeoutMs} ms, ${receivedBytes} received`;
    }
    if (nowMs - this.#rateAtMs < ratePeriodMs) return undefined;
    const periodBytes = receivedBytes - this.#rateBytes;
    this.#rateBytes = receivedBytes;
    this.#rateAtMs = nowMs;
    return periodBytes < ratePeriodBytesMin
      ? `${periodBytes} bytes in ${ratePeriodMs} ms`
      : undefined;
  }
}
