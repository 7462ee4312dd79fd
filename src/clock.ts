// The seam through which time comes in. Data-path code takes a Clock and never calls Date.now() or
// setTimeout() itself, so that tests drive time (test/support/fake-clock.ts) instead of sleeping.

/** What cancels a pending timer. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Milliseconds on a clock that never jumps; the origin has no meaning. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; may jump either way. Never subtract two of these. */
  wallMs(): number;
  /** Runs `fire` once after `delayMs`. Pending timers never keep the process alive. */
  after(delayMs: number, fire: () => void): Timer;
}

// setTimeout takes a signed 32-bit number of milliseconds and fires at once above it.
const timerDelayMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, fire) {
    const timeout = setTimeout(fire, Math.min(Math.max(delayMs, 0), timerDelayMsMax));
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};
