// The clock of all calls that are not accepted yet: deadlines, waits for a slab, producers that
// stall. One timer looks at every call ten times a second; a timer per call would cost more than
// most calls do.

import type { Clock } from '../clock.ts';

export interface WatchedCall {
  check(nowMs: number): void;
  /** The drain ends. */
  giveUp(): void;
}

const sweepMs = 100;

export class CallWatch {
  readonly #clock: Clock;
  readonly #calls = new Set<WatchedCall>();
  #sweeping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#calls.size;
  }

  watch(call: WatchedCall): void {
    this.#calls.add(call);
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#clock.after(sweepMs, () => this.#sweep());
  }

  unwatch(call: WatchedCall): void {
    this.#calls.delete(call);
  }

  /** The calls as they are now: what is done to one may take it out of the set. */
  calls(): WatchedCall[] {
    return [...this.#calls];
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    for (const call of this.#calls) call.check(nowMs);
    this.#sweeping = this.#calls.size > 0;
    if (this.#sweeping) this.#clock.after(sweepMs, () => this.#sweep());
  }
}
