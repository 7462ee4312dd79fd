// Which shards entries may be read for. One that has its share of window and room, and takes no
// more, is set aside after a while: its entries are passed over, and gone back to when it takes
// something again. Of one shard nothing is read out of its order.

import { assert } from '../assert.ts';
import type { DeliveryLane } from './delivery-lane.ts';
import type { EntryWindow } from './entry-window.ts';
import type { ReadyEntries } from './ready-entries.ts';
import { noEntry } from './replay-order.ts';
import type { ReplayRoom } from './replay-room.ts';
import type { ShardShares } from './shard-shares.ts';

export interface GateParts {
  readonly window: EntryWindow;
  readonly room: ReplayRoom;
  readonly shares: ShardShares;
  readonly ready: ReadyEntries;
  /** By shard. */
  readonly lanes: readonly DeliveryLane[];
}

/** What could go and is still here: the shard looks at its ring now and then. */
const ringFullMs = 5;

interface Gate {
  /** The first entry that was passed over; noEntry: it is not set aside. */
  fromSeq: number;
  /** What that entry takes of the room. */
  neededBytes: number;
  /** Gone back for, and not yet where the others are. */
  isBehind: boolean;
}

export class ShardGate {
  readonly #parts: GateParts;
  readonly #gates: readonly Gate[];

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#gates = parts.lanes.map(() => ({ fromSeq: noEntry, neededBytes: 0, isBehind: false }));
  }

  /** May an entry of the shard be taken, in this extent of the room? */
  admits(shard: number, extent: number, nowMs: number): boolean {
    const { window, room, shares } = this.#parts;
    if (this.isAside(shard)) return false;
    const newBytes = shares.newBytes(shard, extent);
    const isAhead = this.isHeld(shard, nowMs);
    return shares.allows(shard, newBytes, room.freeBytes, window.freeCount, isAhead);
  }

  isAside(shard: number): boolean {
    return this.#gate(shard).fromSeq !== noEntry;
  }

  /** It takes nothing now. */
  isHeld(shard: number, nowMs: number): boolean {
    return this.#shardMs(shard, nowMs) > 0;
  }

  get hasAside(): boolean {
    return this.#gates.some(({ fromSeq }) => fromSeq !== noEntry);
  }

  get hasBehind(): boolean {
    return this.#gates.some(({ isBehind }) => isBehind);
  }

  /** Nothing of the shard is read from this entry on; `neededBytes`: what it takes of the room. */
  setAside(shard: number, entrySeq: number, neededBytes: number): void {
    const gate = this.#gate(shard);
    gate.isBehind = false;
    if (gate.fromSeq !== noEntry && gate.fromSeq <= entrySeq) return;
    gate.fromSeq = entrySeq;
    gate.neededBytes = neededBytes;
  }

  /** Shards that can take something again: the entry to go back to, or noEntry. */
  takeFreed(nowMs: number): number {
    let backTo = noEntry;
    for (let shard = 0; shard < this.#gates.length; shard += 1) {
      const gate = this.#gate(shard);
      if (gate.fromSeq === noEntry || !this.#isFreed(shard, gate, nowMs)) continue;
      backTo = backTo === noEntry ? gate.fromSeq : Math.min(backTo, gate.fromSeq);
      gate.fromSeq = noEntry;
      gate.isBehind = true;
    }
    return backTo;
  }

  /** All are where the walk is. */
  caughtUp(): void {
    for (const gate of this.#gates) gate.isBehind = false;
  }

  /** Ms until something could go out that is not read yet, as far as time decides. */
  waitMs(nowMs: number): number {
    let waitMs = Number.POSITIVE_INFINITY;
    for (let shard = 0; shard < this.#gates.length; shard += 1) {
      if (!this.isAside(shard)) waitMs = Math.min(waitMs, this.#shardMs(shard, nowMs));
    }
    return waitMs;
  }

  /** Ms until a shard that is set aside could take something, unless an answer says so. */
  asideMs(nowMs: number): number {
    let asideMs = Number.POSITIVE_INFINITY;
    for (let shard = 0; shard < this.#gates.length; shard += 1) {
      if (!this.isAside(shard)) continue;
      const waitMs = this.#shardMs(shard, nowMs);
      if (waitMs > 0) asideMs = Math.min(asideMs, waitMs); // else its answers come first
    }
    return asideMs;
  }

  #isFreed(shard: number, { neededBytes }: Gate, nowMs: number): boolean {
    const { window, room, shares } = this.#parts;
    if (this.isHeld(shard, nowMs)) return false;
    // Into a place of its own, and not for one entry alone: going back costs a read in vain.
    const freeBytes = room.freeBytes - neededBytes;
    return shares.allows(shard, neededBytes, freeBytes, window.freeCount, true);
  }

  #gate(shard: number): Gate {
    const gate = this.#gates[shard];
    assert(gate !== undefined, 'no such shard');
    return gate;
  }

  /** Ms until it takes what it has not got yet, as far as time decides. */
  #shardMs(shard: number, nowMs: number): number {
    const { lanes, ready } = this.#parts;
    const lane = lanes[shard]!; // one for each shard
    const first = ready.first(shard);
    if (first === undefined) return lane.waitMs(nowMs, 0);
    return Math.max(ringFullMs, lane.waitMs(nowMs, first.bodyLengthBytes));
  }
}
