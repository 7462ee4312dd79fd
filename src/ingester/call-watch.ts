// The clock of all calls that are not accepted yet: deadlines, waits for a slab, producers that
// stall. One timer looks at every call ten times a second; a timer per call would cost more than
// most calls do. The calls are a chain through themselves, so that one that comes and goes between
// two looks costs a few writes.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';

export abstract class WatchedCall {
  // The chain; only CallWatch touches it.
  watched = false;
  watchedNext: WatchedCall | undefined = undefined;
  watchedPrevious: WatchedCall | undefined = undefined;

  abstract check(nowMs: number): void;
  /** The drain ends. */
  abstract giveUp(): void;
}

const sweepMs = 100;

export class CallWatch {
  readonly #clock: Clock;
  #first: WatchedCall | undefined;
  #size = 0;
  /** Where a walk along the chain goes on: what is done to one call may take out any other. */
  #walkNext: WatchedCall | undefined;
  #sweeping = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#size;
  }

  watch(call: WatchedCall): void {
    assert(!call.watched, 'watched twice');
    call.watched = true;
    call.watchedNext = this.#first;
    if (this.#first !== undefined) this.#first.watchedPrevious = call;
    this.#first = call;
    this.#size += 1;
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#clock.after(sweepMs, () => this.#sweep());
  }

  /** Twice is once. */
  unwatch(call: WatchedCall): void {
    if (!call.watched) return;
    const { watchedNext: next, watchedPrevious: previous } = call;
    call.watched = false;
    call.watchedNext = undefined;
    call.watchedPrevious = undefined;
    if (previous === undefined) this.#first = next;
    else previous.watchedNext = next;
    if (next !== undefined) next.watchedPrevious = previous;
    if (this.#walkNext === call) this.#walkNext = next;
    this.#size -= 1;
  }

  /** Ends all calls that the engine does not have. */
  giveUp(): void {
    this.#walk((call) => call.giveUp());
  }

  #sweep(): void {
    const nowMs = this.#clock.nowMs();
    this.#walk((call) => call.check(nowMs));
    this.#sweeping = this.#size > 0;
    if (this.#sweeping) this.#clock.after(sweepMs, () => this.#sweep());
  }

  #walk(visit: (call: WatchedCall) => void): void {
    for (let call = this.#first; call !== undefined; call = this.#walkNext) {
      this.#walkNext = call.watchedNext;
      visit(call);
    }
    this.#walkNext = undefined;
  }
}
