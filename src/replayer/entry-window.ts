// The entries of one consumer that are between disk and destination, at most a thousand. Slots are
// reused; a token names one use of a slot, so that an answer for an earlier use is known as such.

import { assert } from '../assert.ts';
import { NumberTable } from './number-table.ts';
import type { ReplayRoom } from './replay-room.ts';
import type { ShardShares } from './shard-shares.ts';

export const EntryPhase = {
  Free: 0,
  /** Read and decoded, not handed out yet or handed back. */
  Ready: 1,
  /** At a shard. */
  Out: 2,
  /** On its way into the dead letter. */
  Burying: 3,
} as const;
export type EntryPhase = (typeof EntryPhase)[keyof typeof EntryPhase];

/** Set from the specification: what replay may hold unsettled. */
export const windowEntriesMax = 1_000;

const slotBits = 10;
const generationMax = 2 ** (32 - slotBits) - 1;

export class WindowEntry {
  readonly slot: number;
  /** 0: never one of a live entry. */
  token = 0;
  phase: EntryPhase = EntryPhase.Free;
  entrySeq = 0;
  shard = 0;
  /** Where its header is, with the body as received behind it; 0: that is gone. */
  headerOffsetBytes = 0;
  /** What is sent. */
  bodyOffsetBytes = 0;
  bodyLengthBytes = 0;
  resourceCount = 0;
  recordCount = 0;
  /** Extents of the room that it holds; 0: none. */
  blockExtent = 0;
  ownExtent = 0;
  /** Counted in its shard's share. */
  isShared = false;
  /** Times that it was handed out. */
  attempts = 0;
  handedOutMs = 0;

  constructor(slot: number) {
    this.slot = slot;
  }
}

export class EntryWindow {
  readonly #room: ReplayRoom;
  readonly #shares: ShardShares;
  readonly #entriesMax: number;
  readonly #slots: WindowEntry[] = [];
  readonly #free: WindowEntry[] = [];
  readonly #entryBySeq = new NumberTable<WindowEntry>();

  /** What its entries hold is in this room, and goes out of the shares with them. */
  constructor(room: ReplayRoom, shares: ShardShares, entriesMax: number = windowEntriesMax) {
    assert(entriesMax >= 1 && entriesMax <= 2 ** slotBits, 'window off its limits');
    this.#room = room;
    this.#shares = shares;
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#entryBySeq.size;
  }

  get isFull(): boolean {
    return this.size >= this.#entriesMax;
  }

  get freeCount(): number {
    return this.#entriesMax - this.size;
  }

  has(entrySeq: number): boolean {
    return this.#entryBySeq.has(entrySeq);
  }

  /** Undefined: the token's use of its slot is over. */
  byToken(token: number): WindowEntry | undefined {
    const entry = this.#slots[token & (2 ** slotBits - 1)];
    if (entry === undefined || entry.phase === EntryPhase.Free) return undefined;
    return entry.token === token ? entry : undefined;
  }

  entries(): IterableIterator<WindowEntry> {
    return this.#entryBySeq.values();
  }

  add(entrySeq: number): WindowEntry {
    assert(!this.isFull, 'window is full');
    assert(!this.has(entrySeq), 'entry is in the window already');
    const entry = this.#free.pop() ?? this.#newSlot();
    const generation = ((entry.token >>> slotBits) % generationMax) + 1;
    entry.token = (generation * 2 ** slotBits + entry.slot) >>> 0;
    entry.entrySeq = entrySeq;
    entry.attempts = 0;
    entry.phase = EntryPhase.Ready;
    this.#entryBySeq.add(entrySeq, entry);
    return entry;
  }

  /** Gives its memory back: nobody may be reading it. */
  remove(entry: WindowEntry): void {
    assert(this.#entryBySeq.get(entry.entrySeq) === entry, 'entry is not in the window');
    this.releaseExtents(entry);
    this.#entryBySeq.delete(entry.entrySeq);
    entry.phase = EntryPhase.Free;
    this.#free.push(entry);
  }

  /** It is its shard's no more. */
  releaseExtents(entry: WindowEntry): void {
    this.#shares.giveBack(entry);
    if (entry.blockExtent !== 0) this.#room.release(entry.blockExtent);
    if (entry.ownExtent !== 0) this.#room.release(entry.ownExtent);
    entry.blockExtent = 0;
    entry.ownExtent = 0;
  }

  #newSlot(): WindowEntry {
    const entry = new WindowEntry(this.#slots.length);
    this.#slots.push(entry);
    return entry;
  }
}
