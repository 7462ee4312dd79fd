// A map from whole numbers that leaves no garbage: a Map makes itself anew after as many deletes as
// it has entries, and what the replay keeps for half a second each was in the old generation by
// then: 70 bytes for every batch, 7 MiB between two major collections.

import { assert } from '../assert.ts';

const none = -1;
const slotCountMin = 16;

export class NumberTable<Value> {
  /** By slot; linear probing, at most half full. */
  #keys = new Float64Array(slotCountMin).fill(none);
  #values: (Value | undefined)[] = Array.from({ length: slotCountMin });
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(key: number): boolean {
    return this.#keys[this.#slotOf(key)] === key;
  }

  get(key: number): Value | undefined {
    return this.#values[this.#slotOf(key)];
  }

  /** Not for a key that is there. */
  add(key: number, value: Value): void {
    assert(Number.isSafeInteger(key) && key >= 0, 'key of a table is no whole number');
    if (2 * (this.#size + 1) > this.#keys.length) this.#grow();
    const slot = this.#slotOf(key);
    assert(this.#keys[slot] === none, 'key is in the table already');
    this.#keys[slot] = key;
    this.#values[slot] = value;
    this.#size += 1;
  }

  /** False: it was not there. */
  delete(key: number): boolean {
    const slot = this.#slotOf(key);
    if (this.#keys[slot] !== key) return false;
    this.#size -= 1;
    this.#close(slot);
    return true;
  }

  /** In no order. Nothing may be added or deleted meanwhile. */
  *values(): IterableIterator<Value> {
    for (let slot = 0; slot < this.#keys.length; slot += 1) {
      if (this.#keys[slot] !== none) yield this.#values[slot]!; // as long as the keys
    }
  }

  /** Where it is, or would be. */
  #slotOf(key: number): number {
    const keys = this.#keys;
    let slot = this.#homeOf(key);
    for (let found = keys[slot]; found !== key && found !== none; found = keys[slot]) {
      slot = (slot + 1) & (keys.length - 1);
    }
    return slot;
  }

  // Keys come in rows and in steps of 64, so the low bits alone would put them side by side
  // (Knuth, The Art of Computer Programming, volume 3, 6.4: multiplication by the golden ratio).
  #homeOf(key: number): number {
    const mixed = Math.imul(key ^ (key / 2 ** 32), 0x9e3779b1) >>> 0;
    return Math.floor(mixed / (2 ** 32 / this.#keys.length));
  }

  /** What would not be found across the gap any more moves into it (Knuth, algorithm R). */
  #close(gap: number): void {
    const keys = this.#keys;
    const mask = keys.length - 1;
    let free = gap;
    for (let slot = (free + 1) & mask; keys[slot] !== none; slot = (slot + 1) & mask) {
      const home = this.#homeOf(keys[slot]!); // inside
      if (((slot - home) & mask) < ((slot - free) & mask)) continue;
      keys[free] = keys[slot]!;
      this.#values[free] = this.#values[slot];
      free = slot;
    }
    keys[free] = none;
    this.#values[free] = undefined;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(2 * keys.length).fill(none);
    this.#values = Array.from({ length: 2 * keys.length });
    for (let from = 0; from < keys.length; from += 1) {
      const key = keys[from]!; // inside
      if (key === none) continue;
      const slot = this.#slotOf(key);
      this.#keys[slot] = key;
      this.#values[slot] = values[from];
    }
  }
}
