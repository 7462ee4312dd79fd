// What one consumer has settled, as the replay thread knows it, and the settles that go to the
// vault thread. Both threads do the same operations in the same order, so both know the same. It
// also knows who is at an entry that is not settled: a shard that holds it, or the window.

import type { ConsumerCursor } from '../vault/consumer-cursor.ts';
import { SettleKind } from '../vault/hand-over.ts';
import type { EntryWindow } from './entry-window.ts';
import { HeldEntries } from './held-entries.ts';
import type { SettleOutbox } from './settle-outbox.ts';

/** settle() took nothing: the entry comes again. */
export const notTaken = -1;

export class ConsumerLedger {
  readonly cursor: ConsumerCursor;
  readonly window: EntryWindow;
  readonly outbox: SettleOutbox;
  readonly held: HeldEntries;
  /** Entries below were dropped by the vault. */
  #droppedBelow = 0;

  constructor(
    cursor: ConsumerCursor,
    window: EntryWindow,
    outbox: SettleOutbox,
    held: HeldEntries = new HeldEntries(),
  ) {
    this.cursor = cursor;
    this.window = window;
    this.outbox = outbox;
    this.held = held;
  }

  isBusy(entrySeq: number): boolean {
    return this.held.has(entrySeq) || this.window.has(entrySeq);
  }

  isSettled(entrySeq: number): boolean {
    return this.cursor.isSettled(entrySeq);
  }

  /** How many were not settled before, or notTaken. */
  settle(kind: SettleKind, fromSeq: number, count: number): number {
    if (this.outbox.room === 0) return notTaken;
    const newCount = this.cursor.settle(kind, fromSeq, count);
    if (newCount > 0) this.outbox.add(kind, fromSeq, count);
    return newCount;
  }

  /** Settles what nobody is at in [fromSeq, toSeq). False: not all of it was taken. */
  settleFree(kind: SettleKind, fromSeq: number, toSeq: number): boolean {
    let from = fromSeq;
    for (const entrySeq of [...this.#busyIn(fromSeq, toSeq), toSeq]) {
      if (entrySeq > from && this.settle(kind, from, entrySeq - from) === notTaken) return false;
      from = entrySeq + 1;
    }
    return true;
  }

  /** The vault has dropped what is below. */
  dropBelow(entrySeq: number): void {
    this.#droppedBelow = Math.max(this.#droppedBelow, entrySeq);
    this.held.removeBelow(entrySeq);
    this.settleDropped();
  }

  /** To be repeated as long as the outbox has no room for it. */
  settleDropped(): void {
    const { watermark } = this.cursor;
    if (this.#droppedBelow <= watermark) return;
    this.settle(SettleKind.Dropped, watermark, this.#droppedBelow - watermark);
  }

  #busyIn(fromSeq: number, toSeq: number): number[] {
    const busy: number[] = [];
    const add = (entrySeq: number) => {
      if (entrySeq >= fromSeq && entrySeq < toSeq) busy.push(entrySeq);
    };
    for (const entrySeq of this.held) add(entrySeq);
    for (const { entrySeq } of this.window.entries()) add(entrySeq);
    return busy.sort((a, b) => a - b);
  }
}
