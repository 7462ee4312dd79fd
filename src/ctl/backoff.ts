// How long to wait before an engine is asked again: longer each time, not for ever longer, and not
// all of many clients at the same moment.

export class Backoff {
  readonly #random: () => number;
  #delayMs = delayMsMin;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /** It has answered. */
  reset(): void {
    this.#delayMs = delayMsMin;
  }

  nextMs(): number {
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(delayMsMax, delayMs * 2);
    return Math.round(delayMs * (1 - this.#random() / 4));
  }
}

const delayMsMin = 500;
/** An engine is back in seconds, a host in a minute or more. */
const delayMsMax = 15_000;
