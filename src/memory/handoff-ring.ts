// A ring in shared memory that hands slab numbers from one thread to one other. Pushing publishes,
// the doorbell wakes: a producer pushes a group and rings once. It is the seam to the vault thread.
//
// Layout, 4 bytes a word (uint32), a cache line for each word that a side writes:
//
//    0 tail: numbers pushed, written by the producer      16 head: numbers popped, by the consumer
//   32 doorbell: counts rings, written by the producer    48 .. 48 + capacity - 1: the numbers
//
// Tail and head wrap at 2^32; their difference is the number of entries.

import { assert } from '../assert.ts';

const tailWord = 0;
const headWord = 16;
const doorbellWord = 32;
const firstSlotWord = 48;
const wordSizeBytes = 4;

export function handoffRingSizeBytes(capacity: number): number {
  return (firstSlotWord + capacity) * wordSizeBytes;
}

export class HandoffRing {
  readonly capacity: number;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #slotMask: number;

  /** Attaches to a ring. Zeroed memory is an empty ring. */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number, capacity: number) {
    assert(offsetBytes % wordSizeBytes === 0, 'ring not aligned');
    assert(capacity >= 1 && capacity <= 2 ** 30, 'ring capacity out of range');
    assert((capacity & (capacity - 1)) === 0, 'ring capacity is not a power of two');
    this.capacity = capacity;
    this.#words = new Int32Array(buffer, offsetBytes, firstSlotWord + capacity);
    this.#slotMask = capacity - 1; // 2^32 is a multiple of the capacity, so slots survive the wrap
  }

  /** Empties the ring before either side uses it; the index says where the counts start. */
  reset(startIndex = 0): void {
    Atomics.store(this.#words, headWord, startIndex | 0);
    Atomics.store(this.#words, tailWord, startIndex | 0);
    assert(this.length === 0, 'ring not empty after reset');
  }

  get length(): number {
    const tail = Atomics.load(this.#words, tailWord);
    return (tail - Atomics.load(this.#words, headWord)) >>> 0;
  }

  /**
   * Producer. False: full, and nothing was pushed. The number is visible to the consumer from now
   * on.
   */
  push(slab: number): boolean {
    assert(slab > 0 && slab <= 0xffff_ffff, 'not a slab number');
    const tail = this.#words[tailWord]!; // only this side writes it
    const length = (tail - Atomics.load(this.#words, headWord)) >>> 0;
    assert(length <= this.capacity, 'ring holds more than its capacity');
    if (length === this.capacity) return false;
    this.#words[firstSlotWord + (tail & this.#slotMask)] = slab;
    Atomics.store(this.#words, tailWord, (tail + 1) | 0); // publishes the slot and the slab's bytes
    return true;
  }

  /** Producer, after a group of pushes. */
  ring(): void {
    Atomics.add(this.#words, doorbellWord, 1);
    Atomics.notify(this.#words, doorbellWord);
  }

  /** Consumer. 0: empty. */
  pop(): number {
    const head = this.#words[headWord]!; // only this side writes it
    const length = (Atomics.load(this.#words, tailWord) - head) >>> 0;
    assert(length <= this.capacity, 'ring holds more than its capacity');
    if (length === 0) return 0;
    const slab = this.#words[firstSlotWord + (head & this.#slotMask)]! >>> 0; // inside the ring
    Atomics.store(this.#words, headWord, (head + 1) | 0); // the producer may use the slot again
    assert(slab !== 0, 'popped no slab');
    return slab;
  }

  /** Consumer: what to hand to sleep(). Read it, pop until empty, then sleep: no ring is missed. */
  get doorbell(): number {
    return Atomics.load(this.#words, doorbellWord);
  }

  /**
   * Consumer: blocks the thread until the doorbell has rung since it was read; false after
   * `timeoutMs`.
   */
  sleep(doorbell: number, timeoutMs: number): boolean {
    assert(timeoutMs >= 0, 'negative timeout');
    return Atomics.wait(this.#words, doorbellWord, doorbell, timeoutMs) !== 'timed-out';
  }
}
