// A Destination whose every step a test decides: when it refuses, and how each batch ends.

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
  settle(outcome: Outcome): void;
}

export class ScriptedDestination implements Destination {
  readonly id: string;
  readonly required: boolean;
  refusing: Refusal | undefined;
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
    const delivery: ScriptedDelivery = {
      batch,
      sending: false,
      abandoned: false,
      settled: false,
      settle(outcome) {
        delivery.settled = true;
        settle(outcome);
      },
    };
    this.deliveries.push(delivery);
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
