// What the shards say of themselves, as readings of the whole: the worst of them counts.

import type { ZonePage } from '../memory/zone-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { type Readings, Signal } from './signals.ts';

/** A timer is late by this much more before it is called so, as the shard itself would. */
const usualMs = 50;

export class ShardReadings {
  readonly #page: ZonePage;
  readonly #tickCounts: Int32Array;
  readonly #movedMs: Float64Array;

  constructor(page: ZonePage) {
    this.#page = page;
    this.#tickCounts = new Int32Array(page.shardCount);
    this.#movedMs = new Float64Array(page.shardCount).fill(Number.NaN);
  }

  read(nowMs: number, out: Readings): void {
    let arenaPercent = 0;
    let delayMs = 0;
    for (let shard = 0; shard < this.#page.shardCount; shard += 1) {
      const signals = this.#page.shard(shard);
      // One that has turned by itself found no memory for a message, whatever is free just now.
      const isFull = signals.localZone === Zone.Red;
      arenaPercent = Math.max(arenaPercent, isFull ? 100 : signals.arenaPercent);
      delayMs = Math.max(delayMs, signals.loopDelayMs, this.#stallMs(shard, nowMs));
    }
    out[Signal.Arena] = arenaPercent;
    out[Signal.LoopDelay] = delayMs;
  }

  /** A loop that stands still cannot say so. 0 for one that has not begun to tick. */
  #stallMs(shard: number, nowMs: number): number {
    const { tickCount, tickMs } = this.#page.shard(shard);
    if (tickCount !== this.#tickCounts[shard]) {
      this.#tickCounts[shard] = tickCount;
      this.#movedMs[shard] = nowMs;
    }
    const movedMs = this.#movedMs[shard]!; // one for each shard
    return Number.isNaN(movedMs) ? 0 : Math.max(0, nowMs - movedMs - tickMs - usualMs);
  }
}
