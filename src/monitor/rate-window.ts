// How fast a value moved over the last seconds: a ring of what it was. Counters of the kernel and
// amounts of memory; without allocation.

import { assert } from '../assert.ts';

/** Samples are kept this much finer than the longest span that is asked for. */
const samplesPerSpan = 100;
/** A little more than one span, so that what is a whole span old is still there. */
const sampleCountMax = 128;

export class RateWindow {
  readonly #spacingMs: number;
  readonly #isCounter: boolean;
  readonly #timesMs = new Float64Array(sampleCountMax);
  readonly #values = new Float64Array(sampleCountMax);
  /** Time and value of the last sample, which need not be in the ring. */
  readonly #last = new Float64Array(2);
  #count = 0;
  #next = 0;

  /** A counter that falls is another counter: it starts again. An amount may fall. */
  constructor(spanMsMax: number, kind: 'counter' | 'amount') {
    this.#spacingMs = spanMsMax / samplesPerSpan;
    this.#isCounter = kind === 'counter';
  }

  /** NaN: not to be had, and what was before does not count any more. */
  add(nowMs: number, value: number): void {
    const isBack = this.#count > 0 && nowMs < this.#last[0]!; // two of them
    const isReset = this.#isCounter && this.#count > 0 && value < this.#last[1]!; // the same
    if (Number.isNaN(value) || isBack || isReset) this.clear();
    if (Number.isNaN(value)) return;
    this.#last[0] = nowMs;
    this.#last[1] = value;
    if (this.#count > 0 && nowMs - this.#timesMs[this.#index(0)]! < this.#spacingMs) return;
    this.#timesMs[this.#next] = nowMs;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % sampleCountMax;
    this.#count = Math.min(this.#count + 1, sampleCountMax);
  }

  /**
   * Per millisecond, over `spanMs`, or over what there is when that is `historyMsMin` or more. NaN
   * before.
   */
  rate(spanMs: number, historyMsMin: number): number {
    assert(historyMsMin > 0, 'a rate needs two samples');
    const index = this.#baseIndex(spanMs, historyMsMin);
    if (index === -1) return Number.NaN;
    const heldMs = this.#last[0]! - this.#timesMs[index]!; // two of them; in the ring
    return (this.#last[1]! - this.#values[index]!) / heldMs; // the same
  }

  clear(): void {
    this.#count = 0;
  }

  /** The youngest sample that is `spanMs` old, or the oldest; -1: too young. */
  #baseIndex(spanMs: number, historyMsMin: number): number {
    const lastMs = this.#last[0]!; // two of them
    for (let age = 0; age < this.#count; age += 1) {
      const index = this.#index(age);
      if (lastMs - this.#timesMs[index]! >= spanMs) return index; // in the ring
    }
    if (this.#count === 0) return -1;
    const oldest = this.#index(this.#count - 1);
    return lastMs - this.#timesMs[oldest]! >= historyMsMin ? oldest : -1; // in the ring
  }

  /** Of the sample that was put into the ring `age` samples ago. */
  #index(age: number): number {
    return (this.#next - 1 - age + 2 * sampleCountMax) % sampleCountMax;
  }
}
