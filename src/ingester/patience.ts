// For how long a message waits for its memory. As long as the line moves it is better to wait than
// to be sent away and come back to its end; a line that stands still is not worth waiting for, and
// a wait that has taken most of the producer's own time is not, either.

/** Of Admission: how often the line has moved. */
interface Line {
  readonly grantedCount: number;
}

export class Patience {
  /** After this long in a line that stands still; monotonic. */
  readonly untilMs: number;
  readonly #lastMs: number;
  readonly #line: Line;
  #seenCount: number;
  #movedMs = -Infinity;
  readonly #standingMs: number;

  /** `waitMs` is for a line that stands still, and at most a third of the producer's time. */
  constructor(nowMs: number, waitMs: number, line: Line) {
    this.untilMs = nowMs + waitMs;
    this.#lastMs = nowMs + waitMs * movingFactor;
    this.#line = line;
    this.#seenCount = line.grantedCount;
    this.#standingMs = Math.min(standingMs, waitMs / 3);
  }

  /** To be asked several times a second. */
  isOver(nowMs: number): boolean {
    const count = this.#line.grantedCount;
    if (count !== this.#seenCount) {
      this.#seenCount = count;
      this.#movedMs = nowMs;
    }
    if (nowMs < this.untilMs) return false;
    return nowMs >= this.#lastMs || nowMs >= this.#movedMs + this.#standingMs;
  }
}

/** Nine tenths of the producer's time: the rest is for the message itself, and for the answer. */
const movingFactor = 2.7;

/** A vault that syncs slowly still gives something back in this time. */
const standingMs = 1_000;
