// The memory that one consumer's entries are in between disk and destination: one region of the
// arena, given out in extents, first fit. A block of entries is one extent that all of them hold;
// it is free when the last of them is settled. The region has the size of the largest entry, so
// that one always fits once everything else has come back.

import { assert } from '../assert.ts';
import type { Region } from '../memory/region.ts';
import { NumberTable } from './number-table.ts';

/** Of offsets and sizes: a slab number counts in these. */
export const extentAlignmentBytes = 64;

interface Extent {
  readonly sizeBytes: number;
  holders: number;
}

export class ReplayRoom {
  readonly sizeBytes: number;
  readonly #extentByOffset = new NumberTable<Extent>();
  /** Offset and size in turn, sorted, never touching. At most as many as extents, and one. */
  readonly #free: number[];
  #takenBytes = 0;

  constructor(region: Region) {
    assert(region.offsetBytes % extentAlignmentBytes === 0, 'room is not aligned');
    assert(region.offsetBytes > 0, 'offset 0 means that there is none');
    this.sizeBytes = region.sizeBytes - (region.sizeBytes % extentAlignmentBytes);
    this.#free = [region.offsetBytes, this.sizeBytes];
  }

  get isEmpty(): boolean {
    return this.#takenBytes === 0;
  }

  get takenBytes(): number {
    return this.#takenBytes;
  }

  /** Perhaps in several places. */
  get freeBytes(): number {
    return this.sizeBytes - this.#takenBytes;
  }

  /** An extent begins there. */
  has(offsetBytes: number): boolean {
    return this.#extentByOffset.has(offsetBytes);
  }

  extentSizeBytes(offsetBytes: number): number {
    return this.#extent(offsetBytes).sizeBytes;
  }

  /** Would take() find an extent? */
  fits(sizeBytes: number): boolean {
    const wanted = roundUp(sizeBytes);
    for (let at = 1; at < this.#free.length; at += 2) if (this.#free[at]! >= wanted) return true;
    return false;
  }

  /** Arena offset of an extent with one holder, or 0: none of this size now. */
  take(sizeBytes: number): number {
    assert(sizeBytes > 0, 'extent of no size');
    const wanted = roundUp(sizeBytes);
    const free = this.#free;
    for (let at = 0; at < free.length; at += 2) {
      const size = free[at + 1]!; // pairs
      if (size < wanted) continue;
      const offsetBytes = free[at]!; // inside
      if (size === wanted) free.splice(at, 2);
      else {
        free[at] = offsetBytes + wanted;
        free[at + 1] = size - wanted;
      }
      this.#extentByOffset.add(offsetBytes, { sizeBytes: wanted, holders: 1 });
      this.#takenBytes += wanted;
      return offsetBytes;
    }
    return 0;
  }

  /** One more holder. */
  hold(offsetBytes: number): void {
    this.#extent(offsetBytes).holders += 1;
  }

  /** A holder less; the last one returns the extent. */
  release(offsetBytes: number): void {
    const extent = this.#extent(offsetBytes);
    extent.holders -= 1;
    if (extent.holders > 0) return;
    this.#extentByOffset.delete(offsetBytes);
    this.#takenBytes -= extent.sizeBytes;
    this.#giveBack(offsetBytes, extent.sizeBytes);
  }

  #giveBack(offsetBytes: number, sizeBytes: number): void {
    const free = this.#free;
    let at = 0;
    while (at < free.length && free[at]! < offsetBytes) at += 2;
    assert(at === free.length || offsetBytes + sizeBytes <= free[at]!, 'extent returned twice');
    free.splice(at, 0, offsetBytes, sizeBytes);
    this.#merge(at);
    if (at > 0) this.#merge(at - 2);
  }

  /** Joins a free range with the one behind it, if they touch. */
  #merge(at: number): void {
    const free = this.#free;
    if (at + 2 >= free.length || free[at]! + free[at + 1]! !== free[at + 2]!) return;
    free[at + 1]! += free[at + 3]!; // inside: checked
    free.splice(at + 2, 2);
  }

  #extent(offsetBytes: number): Extent {
    const extent = this.#extentByOffset.get(offsetBytes);
    assert(extent !== undefined, 'no extent there');
    return extent;
  }
}

function roundUp(sizeBytes: number): number {
  return Math.ceil(sizeBytes / extentAlignmentBytes) * extentAlignmentBytes;
}
