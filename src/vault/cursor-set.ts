// The cursors of all configured consumers, as the vault thread keeps them: what is settled in
// memory, when it goes to disk, and up to where the log may be deleted. With a disk that refuses
// writes it goes on in memory; then nothing more may be deleted.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import type { ConsumerCursor, CursorSnapshot } from './consumer-cursor.ts';
import type { CursorFile } from './cursor-file.ts';
import type { SettleKind } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import type { U64 } from './u64.ts';

/** One consumer. */
export interface CursorSetMember {
  readonly consumer: string;
  readonly consumerHash: U64;
  readonly cursor: ConsumerCursor;
  /** Undefined: nothing is written. */
  readonly file: CursorFile | undefined;
  /** Entries below it may be deleted, as long as the disk has no valid slot. */
  readonly startSeq: number;
  /** The disk does not say what the cursor says. */
  readonly isChanged: boolean;
}

/** How far the log is durable, written into each slot: recovery learns from it. */
export interface DurablePoint {
  readonly blockSeq: number;
  /** Exclusive. */
  readonly entryEnd: number;
}

export class CursorSet {
  readonly #members: readonly CursorSetMember[];
  readonly #identity: { readonly vaultTag: number; readonly epoch: number };
  readonly #clock: Clock;
  /** For each: changed since it was written. */
  readonly #changed: boolean[];
  #lastFault: IoFault = IoFault.None;

  /** Made by startCursors(). New consumers get their file with the first writeDirty(). */
  constructor(
    members: readonly CursorSetMember[],
    identity: { readonly vaultTag: number; readonly epoch: number },
    clock: Clock,
  ) {
    this.#members = members;
    this.#identity = identity;
    this.#clock = clock;
    this.#changed = members.map(({ isChanged }) => isChanged);
  }

  get count(): number {
    return this.#members.length;
  }

  /** To look at. Settled is by settle() here, which knows that the disk has to follow. */
  cursor(consumerIndex: number): ConsumerCursor {
    return this.#member(consumerIndex).cursor;
  }

  /** As ConsumerCursor.settle(). */
  settle(consumerIndex: number, kind: SettleKind, fromSeq: number, count: number): number {
    const newCount = this.#member(consumerIndex).cursor.settle(kind, fromSeq, count);
    if (newCount > 0) this.#changed[consumerIndex] = true;
    return newCount;
  }

  /** As ConsumerCursor.redriven(). */
  redriven(consumerIndex: number, count: number): void {
    this.#member(consumerIndex).cursor.redriven(count);
    this.#changed[consumerIndex] = true;
  }

  /** For all consumers; never refused. */
  settleAllBelow(kind: SettleKind, endSeq: number): void {
    for (const [index, { cursor }] of this.#members.entries()) {
      if (cursor.settleBelow(kind, endSeq) > 0) this.#changed[index] = true;
    }
  }

  /** The disk does not say yet what memory says. */
  get isDirty(): boolean {
    return this.#members.some((_, index) => this.#isDirty(index));
  }

  /**
   * Writes each cursor that is dirty, once, over its older slot. None: all are durable. Otherwise
   * the last fault; those that failed stay dirty, and their files are as they were.
   */
  writeDirty(durable: DurablePoint): IoFault {
    let lastFault: IoFault = IoFault.None;
    for (const [index, member] of this.#members.entries()) {
      if (!this.#isDirty(index)) continue;
      const fault = this.#write(member, durable);
      if (fault === IoFault.None) this.#changed[index] = false;
      else lastFault = fault;
    }
    if (lastFault !== IoFault.None) this.#lastFault = lastFault;
    return lastFault;
  }

  /**
   * Before a deletion that depends on it, and at the end: afterwards both slots of each cursor have
   * all that is settled, unless a fault says otherwise.
   */
  writeThrough(durable: DurablePoint): IoFault {
    const fault = this.writeDirty(durable);
    return fault === IoFault.None ? this.writeDirty(durable) : fault;
  }

  /** Of any write so far, even if a new file made up for it; None: all went well. */
  get lastFault(): IoFault {
    return this.#lastFault;
  }

  /** Whatever is lost of this cursor but all of it, entries below have been settled. */
  durableWatermark(consumerIndex: number): number {
    const { file, startSeq } = this.#member(consumerIndex);
    const watermark = file?.durableWatermark ?? Number.POSITIVE_INFINITY;
    return watermark === Number.POSITIVE_INFINITY ? startSeq : watermark;
  }

  /** A finished segment below it may be deleted. Without consumers nothing may. */
  get lowestDurableWatermark(): number {
    if (this.#members.length === 0) return 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < this.#members.length; index += 1) {
      lowest = Math.min(lowest, this.durableWatermark(index));
    }
    return lowest;
  }

  /** In memory: the oldest entry that some consumer has not settled. Without consumers 0. */
  get lowestWatermark(): number {
    if (this.#members.length === 0) return 0;
    let lowest = Number.POSITIVE_INFINITY;
    for (const { cursor } of this.#members) lowest = Math.min(lowest, cursor.watermark);
    return lowest;
  }

  /** For the replay thread, at its start. */
  snapshots(): CursorSnapshot[] {
    return this.#members.map(({ cursor }) => cursor.snapshot());
  }

  /** Of configured consumers, as they are on disk. */
  get sizeBytes(): number {
    return this.#members.reduce((sum, { file }) => sum + (file?.sizeBytes ?? 0), 0);
  }

  close(): void {
    for (const { file } of this.#members) file?.close();
  }

  #member(consumerIndex: number): CursorSetMember {
    const member = this.#members[consumerIndex];
    assert(member !== undefined, 'consumer index out of range');
    return member;
  }

  // Also when only one of the two slots has it: deletion waits for the other.
  #isDirty(index: number): boolean {
    const { file, cursor } = this.#member(index);
    if (file === undefined) return false;
    return (this.#changed[index] ?? false) || file.durableWatermark < cursor.watermark;
  }

  #write({ cursor, file, consumerHash }: CursorSetMember, durable: DurablePoint): IoFault {
    assert(file !== undefined, 'write of a cursor without a file');
    const { slot } = cursor;
    slot.vaultTag = this.#identity.vaultTag;
    slot.epoch = this.#identity.epoch;
    slot.consumerHash.copy(consumerHash);
    slot.durableSeq = Math.max(slot.durableSeq, durable.blockSeq);
    slot.durableEntryEnd = Math.max(slot.durableEntryEnd, durable.entryEnd);
    slot.writtenNs.setNsOfMs(this.#clock.wallMs());
    const fault = file.write(slot);
    if (file.lastFault !== IoFault.None) this.#lastFault = file.lastFault;
    return fault;
  }
}
