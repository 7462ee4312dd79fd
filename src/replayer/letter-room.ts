// Memory for letters that are read: wherever a consumer has room just then. Where none has, all of
// them give back to the disk what they have read and not handed out, also the entries that wait for
// a dead letter that is full: a redrive that waited for those would wait for itself.

import { assert } from '../assert.ts';
import type { ReplayRoom } from './replay-room.ts';

export interface RoomHolder {
  readonly room: ReplayRoom;
  giveWay(): void;
}

export class LetterRoom {
  readonly #holders: readonly RoomHolder[];

  constructor(holders: readonly RoomHolder[]) {
    this.#holders = holders;
  }

  /** Of the largest that has ever room. */
  get sizeBytesMax(): number {
    return Math.max(0, ...this.#holders.map(({ room }) => room.sizeBytes));
  }

  /** Arena offset, or 0: not now. */
  take(sizeBytes: number): number {
    for (const { room } of this.#holders) {
      const offsetBytes = room.take(sizeBytes);
      if (offsetBytes !== 0) return offsetBytes;
    }
    return 0;
  }

  has(offsetBytes: number): boolean {
    return this.#holders.some(({ room }) => room.has(offsetBytes));
  }

  /** One more holder. */
  hold(offsetBytes: number): void {
    this.#room(offsetBytes).hold(offsetBytes);
  }

  release(offsetBytes: number): void {
    this.#room(offsetBytes).release(offsetBytes);
  }

  /** True: an extent of this size has room now; who does not take it at once loses it again. */
  makeWay(sizeBytes: number): boolean {
    for (const holder of this.#holders) {
      holder.giveWay();
      if (holder.room.fits(sizeBytes)) return true;
    }
    return false;
  }

  #room(offsetBytes: number): ReplayRoom {
    const holder = this.#holders.find(({ room }) => room.has(offsetBytes));
    assert(holder !== undefined, 'extent of no room');
    return holder.room;
  }
}
