// When the spares of both logs are filled while no producer waits: as fast as the disk goes, or a
// slice now and then while the host has better to do. A spare that the next rotation would have to
// wait for never gives way.

import { HostWord, type ZonePage } from '../memory/zone-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { LogState } from './log-state.ts';
import type { LogWriter } from './log-writer.ts';
import { SpareState, spareRetryDelayMs } from './spares.ts';

type SpareWriter = Pick<LogWriter, 'background' | 'needsSpareSoon' | 'spareState' | 'state'>;

/** Between two slices of a MiB. */
const trickleMs = 100;

export class SpareFilling {
  readonly #zones: ZonePage;
  readonly #writers: readonly SpareWriter[];
  #sliceAtMs = Number.NEGATIVE_INFINITY;

  constructor(zones: ZonePage, writers: readonly SpareWriter[]) {
    this.#zones = zones;
    this.#writers = writers;
  }

  /** Does a little. Ms until there may be more to do; 0: at once. */
  step(nowMs: number): number {
    const givesWay = this.#givesWay;
    let untilMs = Number.POSITIVE_INFINITY;
    for (const writer of this.#writers) {
      const trickles = givesWay && !writer.needsSpareSoon;
      const restMs = trickles ? this.#sliceAtMs - nowMs : 0;
      if (restMs > 0) {
        untilMs = Math.min(untilMs, restMs);
        continue;
      }
      if (writer.background(1)) {
        if (!trickles) return 0;
        this.#sliceAtMs = nowMs + trickleMs;
        untilMs = Math.min(untilMs, trickleMs);
      } else if (lacksSpare(writer)) {
        // Room that others give back on the file system rings no bell.
        untilMs = Math.min(untilMs, spareRetryDelayMs);
      }
    }
    return untilMs;
  }

  get #givesWay(): boolean {
    return this.#zones.zone.get() !== Zone.Green || this.#zones.isSet(HostWord.IoBusy);
  }
}

function lacksSpare({ state, spareState }: SpareWriter): boolean {
  return state !== LogState.ReadOnly && spareState !== SpareState.Ready;
}
