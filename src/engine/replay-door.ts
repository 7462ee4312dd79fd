// The replay thread's door to the destinations of a shard: entries come in, are sent like any other
// batch, each to the one consumer that has not settled it, and how that ended goes back. The bytes
// belong to the replay thread until then.

import { assert } from '../assert.ts';
import { Chain, ChainLink } from '../chain.ts';
import type { Clock } from '../clock.ts';
import {
  type Batch,
  type Delivery,
  type Destination,
  type Outcome,
  OutcomeKind,
} from '../exporter/destination.ts';
import { DestinationCounter, ShardCounter, type ShardCounters } from '../memory/state-page.ts';
import { ringRecordWords, type ThreadRing } from '../memory/thread-ring.ts';
import type { WakeFlag } from '../memory/wake-flag.ts';
import { DoneKind, sequenceOf } from '../vault/hand-over.ts';
import type { ReplayLine } from './replay-line.ts';

export interface ReplayDoorParts {
  readonly clock: Clock;
  readonly counters: ShardCounters;
  readonly destinations: readonly Destination[];
  readonly fromReplay: ThreadRing;
  /** The replay thread raises it when entries wait. */
  readonly flag: WakeFlag;
  readonly replay: ReplayLine;
}

export class ReplayDoor {
  readonly #parts: ReplayDoorParts;
  /** Required ones, in their order, and where each is among all. */
  readonly #consumers: readonly { readonly destination: Destination; readonly index: number }[];
  readonly #record = new Uint32Array(ringRecordWords);
  readonly #out = new Chain<ReplayedBatch>();
  #draining = false;
  #drained: (() => void) | undefined;

  constructor(parts: ReplayDoorParts) {
    this.#parts = parts;
    this.#consumers = parts.destinations
      .map((destination, index) => ({ destination, index }))
      .filter(({ destination }) => destination.required);
  }

  get outCount(): number {
    return this.#out.size;
  }

  /** The message of the replay thread has come: entries wait. */
  wake(): void {
    const { flag, fromReplay } = this.#parts;
    flag.lower();
    while (fromReplay.pop(this.#record)) this.#deliver(new ReplayedBatch(this.#record));
  }

  /**
   * Takes back what is not under way to its destination, and takes nothing any more. Resolves when
   * the rest is answered, at the latest after `graceMs`: what a destination has and did not say so
   * in time would be sent to it again.
   */
  async drain(graceMs: number): Promise<void> {
    this.#draining = true;
    for (const batch of this.#out.links()) batch.delivery?.abandon();
    if (this.outCount === 0) return;
    const answered = new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
    const timer = this.#parts.clock.after(graceMs, () => this.drainNow());
    await answered;
    timer.cancel();
  }

  /** Ends the wait of drain(). */
  drainNow(): void {
    this.#drained?.();
  }

  #deliver(batch: ReplayedBatch): void {
    const consumer = this.#consumers[batch.consumer];
    assert(consumer !== undefined, 'entry for a consumer that is not there');
    const { destination, index } = consumer;
    if (this.#draining || destination.refusal(batch.bodyLengthBytes) !== undefined) {
      this.#answer(batch, again);
      return;
    }
    const { counters } = this.#parts;
    counters.add(ShardCounter.ReplayedBatches, 1);
    this.#out.add(batch);
    batch.delivery = destination.enqueue(batch, (outcome) => {
      assert(batch.isChained, 'entry settled twice');
      this.#out.delete(batch);
      if (outcome.kind === OutcomeKind.Delivered) {
        counters.destination(index).add(DestinationCounter.ReplayedBatches, 1);
      }
      this.#answer(batch, outcome);
      if (this.outCount === 0) this.drainNow();
    });
  }

  #answer({ token, consumer, entrySeq }: ReplayedBatch, outcome: Outcome): void {
    const kind = doneKinds[outcome.kind];
    const { rejectedRecords } = outcome;
    this.#parts.replay.say({ kind, token, consumer, entrySeq, rejectedRecords, statusCode: 0 });
  }
}

/** A record `deliver` of the ring (vault/hand-over.ts). */
class ReplayedBatch extends ChainLink implements Batch {
  readonly isBacklog = true;
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  readonly token: number;
  readonly consumer: number;
  readonly resourceCount: number;
  readonly recordCount: number;
  readonly entrySeq: number;
  delivery: Delivery | undefined = undefined;

  constructor(record: Uint32Array) {
    super();
    assert(record.length === ringRecordWords, 'not a record');
    const [offset = 0, length = 0, token = 0, consumer = 0, resources = 0, records = 0] = record;
    this.bodyOffsetBytes = offset;
    this.bodyLengthBytes = length;
    this.token = token;
    this.consumer = consumer;
    this.resourceCount = resources;
    this.recordCount = records;
    this.entrySeq = sequenceOf(record[6]!, record[7]!); // the length is checked
  }
}

const doneKinds = {
  [OutcomeKind.Delivered]: DoneKind.Delivered,
  [OutcomeKind.Rejected]: DoneKind.Rejected,
  [OutcomeKind.Abandoned]: DoneKind.Again,
} as const;

const again: Outcome = { kind: OutcomeKind.Abandoned, rejectedRecords: 0, message: '' };
