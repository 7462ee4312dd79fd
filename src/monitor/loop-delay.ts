// How late a thread's event loop runs, from a timer that ticks every 50 ms. A loop that stands
// still also stops the timer: the ticks that it swallowed count as well, each late by what was left
// of the stall, or a stall of seconds would be one late tick among a hundred good ones (coordinated
// omission).

import { assert } from '../assert.ts';
import { ForwardTime } from './zone-time.ts';

const rankPercent = 99;

export class LoopDelay {
  readonly #intervalMs: number;
  readonly #windowMs: number;
  /** Of the window: a stall counts no more than this many, its worst. */
  readonly #stallTicksMax: number;
  /**
   * Rings. A stall can reach back for a whole window before the window that it ends in, so that two
   * windows' ticks may be young enough to count.
   */
  readonly #atMs: Float64Array;
  readonly #delayMs: Float64Array;
  readonly #worstMs: Float64Array;
  /** Began with the first tick. */
  #time: ForwardTime | undefined;
  #lastMs = 0;
  #next = 0;

  constructor(intervalMs = 50, windowMs = 5_000) {
    assert(intervalMs > 0 && windowMs >= intervalMs, 'a window without a tick');
    this.#intervalMs = intervalMs;
    this.#windowMs = windowMs;
    this.#stallTicksMax = Math.ceil(windowMs / intervalMs);
    const tickCount = 2 * this.#stallTicksMax + 1;
    this.#atMs = new Float64Array(tickCount).fill(-Infinity);
    this.#delayMs = new Float64Array(tickCount);
    this.#worstMs = new Float64Array(tickCount - nearestRank(tickCount) + 1);
  }

  /**
   * The timer has come round, which was set for `plannedMs`: longer than the interval in a loop
   * that has nothing to do. The first tick only sets the time.
   */
  tick(nowMs: number, plannedMs = this.#intervalMs): void {
    if (this.#time === undefined) {
      this.#time = new ForwardTime(nowMs);
      this.#lastMs = this.#time.advance(nowMs);
      return;
    }
    const time = this.#time.advance(nowMs);
    const delayMs = Math.max(0, time - this.#lastMs - plannedMs);
    this.#lastMs = time;
    // A long tick stands for as many as would have come: all but the last were on time. Without
    // them the p99 of a window of few ticks would be its worst, and one hiccup would make a zone.
    const leftOut = Math.min(Math.round(plannedMs / this.#intervalMs), this.#stallTicksMax) - 1;
    for (let ticks = leftOut; ticks > 0; ticks--) this.#add(time, 0);
    // The smallest first: the ring overwrites the oldest, and the worst must stay for longest.
    const swallowed = Math.min(Math.ceil(delayMs / this.#intervalMs), this.#stallTicksMax) - 1;
    for (let ticks = swallowed; ticks > 0; ticks--) {
      this.#add(time, delayMs - ticks * this.#intervalMs);
    }
    this.#add(time, delayMs);
  }

  /** Nearest rank over the ticks of the window before the last one; 0: no tick yet. */
  get p99Ms(): number {
    const worst = this.#worstMs;
    const oldestMs = this.#lastMs - this.#windowMs;
    let tickCount = 0;
    worst.fill(-1);
    for (let index = 0; index < this.#atMs.length; index++) {
      if (this.#atMs[index]! <= oldestMs) continue;
      tickCount += 1;
      this.#insert(this.#delayMs[index]!);
    }
    return tickCount === 0 ? 0 : worst[tickCount - nearestRank(tickCount)]!;
  }

  #add(atMs: number, delayMs: number): void {
    this.#atMs[this.#next] = atMs;
    this.#delayMs[this.#next] = delayMs;
    this.#next = (this.#next + 1) % this.#atMs.length;
  }

  /** Into the worst, greatest first. */
  #insert(delayMs: number): void {
    const worst = this.#worstMs;
    if (delayMs <= worst[worst.length - 1]!) return;
    let index = worst.length - 1;
    for (; index > 0 && worst[index - 1]! < delayMs; index--) worst[index] = worst[index - 1]!;
    worst[index] = delayMs;
  }
}

/** From 1, the smallest. */
function nearestRank(count: number): number {
  return Math.ceil((count * rankPercent) / 100);
}
