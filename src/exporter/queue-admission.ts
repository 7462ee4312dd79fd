// Who gets into a destination's queue, and what those hear who do not. A destination that nobody
// waits for refuses nobody: when it is full, or closes, it loses batches, and counts the records.

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
  readonly #downWaiters: (() => void)[] = [];
  #closed = false;
  #isTelling = false;

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
      this.#dropped('QUEUE_FULL', batch.recordCount);
      counters.add(DestinationCounter.AbandonedBatches, 1);
      // Not from inside enqueue(): the caller has no Delivery yet.
      queueMicrotask(() =>
        settle({ kind: OutcomeKind.Abandoned, rejectedRecords: 0, message: '' }),
      );
      return { abandon() {} };
    }
    let takenBack = false;
    const queued = queue.enqueue(batch, (outcome) => {
      // What the engine takes back it counts itself, because it knows whether the producer sends it
      // again.
      const lost = outcome.kind === OutcomeKind.Abandoned && this.#closed && !takenBack;
      if (lost && !required) this.#dropped('DRAINING', queued.lostRecords);
      settle(outcome);
    });
    this.#tellWaiting(onWaiting);
    return {
      abandon: () => {
        takenBack = true;
        queue.abandon(queued);
      },
    };
  }

  /** Once for all batches that come together. */
  #tellWaiting(onWaiting: () => void): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      onWaiting();
    });
  }

  /** Of a destination that nobody waits for, one that is down counts as idle. */
  async idle(): Promise<void> {
    const { required, queue } = this.#parts;
    if (required) return queue.idle();
    if (this.#parts.breaker.isDown) return;
    const down = new Promise<void>((resolve) => this.#downWaiters.push(resolve));
    await Promise.race([queue.idle(), down]);
  }

  /** To be called when the breaker has changed. */
  breakerChanged(): void {
    const { breaker, counters } = this.#parts;
    counters.set(DestinationCounter.OpenBreaker, breaker.gauge);
    if (!breaker.isDown) return;
    for (const resolve of this.#downWaiters.splice(0)) resolve();
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
      this.#dropped('QUEUE_FULL', oldest.lostRecords);
    }
    return true;
  }

  #dropped(code: 'QUEUE_FULL' | 'DRAINING', recordCount: number): void {
    const { id, counters, log } = this.#parts;
    counters.add(DestinationCounter.DroppedRecords, recordCount);
    const reason = code === 'QUEUE_FULL' ? 'is full' : 'closes';
    log.warn(code, `${id} ${reason} and is not required: it loses records`, {
      exporter: id,
      droppedRecords: counters.get(DestinationCounter.DroppedRecords),
    });
  }
}

function clampRetryDelayMs(delayMs: number): number {
  return Math.min(Math.max(delayMs, retryDelayMsMin), retryDelayMsMax);
}
