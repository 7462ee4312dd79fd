// What happened to a vault, and when: each event with the place that the log of its disk had by
// then. From it comes what the vault owes after power was lost at any place.

import type { BlockHeader } from '../../src/vault/block-header.ts';
import { type Submission, VaultModel } from '../support/vault-model.ts';
import type { PowerOptions } from './power-vault.ts';

export type PowerEvent =
  /** The disk holds nothing of it at this place. */
  | { readonly kind: 'submitted'; readonly producer: number; readonly sizeBytes: number }
  /** The disk holds all of it at this place. */
  | {
      readonly kind: 'acknowledged';
      readonly acks: readonly { readonly submission: Submission; readonly entrySeq: number }[];
      readonly end: { readonly liveSegmentId: number; readonly blockSeq: number };
    }
  /** The disk knows nothing of it at this place. */
  | {
      readonly kind: 'settled';
      readonly consumer: number;
      readonly fromSeq: number;
      readonly count: number;
    }
  /** A start decided what of the batches without an answer is in the log, and it says so. */
  | {
      readonly kind: 'started';
      readonly left: readonly BlockHeader[];
      readonly found: readonly { readonly submission: Submission; readonly entrySeq: number }[];
    };

export class PowerHistory {
  readonly #options: PowerOptions;
  /** Of earlier lives of the disk: nothing can take them back. */
  readonly #past: readonly PowerEvent[];
  readonly #events: { readonly place: number; readonly event: PowerEvent }[] = [];

  constructor(options: PowerOptions, past: readonly PowerEvent[] = []) {
    this.#options = options;
    this.#past = past;
  }

  add(place: number, event: PowerEvent): void {
    this.#events.push({ place, event });
  }

  /** Where batches were acknowledged, and those of them that were the first of their file. */
  acknowledgedPlaces(): { readonly all: readonly number[]; readonly first: readonly number[] } {
    const all: number[] = [];
    const first: number[] = [];
    let segmentId = 0;
    for (const { place, event } of this.#events) {
      if (event.kind !== 'acknowledged') continue;
      all.push(place);
      if (event.end.liveSegmentId !== segmentId) first.push(place);
      segmentId = event.end.liveSegmentId;
    }
    return { all, first };
  }

  /** False: power was lost in the first start of this life. */
  hasStarted(place: number): boolean {
    return this.#events.some(({ event, place: at }) => event.kind === 'started' && at <= place);
  }

  until(place: number): PowerEvent[] {
    const events = this.#events.filter((one) => one.place <= place);
    return [...this.#past, ...events.map(({ event }) => event)];
  }

  modelAt(place: number): VaultModel {
    const { consumerCount, fullPolicy } = this.#options;
    const model = new VaultModel(consumerCount, fullPolicy === 'drop_oldest');
    const open = new Map<number, Submission>();
    for (const event of this.until(place)) replay(event, model, open);
    return model;
  }
}

function replay(event: PowerEvent, model: VaultModel, open: Map<number, Submission>): void {
  switch (event.kind) {
    case 'submitted': {
      const submission = model.submit(event.producer, event.sizeBytes);
      open.set(submission.number, submission);
      return;
    }
    case 'acknowledged':
      model.acknowledged(event.acks, event.end);
      for (const { submission } of event.acks) open.delete(submission.number);
      return;
    case 'settled':
      model.settle(event.consumer, event.fromSeq, event.count);
      return;
    case 'started':
      model.left(event.left);
      for (const { submission, entrySeq } of event.found) {
        model.store(entrySeq, submission);
        open.delete(submission.number);
      }
      model.voidUnacknowledged([...open.values()]);
      open.clear();
      return;
  }
}
