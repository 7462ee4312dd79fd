// A Destination whose every step a test decides: when it refuses, and how each batch ends.

import { assert } from '../../src/assert.ts';
import {
  type Batch,
  type Delivery,
  type Destination,
  type Outcome,
  OutcomeKind,
  type Refusal,
} from '../../src/exporter/destination.ts';

export interface ScriptedDelivery {
  readonly batch: Batch;
  /**
   * True from the moment the exporter would have it on the wire: abandon() no longer settles it.
   */
  sending: boolean;
  abandoned: boolean;
  settled: boolean;
  /** How it was settled. */
  outcome: Outcome | undefined;
  settle(outcome: Outcome): void;
}

export class ScriptedDestination implements Destination {
  readonly id: string;
  readonly required: boolean;
  refusing: Refusal | undefined;
  /** Settles every batch inside enqueue(). */
  isInstant = false;
  readonly deliveries: ScriptedDelivery[] = [];

  constructor(id: string, required = true) {
    this.id = id;
    this.required = required;
  }

  refusal(): Refusal | undefined {
    return this.refusing;
  }

  get open(): ScriptedDelivery[] {
    return this.deliveries.filter((delivery) => !delivery.settled);
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): Delivery {
    assert(!this.required || this.refusing === undefined, 'enqueued, but refused');
    const delivery: ScriptedDelivery = {
      batch,
      sending: false,
      abandoned: false,
      settled: false,
      outcome: undefined,
      settle(outcome) {
        delivery.settled = true;
        delivery.outcome = outcome;
        settle(outcome);
      },
    };
    this.deliveries.push(delivery);
    if (this.isInstant) delivery.settle(delivered);
    return {
      abandon() {
        if (delivery.settled) return;
        delivery.abandoned = true;
        if (!delivery.sending) delivery.settle(abandoned);
      },
    };
  }

  async idle(): Promise<void> {}
  async close(): Promise<void> {}
}

export const delivered: Outcome = { kind: OutcomeKind.Delivered, rejectedRecords: 0, message: '' };
export const abandoned: Outcome = { kind: OutcomeKind.Abandoned, rejectedRecords: 0, message: '' };
export const rejected: Outcome = { kind: OutcomeKind.Rejected, rejectedRecords: 10, message: 'no' };
