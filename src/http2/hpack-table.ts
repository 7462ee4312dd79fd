// The dynamic table of one connection (RFC 7541 sections 2.3.2 and 4): a ring of entries, the
// newest at index 0, the oldest thrown out when the sizes of all exceed the bound.

import { assert } from '../assert.ts';
import { headerFieldOverheadSizeBytes } from '../limits.ts';
import type { HpackEntry } from './hpack-entry.ts';

export class HpackTable {
  /** What we announced as SETTINGS_HEADER_TABLE_SIZE; a bound for what the peer may choose. */
  readonly sizeBytesLimit: number;
  readonly #slotCountMax: number;
  /** Its length is a power of two; slots that hold no entry are undefined. */
  #ring: (HpackEntry | undefined)[];
  #nextSlot = 0;
  #count = 0;
  #version = 0;
  #sizeBytes = 0;
  #sizeBytesMax: number;

  constructor(sizeBytesLimit: number) {
    this.sizeBytesLimit = sizeBytesLimit;
    this.#sizeBytesMax = sizeBytesLimit;
    const entriesMax = Math.floor(sizeBytesLimit / headerFieldOverheadSizeBytes);
    this.#slotCountMax = Math.max(slotCountMin, 2 ** Math.ceil(Math.log2(entriesMax)));
    this.#ring = emptyRing(slotCountMin);
  }

  /** Changes whenever a block that comes again could mean something else. */
  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#count;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Undefined where there is none. */
  entry(index: number): HpackEntry | undefined {
    if (index >= this.#count) return undefined;
    return this.#ring[(this.#nextSlot - 1 - index) & (this.#ring.length - 1)];
  }

  /** An entry larger than the table empties it, and is not kept (section 4.4). */
  add(entry: HpackEntry): void {
    this.#version += 1;
    this.#evictTo(this.#sizeBytesMax - entry.sizeBytes);
    if (entry.sizeBytes > this.#sizeBytesMax) return;
    if (this.#count === this.#ring.length) this.#grow();
    this.#ring[this.#nextSlot] = entry;
    this.#nextSlot = (this.#nextSlot + 1) & (this.#ring.length - 1);
    this.#count += 1;
    this.#sizeBytes += entry.sizeBytes;
    assert(this.#sizeBytes <= this.#sizeBytesMax, 'dynamic table too large');
  }

  /** A dynamic table size update. */
  resize(sizeBytesMax: number): void {
    assert(sizeBytesMax >= 0 && sizeBytesMax <= this.sizeBytesLimit, 'table above its limit');
    this.#version += 1;
    this.#sizeBytesMax = sizeBytesMax;
    this.#evictTo(sizeBytesMax);
  }

  #evictTo(sizeBytes: number): void {
    while (this.#count > 0 && this.#sizeBytes > sizeBytes) {
      const slot = (this.#nextSlot - this.#count) & (this.#ring.length - 1);
      this.#sizeBytes -= this.#ring[slot]!.sizeBytes; // the oldest of #count entries
      this.#ring[slot] = undefined;
      this.#count -= 1;
    }
  }

  /** Most peers never fill more than the first ring: 128 slots for each would be for nothing. */
  #grow(): void {
    assert(this.#ring.length < this.#slotCountMax, 'more entries than their sizes allow');
    const ring = emptyRing(2 * this.#ring.length);
    for (let index = 0; index < this.#count; index += 1) {
      ring[this.#count - 1 - index] = this.entry(index);
    }
    this.#ring = ring;
    this.#nextSlot = this.#count;
  }
}

const slotCountMin = 16;

function emptyRing(slotCount: number): (HpackEntry | undefined)[] {
  return new Array<HpackEntry | undefined>(slotCount).fill(undefined);
}
