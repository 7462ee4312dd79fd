// Whether our own use of memory grows, and when it would meet the limit if it went on like that.

import { RateWindow } from './rate-window.ts';

const spanMs = 5_000;
/** A ramp that has ended is no growth: the last second must grow as well. */
const recentSpanMs = 1_000;
const historyMsMin = 2_000;
/**
 * Below it nothing grows: the kernel books pages of a cgroup in bundles, and heaps breathe while
 * they work. At 128 KiB a second a replay kept the engine Yellow for half a minute, at a tenth of
 * its pace.
 */
const growthBytesPerSecondMin = 1_024 * 1_024;

export class MemoryGrowth {
  readonly #window = new RateWindow(spanMs, 'amount');

  /** NaN: not to be had. */
  add(nowMs: number, useBytes: number): void {
    this.#window.add(nowMs, useBytes);
  }

  /** What was before is not the same kind of use. */
  clear(): void {
    this.#window.clear();
  }

  /** Never below 0; NaN before there are 2 s of history. */
  get bytesPerSecond(): number {
    const long = this.#window.rate(spanMs, historyMsMin);
    const recent = this.#window.rate(recentSpanMs, historyMsMin);
    const bytesPerSecond = Math.min(long, recent) * 1_000;
    return bytesPerSecond < growthBytesPerSecondMin ? 0 : bytesPerSecond;
  }
}

/** Ms; Infinity when nothing grows, or when the growth is planned. NaN when one is not known. */
export function exhaustionMs(
  growthBytesPerSecond: number,
  useBytes: number,
  plannedBytes: number,
  roomBytes: number,
): number {
  if (Number.isNaN(growthBytesPerSecond + useBytes + roomBytes)) return Number.NaN;
  // Heaps that warm up grow as well, and are in the plan.
  if (growthBytesPerSecond === 0 || useBytes <= plannedBytes) return Number.POSITIVE_INFINITY;
  return (1_000 * roomBytes) / growthBytesPerSecond;
}
