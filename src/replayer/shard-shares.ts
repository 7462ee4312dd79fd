// What the entries of each shard keep of one consumer's window and room. A shard whose destination
// stands still keeps what it has; so none takes more than a multiple of what is free, and however
// much one has, and how many have it, something is left for the others.

import { assert } from '../assert.ts';
import type { ReplayRoom } from './replay-room.ts';

/** Of a WindowEntry. */
export interface ShardEntry {
  readonly shard: number;
  /** Extents of the room; 0: none. */
  readonly blockExtent: number;
  readonly ownExtent: number;
  /** Counted here. */
  isShared: boolean;
}

/** With a multiple of 3 one shard keeps up to three quarters, and two that stand still 3/7 each. */
const shareOfFree = 3;

/** Read ahead for a shard that takes nothing now: it saves reading again, and no more. */
const aheadShareOfFree = 1;

interface Share {
  entryCount: number;
  /** Of the extents that its entries hold, each counted once. */
  sizeBytes: number;
  /** How many of its entries hold an extent. */
  readonly holders: Map<number, number>;
}

export class ShardShares {
  readonly #room: ReplayRoom;
  readonly #shares: readonly Share[];

  constructor(room: ReplayRoom, shardCount: number) {
    assert(shardCount >= 1, 'no shard');
    this.#room = room;
    this.#shares = Array.from({ length: shardCount }, () => {
      return { entryCount: 0, sizeBytes: 0, holders: new Map() };
    });
  }

  /** That it would take more of the room if it held this extent, which is in the room. */
  newBytes(shard: number, extent: number): number {
    if (extent === 0 || this.#of(shard).holders.has(extent)) return 0;
    return this.#room.extentSizeBytes(extent);
  }

  /**
   * May the shard take one entry more and `newBytes` of the room, of which `freeBytes` would be
   * left? One that has nothing may: an entry of any size has its turn. `isAhead`: the entry need
   * not be here, since it cannot go at once.
   */
  allows(
    shard: number,
    newBytes: number,
    freeBytes: number,
    freeEntries: number,
    isAhead: boolean,
  ): boolean {
    const { entryCount, sizeBytes } = this.#of(shard);
    if (entryCount === 0 || this.#shares.length === 1) return true;
    const share = isAhead ? aheadShareOfFree : shareOfFree;
    return sizeBytes + newBytes <= share * freeBytes && entryCount < share * freeEntries;
  }

  take(entry: ShardEntry): void {
    assert(!entry.isShared, 'entry is counted already');
    const share = this.#of(entry.shard);
    entry.isShared = true;
    share.entryCount += 1;
    this.#hold(share, entry.blockExtent);
    this.#hold(share, entry.ownExtent);
  }

  /** Before its extents are released; nothing if it was not taken. */
  giveBack(entry: ShardEntry): void {
    if (!entry.isShared) return;
    const share = this.#of(entry.shard);
    entry.isShared = false;
    share.entryCount -= 1;
    this.#release(share, entry.blockExtent);
    this.#release(share, entry.ownExtent);
  }

  #hold(share: Share, extent: number): void {
    if (extent === 0) return;
    const holders = share.holders.get(extent) ?? 0;
    share.holders.set(extent, holders + 1);
    if (holders === 0) share.sizeBytes += this.#room.extentSizeBytes(extent);
  }

  #release(share: Share, extent: number): void {
    if (extent === 0) return;
    const holders = share.holders.get(extent);
    assert(holders !== undefined, 'shard does not hold the extent');
    if (holders > 1) {
      share.holders.set(extent, holders - 1);
      return;
    }
    share.holders.delete(extent);
    share.sizeBytes -= this.#room.extentSizeBytes(extent);
  }

  #of(shard: number): Share {
    return this.#shares[shard]!; // one for each shard
  }
}
