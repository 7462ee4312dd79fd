// Time for the page. The same shape as the engine's clock, whose timers are Node's, so that tests
// hand in the same fake.

export interface PageTimer {
  cancel(): void;
}

export interface PageClock {
  /** Milliseconds on a clock that never jumps; the origin has no meaning. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  after(delayMs: number, fire: () => void): PageTimer;
}

export const pageClock: PageClock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
