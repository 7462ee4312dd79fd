// Whether a producer still sends: silence, or a trickle that would hold a slab for ever, is a
// stall. Looked at only while we are ready to read.

import { KiB } from '../limits.ts';

const ratePeriodMs = 30_000;
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

  /** Why the producer counts as stalled, or undefined. */
  stall(receivedBytes: number, nowMs: number): string | undefined {
    if (receivedBytes !== this.#seenBytes) {
      this.#seenBytes = receivedBytes;
      this.#seenAtMs = nowMs;
    }
    if (nowMs - this.#seenAtMs >= this.#stallTimeoutMs) {
      return `no byte for ${this.#stallTimeoutMs} ms, ${receivedBytes} received`;
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
