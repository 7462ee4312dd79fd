// One batch at the destinations of its shard: whom it was sent to, who has settled it, and who may
// still read its bytes. Required destinations are consumers, numbered in their order.

import { assert } from '../assert.ts';
import { ChainLink } from '../chain.ts';
import {
  type Batch,
  type Delivery,
  type Destination,
  type Outcome,
  OutcomeKind,
} from '../exporter/destination.ts';
import { DestinationCounter, type ShardCounters } from '../memory/state-page.ts';
import { recordsNotCounted } from '../vault/format.ts';

export const allConsumers = -1;

export abstract class SentBatch extends ChainLink implements Batch {
  readonly bodyOffsetBytes: number;
  readonly bodyLengthBytes: number;
  /** Both come from the scan; a batch that is not sent anywhere may have none. */
  resourceCount = 0;
  recordCount: number = recordsNotCounted;
  /** Of records that a required destination refused: the most of any, and its words. */
  protected rejectedRecords = 0;
  protected message = '';
  protected isSent = false;
  /** Consumers that have yet to settle it, and those that have it or refused it for good. */
  protected outstandingMask = 0;
  protected doneMask = 0;
  /** Made when there is one: in Red a batch is sent to nobody. */
  #required: Delivery[] | undefined = undefined;
  #optional: Delivery[] | undefined = undefined;
  /** Destinations, the vault, and whoever is just handing it over. */
  #readers = 0;
  #dropped = false;

  constructor(bodyOffsetBytes: number, bodyLengthBytes: number) {
    super();
    this.bodyOffsetBytes = bodyOffsetBytes;
    this.bodyLengthBytes = bodyLengthBytes;
  }

  /** What its records count as in sums. */
  get countedRecords(): number {
    return this.recordCount === recordsNotCounted ? 0 : this.recordCount;
  }

  /** Consumers have it that abandonRequired() would take it from, where it is not under way. */
  protected get isWithRequired(): boolean {
    return this.#required !== undefined;
  }

  get isWithOptional(): boolean {
    return this.#optional !== undefined;
  }

  /** A consumer has settled it, in outstandingMask and doneMask too. */
  protected abstract consumerSettled(consumer: number, outcome: Outcome): void;

  /** Nobody reads it any more. */
  protected abstract unread(): void;

  /**
   * Hands it to the destinations that are not required and to these consumers. With `asks` each is
   * asked first, and one that will not take it counts as having abandoned it.
   */
  protected sendTo(destinations: readonly Destination[], consumers: number, asks: boolean): void {
    assert(!this.isSent, 'batch sent twice');
    this.isSent = true;
    // Known before the first hand-over: a destination may settle while the next one is asked. The
    // reader stands for this loop itself.
    this.addReader();
    this.outstandingMask = consumers & ((1 << consumerCount(destinations)) - 1);
    const mask = this.outstandingMask;
    let consumer = -1;
    for (let index = 0; index < destinations.length; index += 1) {
      const destination = destinations[index]!; // inside: checked
      if (destination.required) consumer += 1;
      const isWanted = !destination.required || (mask & (1 << consumer)) !== 0;
      if (isWanted) this.#handOver(destination, index, consumer, asks);
    }
    this.removeReader();
  }

  /** As the vault has it nobody can send it: those that are not required never get it, counted. */
  protected countUnsent(destinations: readonly Destination[]): void {
    for (let index = 0; index < destinations.length; index += 1) {
      if (!destinations[index]!.required) this.#countDropped(index); // inside: checked
    }
  }

  protected addReader(): void {
    this.#readers += 1;
  }

  protected removeReader(): void {
    this.#readers -= 1;
    assert(this.#readers >= 0, 'more readers gone than came');
    if (this.#readers === 0) this.unread();
  }

  /** Settles at once wherever it is not under way. */
  protected abandonRequired(): void {
    // abandon() may settle at once and thereby end this batch, so the list is taken first.
    const deliveries = this.#required;
    if (deliveries === undefined) return;
    this.#required = undefined;
    for (const delivery of deliveries) delivery.abandon();
  }

  protected abandonOptional(): void {
    const deliveries = this.#optional;
    if (deliveries === undefined) return;
    this.#optional = undefined;
    for (const delivery of deliveries) delivery.abandon();
  }

  /** Nobody sends it to the optional destinations again: the loss is counted. */
  protected dropOptional(): void {
    this.#dropped = true;
    this.abandonOptional();
  }

  protected abstract readonly counters: ShardCounters;

  #handOver(destination: Destination, index: number, consumer: number, asks: boolean): void {
    const { required } = destination;
    if (asks && destination.refusal(this.bodyLengthBytes) !== undefined) {
      if (required) this.#settleRequired(destination.id, consumer, notSent);
      else this.#countDropped(index);
      return;
    }
    this.addReader();
    let settled = false;
    const delivery = destination.enqueue(this, (outcome) => {
      assert(!settled, 'batch settled twice by one destination');
      settled = true;
      if (required) this.#settleRequired(destination.id, consumer, outcome);
      else if (this.#dropped && outcome.kind === OutcomeKind.Abandoned) this.#countDropped(index);
      this.removeReader();
    });
    if (settled) return;
    if (required) {
      this.#required ??= [];
      this.#required.push(delivery);
    } else {
      this.#optional ??= [];
      this.#optional.push(delivery);
    }
  }

  #settleRequired(destinationId: string, consumer: number, outcome: Outcome): void {
    const bit = 1 << consumer;
    assert((this.outstandingMask & bit) !== 0, 'settled by a consumer that was not sent it');
    this.outstandingMask &= ~bit;
    if (outcome.kind !== OutcomeKind.Abandoned) {
      this.doneMask |= bit;
      const isRejected = outcome.kind === OutcomeKind.Rejected;
      const rejected = isRejected ? this.recordCount : outcome.rejectedRecords;
      if (rejected > this.rejectedRecords) {
        this.rejectedRecords = rejected;
        this.message = `${destinationId}: ${outcome.message}`;
      }
    }
    this.consumerSettled(consumer, outcome);
  }

  #countDropped(destinationIndex: number): void {
    const counters = this.counters.destination(destinationIndex);
    counters.add(DestinationCounter.DroppedRecords, this.countedRecords);
  }
}

export function consumerCount(destinations: readonly Destination[]): number {
  let count = 0;
  for (const { required } of destinations) if (required) count += 1;
  return count;
}

const notSent: Outcome = { kind: OutcomeKind.Abandoned, rejectedRecords: 0, message: '' };
