// A zone of signals that keeps every sample and looks at all of them each time: slow, and too plain
// to be wrong. What the zone machine is compared with.

import type { ZonesConfig } from '../../src/config/config.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import type { SignalRow } from '../../src/monitor/signal-table.ts';
import { type Readings, Signal } from '../../src/monitor/signals.ts';

const { Green, Yellow, Red } = Zone;

export interface Sample {
  readonly timeMs: number;
  readonly readings: Readings;
  readonly zones: ZonesConfig;
}

/** Rises with whatever fires, falls a step at a time after the dwell. */
export class NaiveZone {
  readonly #rows: readonly SignalRow[];
  readonly #samples: Sample[] = [];
  #zone: Zone = Green;
  /** Index of the first sample that may be part of a dwell, and of a run. */
  #calmFrom = 0;
  #runFrom = 0;

  constructor(rows: readonly SignalRow[]) {
    this.#rows = rows;
  }

  get zone(): Zone {
    return this.#zone;
  }

  sample(sample: Sample): void {
    this.#samples.push(sample);
    const last = this.#samples.length - 1;
    const called = [Red, Yellow].find((zone) => this.#rows.some((row) => this.#fires(row, zone)));
    if (called !== undefined && called > this.#zone) {
      this.#zone = called;
      this.#calmFrom = last + 1;
    } else if (this.#zone !== Green && this.#calmMs(this.#zone) >= this.#dwellMs()) {
      this.#zone = this.#zone === Red ? Yellow : Green;
      this.#calmFrom = last;
    }
  }

  reload(): void {
    this.#runFrom = this.#samples.length;
  }

  restartDwell(): void {
    this.#calmFrom = this.#samples.length;
  }

  #dwellMs(): number {
    const { redDwellMs, yellowDwellMs } = this.#samples.at(-1)!.zones;
    return this.#zone === Red ? redDwellMs : yellowDwellMs;
  }

  #fires(row: SignalRow, zone: Zone): boolean {
    const run = this.#samples.slice(this.#runFrom).slice(-row.samplesToRise);
    return run.length === row.samplesToRise && run.every((sample) => reaches(row, zone, sample, 1));
  }

  /** How long no sample has held `zone`; -1: the last one does. */
  #calmMs(zone: Zone): number {
    const isCalm = (sample: Sample) =>
      !this.#rows.some((row) => reaches(row, zone, sample, sample.zones.releasePercent / 100));
    const candidates = this.#samples.slice(this.#calmFrom);
    const calm = candidates.slice(candidates.findLastIndex((sample) => !isCalm(sample)) + 1);
    return calm.length === 0 ? -1 : calm.at(-1)!.timeMs - calm[0]!.timeMs;
  }
}

/** Whether a signal is at `share` of the threshold of `zone`, or beyond. */
export function reaches(
  row: SignalRow,
  zone: Zone,
  { readings, zones }: Sample,
  share: number,
): boolean {
  const thresholds = row.thresholds(zones.signals);
  const threshold = zone === Red ? thresholds.red : thresholds.yellow;
  const value = readings[row.signal]!;
  if (threshold === Infinity || Number.isNaN(value)) return false;
  const needsGrowth = row.needsGrowthFrom !== undefined && zone >= row.needsGrowthFrom;
  const mayFire = !needsGrowth || readings[Signal.OwnGrowth]! > 0;
  return mayFire && (row.isFalling ? value <= threshold / share : value >= threshold * share);
}
