// What a blocking thread sleeps on: a count of rings in shared memory, which any thread raises. A
// ring while nobody sleeps is two atomic instructions and no call of the system.
//
// Layout, 4 bytes a word (int32), one cache line: 0 rings so far (wraps), 1 the owner sleeps.

import { assert } from '../assert.ts';
import { cacheLineSizeBytes } from './region.ts';

const ringsWord = 0;
const asleepWord = 1;
const usedWords = 2;

export const doorbellSizeBytes = cacheLineSizeBytes;

export class Doorbell {
  readonly #words: Int32Array<SharedArrayBuffer>;

  /** Attaches to a doorbell. Zeroed memory is one that has not rung. */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number) {
    assert(offsetBytes % cacheLineSizeBytes === 0, 'doorbell not aligned');
    this.#words = new Int32Array(buffer, offsetBytes, usedWords);
  }

  /** Any thread, after what it wants to be seen is published. */
  ring(): void {
    Atomics.add(this.#words, ringsWord, 1);
    // Either this sees that the owner sleeps, or the owner's sleep() sees this ring: both write
    // first and look then.
    if (Atomics.load(this.#words, asleepWord) !== 0) Atomics.notify(this.#words, ringsWord);
  }

  /** Owner: what to hand to sleep(). Read it, look at all work, then sleep: no ring is missed. */
  get count(): number {
    return Atomics.load(this.#words, ringsWord);
  }

  /**
   * Owner: blocks the thread until the bell has rung since `count` was read; false after
   * `timeoutMs`.
   */
  sleep(count: number, timeoutMs: number): boolean {
    assert(timeoutMs >= 0, 'negative timeout');
    Atomics.store(this.#words, asleepWord, 1);
    const outcome = Atomics.wait(this.#words, ringsWord, count, timeoutMs);
    Atomics.store(this.#words, asleepWord, 0);
    return outcome !== 'timed-out';
  }
}
