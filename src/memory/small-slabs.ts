// Slabs for bodies up to 256 KiB: one region, owned by one thread, cut into spans. A span serves
// one size class while it has a slab out, and any class after that, so no class owns a part of the
// region. reserve() and free() are O(1) and allocate nothing.
//
// The region: the tables, then the spans. 2 bytes a word (uint16), `none` ends a list:
//   links            a word a slot (slotsPerSpanMax a span): next free slot of the span, or `live`
//   six span tables  a word a span each: class, live slots, slots ever used since it got its class, first
//                    free slot, next and previous span of its list

import { assert } from '../assert.ts';
import type { Region } from './region.ts';
import {
  classBodySizeBytes,
  classSlabSizeBytes,
  classSlotCount,
  sizeClassCount,
  slabUnitBytes,
  spanSizeBytes,
} from './size-class.ts';

const slotsPerSpanMax = classSlotCount(0);
const spanTableCount = 6;
const tableSizeBytesPerSpan = (slotsPerSpanMax + spanTableCount) * Uint16Array.BYTES_PER_ELEMENT;
const spanUnits = spanSizeBytes / slabUnitBytes;

const none = 0xffff;
const live = 0xfffe; // above every slot number and never a span number in a slot's link

/** Bytes that a region needs for this many spans. */
export function smallRegionSizeBytes(spanCount: number): number {
  return wholeUnits(spanCount * tableSizeBytesPerSpan) + spanCount * spanSizeBytes;
}

export class SmallSlabs {
  /** Of all spans: what reservedBytes is a share of. */
  readonly sizeBytes: number;
  readonly #spanCount: number;
  readonly #firstUnit: number;
  readonly #endUnit: number;

  readonly #links: Uint16Array;
  readonly #classes: Uint16Array;
  readonly #liveCounts: Uint16Array;
  readonly #usedCounts: Uint16Array;
  readonly #firstFree: Uint16Array;
  readonly #next: Uint16Array;
  readonly #previous: Uint16Array;

  // By class: the first span that has a free slot. Spans without one are in no list.
  readonly #open = new Uint16Array(sizeClassCount).fill(none);
  readonly #slabUnits = new Uint16Array(sizeClassCount);
  readonly #slotCounts = new Uint16Array(sizeClassCount);
  #emptySpan = none; // first of the spans without a class
  #reservedBytes = 0;

  constructor(buffer: SharedArrayBuffer | ArrayBuffer, region: Region) {
    assert(region.offsetBytes % slabUnitBytes === 0, 'small region not aligned');
    const spanCount = spanCountOf(region.sizeBytes);
    assert(spanCount > 0 && spanCount < live, 'small region without spans or with too many');
    this.#spanCount = spanCount;
    this.sizeBytes = spanCount * spanSizeBytes;
    const spansOffsetBytes = region.offsetBytes + wholeUnits(spanCount * tableSizeBytesPerSpan);
    this.#firstUnit = spansOffsetBytes / slabUnitBytes;
    this.#endUnit = this.#firstUnit + spanCount * spanUnits;

    let endBytes = region.offsetBytes;
    const table = (words: number): Uint16Array => {
      const view = new Uint16Array(buffer, endBytes, words);
      endBytes += view.byteLength;
      return view;
    };
    this.#links = table(spanCount * slotsPerSpanMax);
    this.#classes = table(spanCount).fill(none);
    this.#liveCounts = table(spanCount).fill(0);
    this.#usedCounts = table(spanCount).fill(0);
    this.#firstFree = table(spanCount).fill(none);
    this.#next = table(spanCount);
    this.#previous = table(spanCount);
    assert(endBytes <= spansOffsetBytes, 'tables reach into the spans');

    for (let sizeClass = 0; sizeClass < sizeClassCount; sizeClass += 1) {
      this.#slabUnits[sizeClass] = classSlabSizeBytes(sizeClass) / slabUnitBytes;
      this.#slotCounts[sizeClass] = classSlotCount(sizeClass);
    }
    for (let span = spanCount - 1; span >= 0; span -= 1) this.#pushEmpty(span);
  }

  get reservedBytes(): number {
    return this.#reservedBytes;
  }

  /** Whether the slab number lies in this region. */
  holds(slab: number): boolean {
    return slab >= this.#firstUnit && slab < this.#endUnit;
  }

  /** A slab number, or 0 when the class has no free slot and no span is empty. */
  reserve(sizeClass: number): number {
    assert(sizeClass >= 0 && sizeClass < sizeClassCount, 'no such size class');
    let span = this.#open[sizeClass]!; // one word a class
    if (span === none) {
      if (this.#emptySpan === none) return 0;
      span = this.#openSpan(sizeClass);
    }
    const slot = this.#takeSlot(span);
    const liveCount = this.#liveCounts[span]! + 1;
    this.#liveCounts[span] = liveCount;
    if (liveCount === this.#slotCounts[sizeClass]) this.#unlist(span, sizeClass);
    const slabUnits = this.#slabUnits[sizeClass]!; // one word a class
    this.#reservedBytes += slabUnits * slabUnitBytes;
    assert(this.#reservedBytes <= this.sizeBytes, 'more reserved than there is');
    return this.#firstUnit + span * spanUnits + slot * slabUnits;
  }

  free(slab: number): void {
    const span = this.#spanOf(slab);
    const slot = this.#liveSlotOf(slab, span);
    const sizeClass = this.#classes[span]!; // asserted by liveSlotOf
    this.#links[span * slotsPerSpanMax + slot] = this.#firstFree[span]!; // span < spanCount
    this.#firstFree[span] = slot;
    this.#reservedBytes -= this.#slabUnits[sizeClass]! * slabUnitBytes;
    assert(this.#reservedBytes >= 0, 'more freed than reserved');

    const liveCount = this.#liveCounts[span]!;
    this.#liveCounts[span] = liveCount - 1;
    const wasFull = liveCount === this.#slotCounts[sizeClass];
    if (liveCount === 1) this.#closeSpan(span, sizeClass, wasFull);
    else if (wasFull) this.#list(span, sizeClass);
  }

  capacityBytes(slab: number): number {
    const span = this.#spanOf(slab);
    this.#liveSlotOf(slab, span);
    return classBodySizeBytes(this.#classes[span]!); // asserted by liveSlotOf
  }

  #spanOf(slab: number): number {
    assert(this.holds(slab), 'slab of another region');
    return Math.floor((slab - this.#firstUnit) / spanUnits);
  }

  #liveSlotOf(slab: number, span: number): number {
    const sizeClass = this.#classes[span]!; // span < spanCount
    assert(sizeClass !== none, 'slab is free already: its span has none out');
    const slot = (slab - this.#firstUnit - span * spanUnits) / this.#slabUnits[sizeClass]!;
    assert(Number.isInteger(slot), 'not the start of a slab');
    assert(slot < this.#usedCounts[span]!, 'slab was never given');
    assert(this.#links[span * slotsPerSpanMax + slot] === live, 'slab is free already');
    return slot;
  }

  // Freed slots first, those never used since the span got its class after them: a span needs no
  // preparation when it changes its class.
  #takeSlot(span: number): number {
    let slot = this.#firstFree[span]!; // span < spanCount
    if (slot === none) {
      slot = this.#usedCounts[span]!;
      this.#usedCounts[span] = slot + 1;
    } else {
      this.#firstFree[span] = this.#links[span * slotsPerSpanMax + slot]!;
    }
    assert(slot < slotsPerSpanMax, 'open span has no free slot');
    this.#links[span * slotsPerSpanMax + slot] = live;
    return slot;
  }

  #openSpan(sizeClass: number): number {
    const span = this.#emptySpan;
    assert(this.#classes[span] === none && this.#liveCounts[span] === 0, 'empty span is not empty');
    this.#emptySpan = this.#next[span]!; // span < spanCount
    this.#classes[span] = sizeClass;
    this.#usedCounts[span] = 0;
    this.#firstFree[span] = none;
    this.#list(span, sizeClass);
    return span;
  }

  #closeSpan(span: number, sizeClass: number, wasFull: boolean): void {
    assert(this.#liveCounts[span] === 0, 'span still has slabs out');
    if (!wasFull) this.#unlist(span, sizeClass);
    this.#pushEmpty(span);
  }

  #pushEmpty(span: number): void {
    assert(span < this.#spanCount, 'no such span');
    this.#classes[span] = none;
    this.#next[span] = this.#emptySpan;
    this.#emptySpan = span;
  }

  #list(span: number, sizeClass: number): void {
    const first = this.#open[sizeClass]!; // one word a class
    this.#next[span] = first;
    this.#previous[span] = none;
    if (first !== none) this.#previous[first] = span;
    this.#open[sizeClass] = span;
  }

  #unlist(span: number, sizeClass: number): void {
    const next = this.#next[span]!; // span < spanCount
    const previous = this.#previous[span]!;
    if (previous === none) this.#open[sizeClass] = next;
    else this.#next[previous] = next;
    if (next !== none) this.#previous[next] = previous;
  }
}

function spanCountOf(regionSizeBytes: number): number {
  const spanCount = Math.floor(regionSizeBytes / (spanSizeBytes + tableSizeBytesPerSpan));
  return smallRegionSizeBytes(spanCount) <= regionSizeBytes ? spanCount : spanCount - 1;
}

function wholeUnits(sizeBytes: number): number {
  return Math.ceil(sizeBytes / slabUnitBytes) * slabUnitBytes;
}
