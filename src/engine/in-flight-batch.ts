// One accepted batch from the pivot to its last settlement. It keeps the two promises that meet
// here: the producer gets exactly one answer, and OK only when every required destination has the
// batch; the slab is given back exactly once, when no destination can read it any more.

import { assert } from '../assert.ts';
import { ChainLink } from '../chain.ts';
import type { ErrorCode } from '../errors.ts';
import {
  type Batch,
  type Delivery,
  type Destination,
  type Outcome,
  OutcomeKind,
} from '../exporter/destination.ts';
import type { IngestCall } from '../ingester/ingest-call.ts';
import { DestinationCounter, ShardCounter, type ShardCounters } from '../memory/state-page.ts';

export interface InFlightOwner {
  readonly counters: ShardCounters;
  /** Every destination has settled: the slab may be used again. */
  release(batch: InFlightBatch): void;
}

export class InFlightBatch extends ChainLink implements Batch {
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  readonly resourceCount: number;
  readonly recordCount: number;
  readonly slab: number;
  /** On the monotonic clock: when the producer is answered, whatever has happened. */
  readonly deadlineMs: number;

  readonly #call: IngestCall;
  readonly #owner: InFlightOwner;
  #deliveries: Delivery[] = [];
  #requiredOutstanding = 0;
  #requiredDelivered = 0;
  #outstanding = 0;
  #answered = false;
  #dropped = false;
  #rejectedRecords = 0;
  #message = '';

  constructor(
    call: IngestCall,
    counts: { readonly resourceCount: number; readonly recordCount: number },
    deadlineMs: number,
    owner: InFlightOwner,
  ) {
    super();
    this.#call = call;
    this.#owner = owner;
    this.slab = call.slab;
    this.bodyOffsetBytes = call.bodyOffsetBytes;
    this.bodyLengthBytes = call.bodyLengthBytes;
    this.resourceCount = counts.resourceCount;
    this.recordCount = counts.recordCount;
    this.deadlineMs = deadlineMs;
  }

  get answered(): boolean {
    return this.#answered;
  }

  /** Hands the batch to every destination. The pivot has asked them; they take it. */
  dispatch(destinations: readonly Destination[]): void {
    assert(this.#outstanding === 0, 'batch dispatched twice');
    const { counters } = this.#owner;
    counters.add(ShardCounter.InflightBatches, 1);
    counters.add(ShardCounter.InflightBytes, this.bodyLengthBytes);
    this.#call.onGone = () => this.#producerGone();

    // Counted before the first hand-over: a destination may settle while the next one is asked. The
    // one on top stands for this loop itself.
    this.#outstanding = destinations.length + 1;
    for (const destination of destinations)
      if (destination.required) this.#requiredOutstanding += 1;
    if (this.#requiredOutstanding === 0) this.#answerOk();
    for (let index = 0; index < destinations.length; index += 1) {
      this.#handOver(destinations[index]!, index); // inside: checked
    }
    this.#settleOne();
  }

  /** Answers with a retryable error and takes the batch back wherever it is not on its way. */
  giveUp(code: ErrorCode, message: string, retryDelayMs: number): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#owner.counters.addRefused(code);
    this.#countPartlyDelivered();
    this.#call.answer({ kind: 'error', code, message, retryDelayMs });
    this.#abandonAll();
  }

  /**
   * For an answered batch, which only destinations that are not required still wait for: takes it
   * back from them and counts the loss, so that its slab can serve somebody who is waiting.
   */
  drop(): void {
    assert(this.#answered, 'batch dropped before its producer was answered');
    this.#dropped = true;
    this.#abandonAll();
  }

  #handOver(destination: Destination, index: number): void {
    let settled = false;
    const delivery = destination.enqueue(this, (outcome) => {
      assert(!settled, 'batch settled twice by one destination');
      settled = true;
      if (destination.required) this.#settleRequired(destination.id, outcome);
      else if (this.#dropped && outcome.kind === OutcomeKind.Abandoned) this.#countDropped(index);
      this.#settleOne();
    });
    if (!settled) this.#deliveries.push(delivery);
  }

  #settleRequired(destinationId: string, outcome: Outcome): void {
    this.#requiredOutstanding -= 1;
    if (outcome.kind === OutcomeKind.Abandoned) {
      assert(this.#answered, 'required destination abandoned a batch that nobody gave up');
      return;
    }
    this.#requiredDelivered += 1;
    const rejected =
      outcome.kind === OutcomeKind.Rejected ? this.recordCount : outcome.rejectedRecords;
    if (rejected > this.#rejectedRecords) {
      this.#rejectedRecords = rejected;
      this.#message = `${destinationId}: ${outcome.message}`;
    }
    if (this.#requiredOutstanding === 0 && !this.#answered) this.#answerOk();
  }

  #answerOk(): void {
    this.#answered = true;
    const { counters } = this.#owner;
    counters.add(ShardCounter.AckedBatches, 1);
    counters.add(ShardCounter.AckedRecords, this.recordCount);
    counters.add(ShardCounter.AckedBytes, this.bodyLengthBytes);
    this.#call.answer({
      kind: 'ok',
      rejectedRecords: this.#rejectedRecords,
      message: this.#message,
    });
  }

  #producerGone(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#owner.counters.add(ShardCounter.GoneBatches, 1);
    this.#countPartlyDelivered();
    this.#abandonAll();
  }

  #countPartlyDelivered(): void {
    if (this.#requiredDelivered === 0) return;
    this.#owner.counters.add(ShardCounter.PartlyDeliveredBatches, 1);
  }

  #countDropped(destinationIndex: number): void {
    const counters = this.#owner.counters.destination(destinationIndex);
    counters.add(DestinationCounter.DroppedRecords, this.recordCount);
  }

  #abandonAll(): void {
    // abandon() may settle at once and thereby end this batch, so the list is taken first.
    const deliveries = this.#deliveries;
    this.#deliveries = [];
    for (const delivery of deliveries) delivery.abandon();
  }

  #settleOne(): void {
    this.#outstanding -= 1;
    assert(this.#outstanding >= 0, 'more settlements than destinations');
    if (this.#outstanding > 0) return;
    assert(this.#answered, 'batch settled without an answer');
    const { counters } = this.#owner;
    counters.add(ShardCounter.InflightBatches, -1);
    counters.add(ShardCounter.InflightBytes, -this.bodyLengthBytes);
    this.#call.onGone = undefined;
    this.#owner.release(this);
  }
}
