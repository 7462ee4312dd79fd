// A lock in shared memory for critical sections of a few microseconds without allocation. Its word:
// 0 free, 1 held, 2 held and somebody sleeps. A thread that dies ends the process, so a lock is
// never repaired.

import { assert } from '../assert.ts';

const free = 0;
const held = 1;
const heldAndAwaited = 2;

// About as long as a critical section. After that the holder has lost its core, and spinning on
// would only keep it from getting one.
const spinsMax = 200;

export class SharedLock {
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #index: number;

  constructor(words: Int32Array<SharedArrayBuffer>, index: number) {
    assert(index < words.length, 'lock word outside its view');
    this.#words = words;
    this.#index = index;
  }

  /** Not reentrant: a thread that takes it twice waits for itself for ever. */
  acquire(): void {
    for (let spins = 0; spins < spinsMax; spins += 1) {
      if (Atomics.compareExchange(this.#words, this.#index, free, held) === free) return;
    }
    while (Atomics.exchange(this.#words, this.#index, heldAndAwaited) !== free) {
      Atomics.wait(this.#words, this.#index, heldAndAwaited);
    }
  }

  release(): void {
    const before = Atomics.exchange(this.#words, this.#index, free);
    assert(before !== free, 'released a lock that nobody holds');
    if (before === heldAndAwaited) Atomics.notify(this.#words, this.#index, 1);
  }
}
