// How a thread with an event loop is woken once for a group of ring records: the flag says whether
// a wake-up message is on its way already. A message costs microseconds, the flag nanoseconds.

import { assert } from '../assert.ts';
import { cacheLineSizeBytes } from './region.ts';

export const wakeFlagSizeBytes = cacheLineSizeBytes;

export class WakeFlag {
  readonly #word: Int32Array<SharedArrayBuffer>;

  /** Attaches to a flag. Zeroed memory is a lowered one. */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number) {
    assert(offsetBytes % cacheLineSizeBytes === 0, 'flag not aligned');
    this.#word = new Int32Array(buffer, offsetBytes, 1);
  }

  /**
   * After a group of pushes. True: the caller must post the wake-up message. False: one is on its
   * way, and whoever gets it has yet to look at the rings.
   */
  raise(): boolean {
    if (Atomics.load(this.#word, 0) !== 0) return false;
    return Atomics.exchange(this.#word, 0, 1) === 0;
  }

  /** When the message has come, before the rings are emptied: later pushes send another one. */
  lower(): void {
    Atomics.store(this.#word, 0, 0);
  }
}
