// The clock of all calls that are not accepted yet: deadlines, waits for a slab, producers that
// stall. One timer looks at every call ten times a second; a timer per call would cost more than
// most calls do.

import { Chain, ChainLink } from '../chain.ts';
import type { Clock } from '../clock.ts';

export abstract class WatchedCall extends ChainLink {
  abstract check(nowMs: number): void;
  /** The drain ends. */
  abstract giveUp(): void;
}

const sweepMs = 100;

export class CallWatch {
  readonly #clock: Clock;
  readonly #calls = new Chain<WatchedCall>();
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

  /** Twice is once. */
  unwatch(call: WatchedCall): void {
    this.#calls.delete(call);
  }

  /** Ends all calls that the engine does not have. */
  giveUp(): void {
    this.#visit((call) => call.giveUp());
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    this.#visit((call) => call.check(nowMs));
    this.#sweeping = this.size > 0;
    if (this.#sweeping) this.#clock.after(sweepMs, () => this.#sweep());
  }

  /** What is done to one call may end others. */
  #visit(visit: (call: WatchedCall) => void): void {
    for (const call of this.#calls.links()) if (call.isChained) visit(call);
  }
}
