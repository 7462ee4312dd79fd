// At most ten frames a second, whatever happens in between, and the last thing that happened is
// always drawn.

import type { Clock, Timer } from '../../clock.ts';

export const frameIntervalMs = 100;

export class FramePace {
  readonly #clock: Clock;
  readonly #draw: () => void;
  #drawnMs = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, draw: () => void) {
    this.#clock = clock;
    this.#draw = draw;
  }

  /** Something to be seen has changed. */
  request(): void {
    if (this.#timer !== undefined) return;
    const waitMs = this.#drawnMs + frameIntervalMs - this.#clock.nowMs();
    if (waitMs <= 0) this.#drawNow();
    else
      this.#timer = this.#clock.after(waitMs, () => {
        this.#timer = undefined;
        this.#drawNow();
      });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #drawNow(): void {
    this.#drawnMs = this.#clock.nowMs();
    this.#draw();
  }
}
