// How long each zone has acted since the start. Every moment counts for exactly one zone, so the
// three add up to the time since the start.

import type { Zone } from '../memory/zone-word.ts';
import { ForwardTime } from './zone-time.ts';

export class ZoneDurations {
  readonly #time: ForwardTime;
  /** By Zone, whose numbers are 0 to 2. */
  readonly #ms = [0, 0, 0];
  #zone: Zone;
  #sinceMs: number;

  constructor(zone: Zone, nowMs: number) {
    this.#time = new ForwardTime(nowMs);
    this.#sinceMs = this.#time.advance(nowMs);
    this.#zone = zone;
  }

  /** From now on this one acts. */
  turn(zone: Zone, nowMs: number): void {
    const time = this.#time.advance(nowMs);
    this.#ms[this.#zone]! += time - this.#sinceMs; // every zone has a place
    this.#zone = zone;
    this.#sinceMs = time;
  }

  ms(zone: Zone, nowMs: number): number {
    const doneMs = this.#ms[zone]!; // as above
    if (zone !== this.#zone) return doneMs;
    return doneMs + this.#time.peek(nowMs) - this.#sinceMs;
  }
}
