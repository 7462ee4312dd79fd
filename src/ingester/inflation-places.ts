// The places of one shard in which bodies are inflated. Their number is what the memory limit
// affords, because a codec keeps its window outside of the arena. They are given in turns, round
// robin over connections: whoever sends many bodies at once waits for his own ones.

import { assert } from '../assert.ts';
import { KiB } from '../limits.ts';

/** What a codec is handed at once. */
export const pieceSizeBytes = 64 * KiB;

export interface Place {
  /** For whoever is in the place: what the codec reads next is copied here. */
  readonly piece: Uint8Array;
  leave(): void;
}

type Entered = (place: Place) => void;

export class InflationPlaces {
  readonly #pieces: Uint8Array[] = [];
  /** By connection, in order of turns, each with what it has waiting in order of arrival. */
  readonly #queue = new Map<object, Set<Entered>>();
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
  enter(connection: object, entered: Entered): { leave(): void } {
    if (this.#takenCount < this.#countMax) this.#admit(entered);
    else this.#wait(connection, entered);
    return { leave: () => this.#forget(connection, entered) };
  }

  #wait(connection: object, entered: Entered): void {
    const waiting = this.#queue.get(connection);
    if (waiting === undefined) this.#queue.set(connection, new Set([entered]));
    else waiting.add(entered);
  }

  #forget(connection: object, entered: Entered): void {
    const waiting = this.#queue.get(connection);
    if (waiting?.delete(entered) && waiting.size === 0) this.#queue.delete(connection);
  }

  #takeNext(): Entered | undefined {
    for (const [connection, waiting] of this.#queue) {
      const [next] = waiting;
      assert(next !== undefined, 'a turn for nobody');
      waiting.delete(next);
      this.#queue.delete(connection);
      if (waiting.size > 0) this.#queue.set(connection, waiting); // behind the others
      return next;
    }
    return undefined;
  }

  #admit(entered: Entered): void {
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
      const next = this.#takeNext();
      if (next !== undefined) this.#admit(next);
    };
    entered({ piece, leave });
  }
}
