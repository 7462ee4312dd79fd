// Holds whoever reads to so many bytes a second: the disk is there for producers.

/** Below it a pause is left to gather. */
const pauseMsMin = 20;

export class ReadPace {
  readonly #msPerByte: number;
  readonly #nowMs: () => number;
  readonly #pause: (ms: number) => void;
  /** When what was read so far should have been read. */
  #dueMs = Number.NEGATIVE_INFINITY;

  constructor(bytesPerSecondMax: number, nowMs: () => number, pause: (ms: number) => void) {
    this.#msPerByte = 1_000 / bytesPerSecondMax;
    this.#nowMs = nowMs;
    this.#pause = pause;
  }

  /** Returns when more may be read. Time in which nothing was read is not caught up. */
  read(sizeBytes: number): void {
    const nowMs = this.#nowMs();
    this.#dueMs = Math.max(this.#dueMs, nowMs) + sizeBytes * this.#msPerByte;
    const aheadMs = this.#dueMs - nowMs;
    if (aheadMs >= pauseMsMin) this.#pause(aheadMs);
  }
}
