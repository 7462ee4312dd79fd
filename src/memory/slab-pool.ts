// The slabs of one shard: small ones from its own region, large ones from the region that all
// threads share. Slabs of either kind are given first come first served: whoever waits is not
// overtaken.

import { assert } from '../assert.ts';
import type { Arena } from './arena.ts';
import { LargeSlabs } from './large-slabs.ts';
import {
  sizeClassOf,
  slabHeaderSizeBytes,
  slabUnitBytes,
  smallBodySizeBytesMax,
} from './size-class.ts';
import type { SlabWait } from './slab-wait.ts';
import { SmallLine } from './small-line.ts';
import { SmallSlabs } from './small-slabs.ts';

export class SlabPool {
  readonly #small: SmallSlabs;
  readonly #smallLine: SmallLine;
  readonly #large: LargeSlabs;
  /** Called when somebody begins to wait: what is free is not enough. */
  onWait: (() => void) | undefined;
  /** Called when a slab was given back, and perhaps given to who waited. */
  onFree: (() => void) | undefined;

  /** One pool per shard and process: it takes the shard's regions as its own. */
  constructor(arena: Arena, shardIndex: number) {
    const regions = arena.layout.shards[shardIndex];
    assert(regions !== undefined, 'shard index out of range');
    this.#small = new SmallSlabs(arena.buffer, regions.smallSlabs);
    this.#smallLine = new SmallLine(this.#small);
    this.#large = new LargeSlabs(arena, shardIndex);
  }

  /** Largest body that can be asked for; asking for more is a bug of the caller. */
  get bodySizeBytesMax(): number {
    return this.#large.bodySizeBytesMax;
  }

  /**
   * Bytes of all slabs that this pool has given and not got back, headers and rounding included.
   */
  get reservedBytes(): number {
    return this.#small.reservedBytes + this.#large.ownReservedBytes;
  }

  /**
   * How full the fuller region is: either one that is full stops reading. The small region is this
   * shard's, the large one is everybody's.
   */
  get occupancyPercent(): number {
    const smallPercent = (100 * this.#small.reservedBytes) / this.#small.sizeBytes;
    const largePercent = (100 * this.#large.reservedBytes) / this.#large.sizeBytes;
    return Math.max(smallPercent, largePercent);
  }

  /** The same with one more slab for a body of this size. */
  occupancyPercentWith(bodySizeBytes: number): number {
    const isSmall = bodySizeBytes <= smallBodySizeBytesMax;
    const { sizeBytes } = isSmall ? this.#small : this.#large;
    const reservedBytes = isSmall ? this.#small.reservedBytes : this.#large.reservedBytes;
    const percent = (100 * (reservedBytes + bodySizeBytes + slabHeaderSizeBytes)) / sizeBytes;
    return Math.max(percent, this.occupancyPercent);
  }

  /** The number of a slab for a body of this size, or 0: none now, or others wait for one. */
  reserve(bodySizeBytes: number): number {
    assert(bodySizeBytes <= this.bodySizeBytesMax, 'body larger than any slab');
    return bodySizeBytes <= smallBodySizeBytesMax
      ? this.#smallLine.reserve(sizeClassOf(bodySizeBytes))
      : this.#large.reserve(bodySizeBytes);
  }

  /** Calls `granted` once, later, with the number of a slab, unless cancelled before. */
  wait(bodySizeBytes: number, granted: (slab: number) => void): SlabWait {
    assert(bodySizeBytes <= this.bodySizeBytesMax, 'body larger than any slab');
    this.onWait?.();
    return bodySizeBytes <= smallBodySizeBytesMax
      ? this.#smallLine.wait(sizeClassOf(bodySizeBytes), granted)
      : this.#large.wait(bodySizeBytes, granted);
  }

  /** Any slab of this pool; of the large ones also those that another thread reserved. */
  free(slab: number): void {
    if (this.#small.holds(slab)) this.#smallLine.free(slab);
    else this.#large.free(slab);
    this.onFree?.();
  }

  /**
   * Gives back what the slab does not need for a body of this size: of a large one whole pages, of
   * a small one nothing. Its number, its place and its first bytes stay.
   */
  shrink(slab: number, bodySizeBytes: number): void {
    if (this.#small.holds(slab)) {
      assert(bodySizeBytes <= this.#small.capacityBytes(slab), 'body longer than its slab');
    } else this.#large.shrink(slab, bodySizeBytes);
  }

  bodyOffsetBytes(slab: number): number {
    assert(this.#small.holds(slab) || this.#large.holds(slab), 'slab of another pool');
    return slab * slabUnitBytes + slabHeaderSizeBytes;
  }

  /** Bytes that the body may have; at least what was asked for. */
  capacityBytes(slab: number): number {
    return this.#small.holds(slab)
      ? this.#small.capacityBytes(slab)
      : this.#large.capacityBytes(slab);
  }

  /** Cancels all waits. Slabs that are out stay out. */
  close(): void {
    this.#smallLine.close();
    this.#large.close();
  }
}
