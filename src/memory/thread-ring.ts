// A ring in shared memory that hands records of eight 32-bit words from one thread to one other,
// in order. Pushing publishes and wakes nobody: a producer pushes a group, then rings the doorbell
// (doorbell.ts) or raises the wake flag (wake-flag.ts) of the other side once.
//
// Layout, 4 bytes a word (uint32), a cache line for the word of each side:
//
//    0 tail: records pushed, written by the producer
//   16 head: records popped, written by the consumer
//   32 + 8 r .. 32 + 8 r + 7: record r, r < capacity
//
// Tail and head wrap at 2^32; their difference is the number of records.

import { assert } from '../assert.ts';
import { cacheLineSizeBytes } from './region.ts';

const tailWord = 0;
const headWord = 16;
const firstRecordWord = 32;
const wordSizeBytes = 4;

export const ringRecordWords = 8;

/** A whole number of cache lines. */
export function threadRingSizeBytes(capacity: number): number {
  const sizeBytes = (firstRecordWord + capacity * ringRecordWords) * wordSizeBytes;
  return Math.ceil(sizeBytes / cacheLineSizeBytes) * cacheLineSizeBytes;
}

export class ThreadRing {
  readonly capacity: number;
  readonly #words: Uint32Array<SharedArrayBuffer>;
  readonly #recordMask: number;

  /** Attaches to a ring. Zeroed memory is an empty ring. */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number, capacity: number) {
    assert(offsetBytes % cacheLineSizeBytes === 0, 'ring not aligned');
    assert(capacity >= 1 && capacity <= 2 ** 24, 'ring capacity out of range');
    assert((capacity & (capacity - 1)) === 0, 'ring capacity is not a power of two');
    this.capacity = capacity;
    const words = firstRecordWord + capacity * ringRecordWords;
    this.#words = new Uint32Array(buffer, offsetBytes, words);
    this.#recordMask = capacity - 1; // 2^32 is a multiple of the capacity: places survive the wrap
  }

  /** Empties the ring before either side uses it; the index says where the counts start. */
  reset(startIndex = 0): void {
    Atomics.store(this.#words, headWord, startIndex);
    Atomics.store(this.#words, tailWord, startIndex);
    assert(this.length === 0, 'ring not empty after reset');
  }

  /** The other side may have moved since: a producer sees too many at most, a consumer too few. */
  get length(): number {
    // The head first: read after the tail it could have passed it.
    const head = Atomics.load(this.#words, headWord);
    const length = (Atomics.load(this.#words, tailWord) - head) >>> 0;
    return Math.min(length, this.capacity); // both moved while a third thread looked
  }

  /**
   * Producer. False: full, and nothing was pushed. The record, and whatever was written before, is
   * visible to the consumer from now on.
   */
  push(w0: number, w1 = 0, w2 = 0, w3 = 0, w4 = 0, w5 = 0, w6 = 0, w7 = 0): boolean {
    assert(isWord(w0) && isWord(w1) && isWord(w2) && isWord(w3), 'not a 32-bit word');
    assert(isWord(w4) && isWord(w5) && isWord(w6) && isWord(w7), 'not a 32-bit word');
    const words = this.#words;
    const tail = words[tailWord]!; // only this side writes it
    const length = (tail - Atomics.load(words, headWord)) >>> 0;
    assert(length <= this.capacity, 'ring holds more than its capacity');
    if (length === this.capacity) return false;
    const at = firstRecordWord + (tail & this.#recordMask) * ringRecordWords;
    words[at] = w0;
    words[at + 1] = w1;
    words[at + 2] = w2;
    words[at + 3] = w3;
    words[at + 4] = w4;
    words[at + 5] = w5;
    words[at + 6] = w6;
    words[at + 7] = w7;
    Atomics.store(words, tailWord, tail + 1); // publishes; the view takes it modulo 2^32
    return true;
  }

  /** Consumer: the oldest record, into all eight words of `out`. False: empty, `out` unchanged. */
  pop(out: Uint32Array): boolean {
    assert(out.length === ringRecordWords, 'not a record');
    const words = this.#words;
    const head = words[headWord]!; // only this side writes it
    const length = (Atomics.load(words, tailWord) - head) >>> 0;
    assert(length <= this.capacity, 'ring holds more than its capacity');
    if (length === 0) return false;
    const at = firstRecordWord + (head & this.#recordMask) * ringRecordWords;
    for (let word = 0; word < ringRecordWords; word += 1) {
      out[word] = words[at + word]!; // the view holds every record
    }
    Atomics.store(words, headWord, head + 1); // the producer may use the place again
    return true;
  }
}

function isWord(value: number): boolean {
  return value >>> 0 === value;
}
