// A shard's own zone: Red at once when its share of the arena runs out, without waiting for the
// monitor, whose samples are 100 ms apart. The higher of this and the zone word acts.

import { assert } from '../assert.ts';
import { Zone } from '../memory/zone-word.ts';
import { ForwardTime } from './zone-time.ts';

export interface LocalReflexOptions {
  /** Of the arena; from 100 on only a slab that was not to be had makes Red. */
  readonly redPercent: number;
  /** Of redPercent: calm is below it. */
  readonly releasePercent: number;
  /** So long calm before Green. */
  readonly dwellMs: number;
}

export class LocalReflex {
  readonly #redPercent: number;
  readonly #calmPercent: number;
  readonly #dwellMs: number;
  #zone: Zone = Zone.Green;
  /** Began with the first sample. */
  #time: ForwardTime | undefined;
  /** NaN: not calm. */
  #calmSinceMs = Number.NaN;

  constructor({ redPercent, releasePercent, dwellMs }: LocalReflexOptions) {
    assert(redPercent > 0 && releasePercent > 0, 'a reflex that could never let go');
    this.#redPercent = redPercent >= 100 ? Infinity : redPercent;
    this.#calmPercent = (redPercent * releasePercent) / 100;
    this.#dwellMs = dwellMs;
  }

  get zone(): Zone {
    return this.#zone;
  }

  /** @param isStarved the shard has failed to get a slab since the last sample */
  sample(nowMs: number, arenaPercent: number, isStarved: boolean): Zone {
    this.#time ??= new ForwardTime(nowMs);
    const time = this.#time.advance(nowMs);
    if (isStarved || arenaPercent >= this.#redPercent) {
      this.#zone = Zone.Red;
      this.#calmSinceMs = Number.NaN;
    } else if (this.#zone === Zone.Red) {
      this.#calm(time, arenaPercent);
    }
    return this.#zone;
  }

  #calm(time: number, arenaPercent: number): void {
    if (arenaPercent >= this.#calmPercent) {
      this.#calmSinceMs = Number.NaN;
      return;
    }
    if (Number.isNaN(this.#calmSinceMs)) this.#calmSinceMs = time;
    if (time - this.#calmSinceMs >= this.#dwellMs) this.#zone = Zone.Green;
  }
}
