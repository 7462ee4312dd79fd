// Who gets into a destination's queue, and what those hear who do not. A destination that nobody
// waits for refuses nobody: when it is full it loses its oldest batches, counted.

import { assert } from '../assert.ts';
import type { QueueConfig } from '../config/config.ts';
import { retryDelayMsMax, retryDelayMsMin } from '../limits.ts';
import type { Log } from '../log.ts';
import { DestinationCounter, type DestinationCounters } from '../memory/state-page.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import {
  type Batch,
  type Delivery,
  type Outcome,
  OutcomeKind,
  type Refusal,
} from './destination.ts';
import type { ExportQueue } from './export-queue.ts';

export interface QueueAdmissionParts {
  readonly id: string;
  readonly required: boolean;
  readonly config: QueueConfig;
  readonly queue: ExportQueue;
  readonly breaker: CircuitBreaker;
  readonly counters: DestinationCounters;
  readonly log: Log;
  /** What is wrong with a destination that is down: "cannot be written". */
  readonly downReason: () => string;
  /**
   * True: only a batch can find out whether the destination works again, so one is let in when it
   * is time.
   */
  readonly probesWithBatch: () => boolean;
  /** How long this many bytes take; 0 as long as nobody knows. */
  readonly drainMs: (sizeBytes: number) => number;
  /**
   * A batch waits. Called later, so that batches of one turn go together and the caller has its
   * Delivery.
   */
  readonly onWaiting: () => void;
}

export class QueueAdmission {
  readonly #parts: QueueAdmissionParts;
  #closed = false;

  constructor(parts: QueueAdmissionParts) {
    this.#parts = parts;
  }

  refusal(bodyLengthBytes: number): Refusal | undefined {
    const { id, required, breaker, queue } = this.#parts;
    if (this.#closed) {
      return { code: 'DRAINING', message: `${id} is closing`, retryDelayMs: retryDelayMsMin };
    }
    if (!required) return undefined;
    if (breaker.isDown && !this.#wantsProbe) return this.#down();
    return queue.hasRoom(bodyLengthBytes) ? undefined : this.#full();
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery {
    assert(!this.#closed, 'enqueue after close');
    const { required, queue, counters, onWaiting } = this.#parts;
    counters.add(DestinationCounter.EnqueuedBatches, 1);
    if (!required && !this.#makeRoom(batch.bodyLengthBytes)) {
      this.#countDropped(batch);
      counters.add(DestinationCounter.AbandonedBatches, 1);
      // Not from inside enqueue(): the caller has no Delivery yet.
      queueMicrotask(() =>
        settle({ kind: OutcomeKind.Abandoned, rejectedRecords: 0, message: '' }),
      );
      return { abandon() {} };
    }
    const queued = queue.enqueue(batch, settle);
    queueMicrotask(onWaiting);
    return { abandon: () => queue.abandon(queued) };
  }

  close(): void {
    this.#closed = true;
  }

  get #wantsProbe(): boolean {
    const { breaker, queue, probesWithBatch } = this.#parts;
    return probesWithBatch() && breaker.probeIsDue && queue.firstWaiting === undefined;
  }

  #down(): Refusal {
    const { id, breaker, downReason } = this.#parts;
    const { waitMs } = breaker;
    return {
      code: 'DESTINATION_DOWN',
      message: `${id} ${downReason()}, next attempt in ${Math.ceil(waitMs / 1000)} s`,
      retryDelayMs: clampRetryDelayMs(waitMs),
    };
  }

  #full(): Refusal {
    const { id, config, queue, drainMs } = this.#parts;
    const { sizeBytesMax, batchesMax } = config;
    const { sizeBytes, batchCount } = queue;
    const bytes = `${sizeBytes} of ${sizeBytesMax} bytes`;
    return {
      code: 'QUEUE_FULL',
      message: `${id}: ${bytes}, ${batchCount} of ${batchesMax} batches`,
      // Half a queue's time: a producer that comes back then finds room, and the queue does not run
      // empty.
      retryDelayMs: clampRetryDelayMs(drainMs(sizeBytes / 2)),
    };
  }

  /** False: even without all that waits there is no room. */
  #makeRoom(bodyLengthBytes: number): boolean {
    const { queue } = this.#parts;
    while (!queue.hasRoom(bodyLengthBytes)) {
      const oldest = queue.abandonOldestWaiting();
      if (oldest === undefined) return false;
      this.#countDropped(oldest.batch);
    }
    return true;
  }

  #countDropped(batch: Batch): void {
    const { id, counters, log } = this.#parts;
    counters.add(DestinationCounter.DroppedRecords, batch.recordCount);
    log.warn('QUEUE_FULL', `${id} is full and not required: dropped its oldest batch`, {
      records: batch.recordCount,
    });
  }
}

function clampRetryDelayMs(delayMs: number): number {
  return Math.min(Math.max(delayMs, retryDelayMsMin), retryDelayMsMax);
}
