// What a SlabPool must do, kept in plain arrays and found by counting: the other side of its model
// tests. It knows spans and pages, because whether a slab can be had depends on them, but no lists
// and no locks.

import assert from 'node:assert/strict';
import type { Arena } from '../../src/memory/arena.ts';
import { arenaPageSizeBytes } from '../../src/memory/region.ts';
import {
  classSlabSizeBytes,
  classSlotCount,
  sizeClassOf,
  slabUnitBytes,
  smallBodySizeBytesMax,
  spanSizeBytes,
} from '../../src/memory/size-class.ts';

export interface LiveSlab {
  readonly slab: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** Undefined: large. */
  readonly sizeClass: number | undefined;
  readonly stamp: number;
}

export class SlabPoolModel {
  readonly live: LiveSlab[] = [];
  readonly #arena: Arena;
  readonly #spanCount: number;
  /** Where the spans start: of an empty pool, the first slab that it gives. */
  readonly #spansOffsetBytes: number;
  #stamp = 0;

  constructor(arena: Arena, spanCount: number, firstSlab: number) {
    this.#arena = arena;
    this.#spanCount = spanCount;
    this.#spansOffsetBytes = firstSlab * slabUnitBytes;
  }

  get reservedBytes(): number {
    return this.live.reduce((sum, slab) => sum + slab.sizeBytes, 0);
  }

  get occupancyPercent(): number {
    const bytesOf = (slabs: LiveSlab[]) => slabs.reduce((sum, slab) => sum + slab.sizeBytes, 0);
    const small = bytesOf(this.live.filter((slab) => slab.sizeClass !== undefined));
    const large = bytesOf(this.live.filter((slab) => slab.sizeClass === undefined));
    return Math.max(
      (100 * small) / (this.#spanCount * spanSizeBytes),
      (100 * large) / this.#arena.layout.largeSlabs.sizeBytes,
    );
  }

  /** Whether a slab for this size can be had now, nobody waiting. */
  fits(bodySizeBytes: number): boolean {
    return bodySizeBytes <= smallBodySizeBytesMax
      ? this.#smallFits(sizeClassOf(bodySizeBytes))
      : this.firstFitOffsetBytes(bodySizeBytes) !== undefined;
  }

  /** Where a large slab must lie when it is given now. */
  firstFitOffsetBytes(bodySizeBytes: number): number | undefined {
    const region = this.#arena.layout.largeSlabs;
    const wantedBytes = largeSizeBytes(bodySizeBytes);
    const taken = this.live
      .filter((slab) => slab.sizeClass === undefined)
      .sort((a, b) => a.offsetBytes - b.offsetBytes);
    let fromBytes = region.offsetBytes;
    for (const slab of taken) {
      if (slab.offsetBytes - fromBytes >= wantedBytes) return fromBytes;
      fromBytes = slab.offsetBytes + slab.sizeBytes;
    }
    const endBytes = region.offsetBytes + region.sizeBytes;
    return endBytes - fromBytes >= wantedBytes ? fromBytes : undefined;
  }

  /** The pool gave this slab, which must overlap no other. */
  add(slab: number, bodySizeBytes: number): void {
    const offsetBytes = slab * slabUnitBytes;
    const sizeClass =
      bodySizeBytes <= smallBodySizeBytesMax ? sizeClassOf(bodySizeBytes) : undefined;
    const sizeBytes =
      sizeClass === undefined ? largeSizeBytes(bodySizeBytes) : classSlabSizeBytes(sizeClass);
    for (const other of this.live) {
      const apart =
        other.offsetBytes + other.sizeBytes <= offsetBytes ||
        offsetBytes + sizeBytes <= other.offsetBytes;
      assert.ok(apart, `slabs ${slab} and ${other.slab} overlap`);
    }
    this.#stamp = (this.#stamp % 255) + 1;
    this.#arena.bytes.fill(this.#stamp, offsetBytes, offsetBytes + sizeBytes);
    this.live.push({ slab, offsetBytes, sizeBytes, sizeClass, stamp: this.#stamp });
  }

  /** What a slab gives back for a shorter body; what it keeps stays as it was. */
  shrink(index: number, bodySizeBytes: number): void {
    const slab = this.live[index];
    assert.ok(slab !== undefined);
    if (slab.sizeClass !== undefined) return;
    this.live[index] = { ...slab, sizeBytes: largeSizeBytes(bodySizeBytes) };
  }

  /** Takes a slab out; what was stamped into it must still be there. */
  remove(index: number): LiveSlab {
    const [slab] = this.live.splice(index, 1);
    assert.ok(slab !== undefined);
    const { offsetBytes, sizeBytes, stamp } = slab;
    const bytes = this.#arena.bytes.subarray(offsetBytes, offsetBytes + sizeBytes);
    assert.ok(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).equals(
        Buffer.alloc(sizeBytes, stamp),
      ),
      `slab ${slab.slab} was written to by somebody else`,
    );
    return slab;
  }

  #smallFits(sizeClass: number): boolean {
    const counts = new Map<number, number>();
    const classes = new Map<number, number>();
    for (const slab of this.live) {
      if (slab.sizeClass === undefined) continue;
      const span = Math.floor((slab.offsetBytes - this.#spansOffsetBytes) / spanSizeBytes);
      assert.ok((classes.get(span) ?? slab.sizeClass) === slab.sizeClass, 'two classes in a span');
      classes.set(span, slab.sizeClass);
      counts.set(span, (counts.get(span) ?? 0) + 1);
    }
    if (counts.size < this.#spanCount) return true;
    return [...counts].some(
      ([span, count]) => classes.get(span) === sizeClass && count < classSlotCount(sizeClass),
    );
  }
}

function largeSizeBytes(bodySizeBytes: number): number {
  return Math.ceil((bodySizeBytes + slabUnitBytes) / arenaPageSizeBytes) * arenaPageSizeBytes;
}
