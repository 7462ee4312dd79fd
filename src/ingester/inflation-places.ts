// The places of one shard in which bodies are inflated. Their number is what the memory limit
// affords, because a codec keeps its window outside of the arena.

import { assert } from '../assert.ts';
import { KiB } from '../limits.ts';

/** What a codec is handed at once. */
export const pieceSizeBytes = 64 * KiB;

export interface Place {
  /** For whoever is in the place: what the codec reads next is copied here. */
  readonly piece: Uint8Array;
  leave(): void;
}

export class InflationPlaces {
  readonly #pieces: Uint8Array[] = [];
  readonly #queue = new Set<(place: Place) => void>(); // in order of arrival
  readonly #countMax: number;
  #takenCount = 0;

  constructor(countMax: number) {
    assert(countMax >= 1, 'no place to inflate in');
    this.#countMax = countMax;
  }

  get takenCount(): number {
    return this.#takenCount;
  }

  /** Calls `entered` now or later, once, unless left before. */
  enter(entered: (place: Place) => void): { leave(): void } {
    if (this.#takenCount < this.#countMax) this.#admit(entered);
    else this.#queue.add(entered);
    return { leave: () => this.#queue.delete(entered) };
  }

  #admit(entered: (place: Place) => void): void {
    this.#takenCount += 1;
    // A codec that was cancelled may still read the piece while the next one fills it; nobody looks
    // at what it makes of that.
    const piece = this.#pieces.pop() ?? new Uint8Array(pieceSizeBytes);
    let left = false;
    const leave = () => {
      assert(!left, 'left a place twice');
      left = true;
      this.#pieces.push(piece);
      this.#takenCount -= 1;
      const [next] = this.#queue;
      if (next === undefined) return;
      this.#queue.delete(next);
      this.#admit(next);
    };
    entered({ piece, leave });
  }
}
