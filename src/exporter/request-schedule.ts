// When the next request of an OTLP destination starts, and in which buffer. The consumer with the
// reserved buffer sends at once whatever waits. While it is busy batches gather, and a further
// consumer starts when there is a large request's worth of them or one has waited `flush_timeout`.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { QueueConfig } from '../config/config.ts';
import type { Batcher } from './batcher.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ExportBuffer } from './export-buffer.ts';
import type { ExportBuffers } from './export-buffers.ts';
import type { ExportQueue } from './export-queue.ts';
import type { LearnedSize } from './learned-size.ts';

export interface RequestScheduleParts {
  readonly clock: Clock;
  readonly config: QueueConfig;
  /** This shard's share of the configured consumers. */
  readonly consumersMax: number;
  readonly queue: ExportQueue;
  readonly batcher: Batcher;
  readonly breaker: CircuitBreaker;
  readonly buffers: ExportBuffers;
  readonly learnedSize: LearnedSize;
}

const never = Number.POSITIVE_INFINITY;

export class RequestSchedule {
  readonly #parts: RequestScheduleParts;

  constructor(parts: RequestScheduleParts) {
    this.#parts = parts;
  }

  /**
   * The buffer of a request that should start now, or the milliseconds after which to look again
   * (Infinity: when something has changed).
   */
  next(inFlightRequests: number): ExportBuffer | number {
    const { queue, breaker, buffers, consumersMax } = this.#parts;
    const nothingWaits = queue.firstWaiting === undefined;
    if (nothingWaits && !this.wantsEmptyProbe) return never;
    if (breaker.waitMs > 0) return breaker.waitMs;
    if (!breaker.mayStart(inFlightRequests)) return never;

    const reserved = buffers.takeReserved();
    if (reserved !== undefined) return reserved;
    if (nothingWaits || inFlightRequests >= consumersMax) return never;
    const gatherMs = this.#gatherMs();
    if (gatherMs > 0) return gatherMs;
    return buffers.takeExtra(this.#nextSizeBytesMax()) ?? never;
  }

  /**
   * With nobody's batch at hand, or one that would only be refused, a dead destination is asked
   * with an empty request.
   */
  get wantsEmptyProbe(): boolean {
    const { queue, breaker } = this.#parts;
    const { isDown, fault, state } = breaker;
    if (!isDown || state.kind !== 'waiting' || fault === 'codes') return false;
    return fault === 'setup' || queue.firstWaiting === undefined;
  }

  /** How long batches may still gather while the consumer that is always there is busy. */
  #gatherMs(): number {
    const { queue, config, clock } = this.#parts;
    if (queue.waitingBytes >= config.batch.sizeBytesMin) return 0;
    const oldest = queue.firstWaiting;
    assert(oldest !== undefined, 'nothing gathers');
    const waitedMs = clock.nowMs() - oldest.queued.enqueuedMs;
    return Math.max(0, config.batch.flushTimeoutMs - waitedMs);
  }

  #nextSizeBytesMax(): number {
    const { batcher, learnedSize, buffers } = this.#parts;
    return batcher.sizeBytesMax(learnedSize.limitBytes, buffers.capacityBytes);
  }
}
