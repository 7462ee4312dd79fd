// When the next request of an OTLP destination starts, and in which buffer. The consumer with the
// reserved buffer sends at once whatever waits. While it is busy batches gather, and a further
// consumer starts when there is a large request's worth of them or one has waited `flush_timeout`.
// What comes live does not gather behind a backlog, which leaves it a consumer. In Yellow it
// gathers in any case, for fewer and larger requests; how fast a backlog comes is the replay's
// business, and a wait for more of it would only make the replay wait.

import type { Clock } from '../clock.ts';
import type { QueueConfig } from '../config/config.ts';
import { Zone } from '../memory/zone-word.ts';
import type { Batcher } from './batcher.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import type { ExportBuffer } from './export-buffer.ts';
import type { ExportBuffers } from './export-buffers.ts';
import { type ExportQueue, isBacklog } from './export-queue.ts';
import type { LearnedSize } from './learned-size.ts';
import type { Piece } from './queued-batch.ts';

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
  /** In which batches are handed over. */
  zone(): Zone;
  /** In Yellow no batch waits longer for company, whatever `flush_timeout` says. */
  readonly gatherMsMax: number;
}

const never = Number.POSITIVE_INFINITY;

/** Of the time after which the vault answers instead: gathering alone must not lead there. */
const gatherShare = 1 / 4;

/** Producers wait for their answers; without a vault nobody else gives them one. */
const gatherMsLimit = 500;

/** For RequestScheduleParts. Undefined: there is no vault. */
export function gatherMsMax(ackDeadlineMs = never): number {
  return Math.min(ackDeadlineMs * gatherShare, gatherMsLimit);
}

/** So long after a live batch the backlog goes one request of `min_size` at a time. */
const sharedMs = 1_000;

/** In Yellow, of the time that batches gather at most: after so long without another none comes. */
const quietShare = 1 / 8;

export class RequestSchedule {
  readonly #parts: RequestScheduleParts;

  constructor(parts: RequestScheduleParts) {
    this.#parts = parts;
  }

  /**
   * The buffer of a request that should start now, or the milliseconds after which to look again
   * (Infinity: when something has changed).
   */
  next(inFlightRequests: number, inFlightBacklogRequests: number): ExportBuffer | number {
    const { queue, breaker, buffers, consumersMax } = this.#parts;
    const first = queue.firstWaiting;
    const nothingWaits = first === undefined;
    if (nothingWaits && !this.wantsEmptyProbe) return never;
    if (breaker.waitMs > 0) return breaker.waitMs;
    if (!breaker.mayStart(inFlightRequests)) return never;
    const ofBacklog = first !== undefined && isBacklog(first);
    const isLast = inFlightRequests + 1 >= consumersMax;
    if (ofBacklog && inFlightBacklogRequests > 0 && (isLast || this.#isShared)) {
      return queue.passTurn() ? this.next(inFlightRequests, inFlightBacklogRequests) : never;
    }

    const yellowMs = first === undefined ? 0 : this.#yellowGatherMs(first);
    if (yellowMs === 0) {
      const reserved = buffers.takeReserved();
      if (reserved !== undefined) return reserved;
    }
    if (nothingWaits || inFlightRequests >= consumersMax) return never;
    const overtakes = !ofBacklog && inFlightRequests === inFlightBacklogRequests;
    const gatherMs = Math.max(yellowMs, overtakes ? 0 : this.#gatherMs(first));
    if (gatherMs > 0) {
      const isPassed = ofBacklog && queue.passTurn();
      return isPassed ? this.next(inFlightRequests, inFlightBacklogRequests) : gatherMs;
    }
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
  #gatherMs(oldest: Piece): number {
    const { queue, config, clock } = this.#parts;
    if (queue.waitingBytes(isBacklog(oldest)) >= config.batch.sizeBytesMin) return 0;
    const waitedMs = clock.nowMs() - oldest.queued.enqueuedMs;
    return Math.max(0, config.batch.flushTimeoutMs - waitedMs);
  }

  /**
   * How long they gather in Yellow, idle consumer or not: until a whole request's worth of them is
   * there, or nothing comes any more because every producer waits for its answer. Of a backlog goes
   * what waits already.
   */
  #yellowGatherMs(oldest: Piece): number {
    const { queue, config, clock, gatherMsMax, zone } = this.#parts;
    if (zone() !== Zone.Yellow || isBacklog(oldest) || oldest.group !== undefined) return 0;
    const { sizeBytes, batchCount } = queue;
    const isHalfFull = 2 * sizeBytes >= config.sizeBytesMax || 2 * batchCount >= config.batchesMax;
    if (isHalfFull || queue.waitingBytes(false) >= this.limitBytes) return 0;
    const nowMs = clock.nowMs();
    const wholeMs = Math.min(config.batch.flushTimeoutMs, gatherMsMax);
    const untilMs = oldest.queued.enqueuedMs + wholeMs;
    const quietMs = queue.liveAtMs + wholeMs * quietShare;
    return Math.max(0, Math.min(untilMs, quietMs) - nowMs);
  }

  /**
   * Of the next request: what a live one may come to wait for is kept small, but a batch whole.
   */
  get limitBytes(): number {
    const { queue, config, learnedSize, batcher, buffers } = this.#parts;
    const first = queue.firstWaiting;
    const { limitBytes } = learnedSize;
    if (first === undefined || !isBacklog(first) || !this.#isShared) return limitBytes;
    const smallBytes = batcher.sizeBytesMax(config.batch.sizeBytesMin, buffers.capacityBytes);
    return Math.min(smallBytes, limitBytes);
  }

  /** Producers are waiting for this destination, or were just now. */
  get #isShared(): boolean {
    const { queue, clock } = this.#parts;
    return clock.nowMs() - queue.liveAtMs < sharedMs;
  }

  #nextSizeBytesMax(): number {
    const { batcher, buffers } = this.#parts;
    return batcher.sizeBytesMax(this.limitBytes, buffers.capacityBytes);
  }
}
