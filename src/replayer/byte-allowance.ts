// A token bucket of bytes: what may be handed out now at a rate that may change. An entry goes when
// nothing is owed and may take more than there is, since it can be larger than any bucket; what it
// took too much is waited for afterwards.

import { assert } from '../assert.ts';

/** What may be saved up while there is nothing to hand out. */
const burstMs = 100;

/** Waking up more often costs more than the burst gains. */
const waitMsMin = 1;

export class ByteAllowance {
  #bytesPerSecond = 0;
  /** Begins with a full bucket, whatever the first rate makes of that. */
  #bytes = Number.POSITIVE_INFINITY;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Bytes per second; 0: nothing goes, and what is owed stays owed. */
  setRate(bytesPerSecond: number, nowMs: number): void {
    assert(bytesPerSecond >= 0, 'negative rate');
    this.#fill(nowMs);
    this.#bytesPerSecond = bytesPerSecond;
    this.#bytes = Math.min(this.#bytes, this.#burstBytes);
  }

  /** Ms until an entry may go; 0: now. Infinity at a rate of 0. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    if (this.#bytesPerSecond === 0) return Number.POSITIVE_INFINITY;
    if (this.#bytes >= 0) return 0;
    return Math.max(waitMsMin, (-this.#bytes / this.#bytesPerSecond) * 1000);
  }

  take(sizeBytes: number): void {
    assert(sizeBytes >= 0, 'negative size');
    this.#bytes -= sizeBytes;
  }

  get #burstBytes(): number {
    return (this.#bytesPerSecond * burstMs) / 1000;
  }

  #fill(nowMs: number): void {
    const elapsedMs = Math.max(0, nowMs - this.#atMs);
    this.#atMs = Math.max(this.#atMs, nowMs);
    if (this.#bytesPerSecond === 0) return;
    const bytes = this.#bytes + (this.#bytesPerSecond * elapsedMs) / 1000;
    this.#bytes = Math.min(bytes, this.#burstBytes);
  }
}
