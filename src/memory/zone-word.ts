// The zone that the host is in, one word of shared memory: the monitor on the main thread writes
// it, every other thread reads it before it decides.

import { assert, unreachable } from '../assert.ts';
import { cacheLineSizeBytes } from './region.ts';

export const Zone = { Green: 0, Yellow: 1, Red: 2 } as const;
export type Zone = (typeof Zone)[keyof typeof Zone];

export type ZoneName = 'green' | 'yellow' | 'red';

export function zoneName(zone: Zone): ZoneName {
  switch (zone) {
    case Zone.Green:
      return 'green';
    case Zone.Yellow:
      return 'yellow';
    case Zone.Red:
      return 'red';
    default:
      return unreachable(zone, 'zone');
  }
}

export const zoneWordSizeBytes = cacheLineSizeBytes;

export class ZoneWord {
  readonly #word: Int32Array<SharedArrayBuffer>;

  /** Attaches to the word. Zeroed memory is Green. */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number) {
    assert(offsetBytes % cacheLineSizeBytes === 0, 'zone word not aligned');
    this.#word = new Int32Array(buffer, offsetBytes, 1);
  }

  get(): Zone {
    const zone = Atomics.load(this.#word, 0);
    assert(zone >= Zone.Green && zone <= Zone.Red, 'zone word holds no zone');
    return zone as Zone; // the three numbers between the two
  }

  /** Main thread. */
  set(zone: Zone): void {
    Atomics.store(this.#word, 0, zone);
  }
}
