// One consumer at one shard: how much may be out there at once. Live batches share the queue, so
// what is out grows while answers come quickly and shrinks when they do not; besides, each live
// batch earns the backlog its share. A destination that is down gets one entry at a time, to find
// out.

import { assert } from '../assert.ts';
import { KiB, retryDelayMsMax } from '../limits.ts';

/** A destination's queue at one shard; the page may be a little behind. */
export interface QueueState {
  /** Down, or finding out whether it is. */
  isDown(): boolean;
  /** Waiting or in flight, ours and others. */
  queuedBytes(): number;
  queuedBatches(): number;
  /** Ours and others, since the start. */
  enqueuedBatches(): number;
}

export interface LaneLimits {
  /** Of the queue. */
  readonly queueSizeBytesMax: number;
  readonly queueBatchesMax: number;
  /** How long the batcher may keep a batch. */
  readonly flushTimeoutMs: number;
  readonly minSharePercent: number;
}

const firstLimitBytes = 256 * KiB;
const limitBytesMin = 64 * KiB;

/** Besides what the batcher waits: an answer within this is quick, one after four times it slow. */
const quickMs = 250;

const creditMax = 64;
const backOffMsMin = 50;

export class DeliveryLane {
  #outCount = 0;
  #outBytes = 0;
  readonly #queue: QueueState;
  readonly #limits: LaneLimits;
  #limitBytes = firstLimitBytes;
  /** Before the first slow answer the limit doubles with each round. */
  #isProven = false;
  #shrunkAtMs = Number.NEGATIVE_INFINITY;
  /** Entries that live batches have earned. */
  #credit = 0;
  #enqueuedSeen: number;
  #refusals = 0;
  #notBeforeMs = 0;

  constructor(queue: QueueState, limits: LaneLimits) {
    this.#queue = queue;
    this.#limits = limits;
    this.#enqueuedSeen = queue.enqueuedBatches();
  }

  get outCount(): number {
    return this.#outCount;
  }

  /** Ms until an entry of this size may be handed out, as far as time decides; 0: now. */
  waitMs(nowMs: number, sizeBytes: number): number {
    if (nowMs < this.#notBeforeMs) return this.#notBeforeMs - nowMs;
    if (this.#outCount === 0) return 0;
    if (this.#queue.isDown()) return Number.POSITIVE_INFINITY;
    if (this.#isQueueFull(sizeBytes)) return fullMs;
    if (this.#outBytes + sizeBytes <= this.#limitBytes) return 0;
    return this.#earned() ? 0 : earnMs;
  }

  handedOut(sizeBytes: number): void {
    if (this.#outBytes + sizeBytes > this.#limitBytes && this.#outCount > 0) {
      this.#credit = Math.max(0, this.#credit - 1);
    }
    this.#outCount += 1;
    this.#outBytes += sizeBytes;
    this.#enqueuedSeen += 1; // the shard will count it too
  }

  /** The destination took it or refused it for good. */
  answered(sizeBytes: number, sentMs: number, nowMs: number): void {
    this.#back(sizeBytes);
    this.#refusals = 0;
    const { flushTimeoutMs, queueSizeBytesMax } = this.#limits;
    const tookMs = nowMs - sentMs - flushTimeoutMs;
    if (tookMs <= quickMs) {
      const growthBytes = this.#isProven ? sizeBytes / 8 : sizeBytes;
      const limitBytesMax = Math.max(limitBytesMin, queueSizeBytesMax / 2);
      this.#limitBytes = Math.min(limitBytesMax, this.#limitBytes + growthBytes);
    } else if (tookMs > 4 * quickMs && sentMs >= this.#shrunkAtMs) {
      // Once for everything that was out at that time.
      this.#shrink(nowMs);
    }
  }

  /** The shard gave it back; `random` in [0, 1). */
  refused(sizeBytes: number, nowMs: number, random: number): void {
    this.#back(sizeBytes);
    if (nowMs < this.#notBeforeMs) return; // one back-off for all that come back together
    this.#shrink(nowMs);
    const backOffMs = Math.min(retryDelayMsMax, backOffMsMin * 2 ** Math.min(this.#refusals, 10));
    this.#refusals += 1;
    this.#notBeforeMs = nowMs + backOffMs * (0.5 + random / 2);
  }

  /** As far as we know: what the shard has not taken out of the ring yet is not in its queue. */
  #isQueueFull(sizeBytes: number): boolean {
    const { queueSizeBytesMax, queueBatchesMax } = this.#limits;
    if (this.#queue.queuedBytes() + sizeBytes > queueSizeBytesMax) return true;
    return Math.max(this.#outCount, this.#queue.queuedBatches()) >= queueBatchesMax;
  }

  #back(sizeBytes: number): void {
    this.#outCount -= 1;
    this.#outBytes -= sizeBytes;
    assert(this.#outCount >= 0 && this.#outBytes >= 0, 'more came back than went out');
  }

  #shrink(nowMs: number): void {
    this.#isProven = true;
    this.#shrunkAtMs = nowMs;
    this.#limitBytes = Math.max(limitBytesMin, this.#limitBytes / 2);
  }

  #earned(): boolean {
    const { minSharePercent } = this.#limits;
    const enqueued = this.#queue.enqueuedBatches();
    // Those that the shard gave back were never counted there.
    this.#enqueuedSeen = Math.min(this.#enqueuedSeen, enqueued + this.#outCount);
    // Below zero: ours that the shard has not taken yet.
    const liveBatches = enqueued - this.#enqueuedSeen;
    if (liveBatches > 0) {
      this.#enqueuedSeen = enqueued;
      const perLive =
        minSharePercent >= 100 ? creditMax : minSharePercent / (100 - minSharePercent);
      this.#credit = Math.min(creditMax, this.#credit + liveBatches * perLive);
    }
    return this.#credit >= 1;
  }
}

/** A full queue moves without a word to us, and so does live traffic that earns. */
const fullMs = 10;
const earnMs = 50;
