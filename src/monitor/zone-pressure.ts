// What a set of readings asks for: which signals are at a threshold, for long enough to count, and
// which are not far enough below it to let go. Sets of signals are bits of a number, so that a
// sample allocates nothing.

import type { ZonesConfig } from '../config/config.ts';
import { Zone } from '../memory/zone-word.ts';
import { signalTable } from './signal-table.ts';
import { type Readings, Signal, signalCount } from './signals.ts';

/** Bit n: Signal n. */
export type SignalSet = number;

export const noSignal: SignalSet = 0;
export const allSignals: SignalSet = (1 << signalCount) - 1;
/** Those that Mandate 2 is about. */
export const memorySignals: SignalSet = setOf((signal) => signalTable[signal]!.isMemory);

const needGrowthForRed: SignalSet = needGrowthFor(Zone.Red);
const needGrowthForYellow: SignalSet = needGrowthFor(Zone.Yellow);
/** Less is worse: their values and thresholds are compared with the sign turned. */
const signs = Float64Array.from(signalTable, (row) => (row.isFalling ? -1 : 1));
const samplesToRise = Uint8Array.from(signalTable, (row) => row.samplesToRise);

export class ZonePressure {
  readonly #yellow: Level;
  readonly #red: Level;

  constructor(zones: ZonesConfig) {
    this.#yellow = new Level(zones, 'yellow');
    this.#red = new Level(zones, 'red');
  }

  /** Counts the sample. */
  take(readings: Readings): void {
    this.#yellow.count(readings, thatCount(Zone.Yellow, readings));
    this.#red.count(readings, thatCount(Zone.Red, readings));
  }

  /** The zone that those of `signals` ask for that have been at a threshold for long enough. */
  calledZone(signals: SignalSet): Zone {
    if ((this.#red.fired & signals) !== 0) return Zone.Red;
    return (this.#yellow.fired & signals) !== 0 ? Zone.Yellow : Zone.Green;
  }

  /** Those that have been at the threshold of `zone` for long enough. */
  fired(zone: Zone): SignalSet {
    return this.#level(zone)?.fired ?? noSignal;
  }

  /** Those that do not let `zone` be left. */
  holding(zone: Zone, readings: Readings): SignalSet {
    return this.#level(zone)?.holding(readings, thatCount(zone, readings)) ?? noSignal;
  }

  /** Of a signal, in its unit; Infinity: never. */
  threshold(zone: Zone, signal: Signal): number {
    return this.#level(zone)?.thresholds[signal] ?? Infinity;
  }

  /** What a signal must get below (falling: above) so that `zone` can be left. */
  release(zone: Zone, signal: Signal): number {
    return this.#level(zone)?.releases[signal] ?? Infinity;
  }

  #level(zone: Zone): Level | undefined {
    if (zone === Zone.Green) return undefined;
    return zone === Zone.Red ? this.#red : this.#yellow;
  }
}

/** The thresholds of one zone. */
class Level {
  readonly thresholds: Float64Array;
  readonly releases: Float64Array;
  /** As compared: sign turned where less is worse, NaN where never, which no value is at. */
  readonly #at: Float64Array;
  readonly #held: Float64Array;
  /** Samples in a row at the threshold, up to as many as are needed. */
  readonly #runs = new Uint8Array(signalCount);
  fired: SignalSet = noSignal;

  constructor(zones: ZonesConfig, key: 'yellow' | 'red') {
    const releaseShare = zones.releasePercent / 100;
    this.thresholds = Float64Array.from(signalTable, (row) => row.thresholds(zones.signals)[key]);
    this.releases = this.thresholds.map((threshold, signal) =>
      signs[signal]! < 0 ? threshold / releaseShare : threshold * releaseShare,
    );
    this.#at = this.thresholds.map(comparable);
    this.#held = this.releases.map(comparable);
  }

  count(readings: Readings, signals: SignalSet): void {
    let fired = noSignal;
    for (let signal = 0; signal < signalCount; signal++) {
      const bit = 1 << signal;
      const isAt = (signals & bit) !== 0 && readings[signal]! * signs[signal]! >= this.#at[signal]!;
      const run = isAt ? Math.min(this.#runs[signal]! + 1, samplesToRise[signal]!) : 0;
      this.#runs[signal] = run;
      if (isAt && run === samplesToRise[signal]!) fired |= bit;
    }
    this.fired = fired;
  }

  holding(readings: Readings, signals: SignalSet): SignalSet {
    let holding = noSignal;
    for (let signal = 0; signal < signalCount; signal++) {
      if (readings[signal]! * signs[signal]! >= this.#held[signal]!) holding |= 1 << signal;
    }
    return holding & signals;
  }
}

function comparable(threshold: number, signal: number): number {
  return threshold === Infinity ? Number.NaN : threshold * signs[signal]!;
}

/** Unknown growth is none. */
function thatCount(zone: Zone, readings: Readings): SignalSet {
  if (readings[Signal.OwnGrowth]! > 0) return allSignals;
  return allSignals & ~(zone === Zone.Red ? needGrowthForRed : needGrowthForYellow);
}

function needGrowthFor(zone: Zone): SignalSet {
  return setOf((signal) => (signalTable[signal]!.needsGrowthFrom ?? Infinity) <= zone);
}

function setOf(has: (signal: number) => boolean): SignalSet {
  let signals = noSignal;
  for (let signal = 0; signal < signalCount; signal++) if (has(signal)) signals |= 1 << signal;
  return signals;
}
