// An entry of the vault that this shard sends to consumers itself. The vault holds it back from the
// replayer for them until it hears, once for each, how that ended. What ends before the vault has
// answered is remembered until the entry has its number.

import { assert } from '../assert.ts';
import { OutcomeKind } from '../exporter/destination.ts';
import type { VaultDoor } from './vault-door.ts';

export class HeldEntry {
  readonly heldMask: number;
  readonly settledMask: number;
  readonly #vault: VaultDoor;
  #entrySeq = -1;
  /** Held, and not yet said how it ended. */
  #openMask: number;
  /** Said, but the entry had no number. */
  #deliveredMask = 0;
  #releasedMask = 0;
  /** Of those delivered: how many records they refused that the producer has not heard of. */
  #untoldByConsumer: number[] | undefined = undefined;

  constructor(vault: VaultDoor, heldMask: number, settledMask: number) {
    assert((heldMask & settledMask) === 0, 'a consumer both holds an entry and has it');
    this.heldMask = heldMask;
    this.settledMask = settledMask;
    this.#vault = vault;
    this.#openMask = heldMask;
  }

  get isStored(): boolean {
    return this.#entrySeq >= 0;
  }

  /** It is on disk, under this number. */
  stored(entrySeq: number): void {
    assert(!this.isStored && entrySeq >= 0, 'stored twice');
    this.#entrySeq = entrySeq;
    if (this.#deliveredMask !== 0) {
      this.#each(this.#deliveredMask, (consumer) =>
        this.#vault.settled(entrySeq, consumer, this.#untoldByConsumer?.[consumer] ?? 0),
      );
    }
    if (this.#releasedMask !== 0) {
      this.#each(this.#releasedMask, (consumer) => this.#vault.released(entrySeq, consumer));
    }
  }

  /**
   * What a destination refused for good, the replayer finds out again, for the dead letters;
   * `untoldRecords` are those of a delivery that the producer has not heard of.
   */
  settle(consumer: number, outcome: OutcomeKind, untoldRecords: number): void {
    const bit = 1 << consumer;
    assert((this.#openMask & bit) !== 0, 'settled by a consumer that it is not held for');
    this.#openMask &= ~bit;
    const isDelivered = outcome === OutcomeKind.Delivered;
    if (this.isStored) {
      if (isDelivered) this.#vault.settled(this.#entrySeq, consumer, untoldRecords);
      else this.#vault.released(this.#entrySeq, consumer);
    } else if (isDelivered) {
      this.#deliveredMask |= bit;
      this.#untoldByConsumer ??= [];
      this.#untoldByConsumer[consumer] = untoldRecords;
    } else this.#releasedMask |= bit;
  }

  /** It will not be sent after all. */
  releaseAll(): void {
    this.#each(this.#openMask, (consumer) => this.settle(consumer, OutcomeKind.Abandoned, 0));
  }

  #each(mask: number, tell: (consumer: number) => void): void {
    for (let rest = mask; rest !== 0; rest &= rest - 1) tell(31 - Math.clz32(rest & -rest));
  }
}
