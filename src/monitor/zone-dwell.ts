// A zone that rises at once and falls one step at a time, each after every signal has stayed below
// the release of that zone for the dwell. What makes it impossible to flap.

import { assert } from '../assert.ts';
import { Zone } from '../memory/zone-word.ts';
import type { Readings } from './signals.ts';
import { noSignal, type SignalSet, type ZonePressure } from './zone-pressure.ts';

export interface Dwells {
  readonly redDwellMs: number;
  readonly yellowDwellMs: number;
}

export class DwelledZone {
  readonly #signals: SignalSet;
  #zone: Zone = Zone.Green;
  /** NaN: a signal holds the zone, or it is Green. */
  #calmSinceMs = Number.NaN;
  #heldBy: SignalSet = noSignal;
  #released: SignalSet = noSignal;

  /** Only `signals` count. */
  constructor(signals: SignalSet) {
    this.#signals = signals;
  }

  get zone(): Zone {
    return this.#zone;
  }

  /** Those that raised the zone, or were the last to hold it. */
  get heldBy(): SignalSet {
    return this.#zone === Zone.Green ? noSignal : this.#heldBy;
  }

  /** Those that were the last to hold the zone that was left last. */
  get released(): SignalSet {
    return this.#released;
  }

  /** @param nowMs never goes back */
  step(nowMs: number, pressure: ZonePressure, readings: Readings, dwells: Dwells): void {
    const called = pressure.calledZone(this.#signals);
    if (called > this.#zone) {
      this.#zone = called;
      this.#heldBy = pressure.fired(called) & this.#signals;
      this.#calmSinceMs = Number.NaN;
      return;
    }
    if (this.#zone === Zone.Green) return;
    if (!this.#isCalm(nowMs, pressure, readings)) return;
    if (nowMs - this.#calmSinceMs < dwellMs(this.#zone, dwells)) return;
    this.#zone = this.#zone === Zone.Red ? Zone.Yellow : Zone.Green;
    this.#released = this.#heldBy;
    this.restartDwell();
    if (this.#zone !== Zone.Green) this.#isCalm(nowMs, pressure, readings);
  }

  /** The zone has only now begun to act. */
  restartDwell(): void {
    this.#calmSinceMs = Number.NaN;
  }

  /** Until one step down if every signal stays calm. */
  dwellLeftMs(nowMs: number, dwells: Dwells): number {
    const dwell = dwellMs(this.#zone, dwells);
    if (Number.isNaN(this.#calmSinceMs)) return dwell;
    return Math.max(0, dwell - (nowMs - this.#calmSinceMs));
  }

  #isCalm(nowMs: number, pressure: ZonePressure, readings: Readings): boolean {
    const holding = pressure.holding(this.#zone, readings) & this.#signals;
    if (holding !== noSignal) {
      this.#heldBy = holding;
      this.#calmSinceMs = Number.NaN;
      return false;
    }
    if (Number.isNaN(this.#calmSinceMs)) this.#calmSinceMs = nowMs;
    assert(this.#calmSinceMs <= nowMs, 'time has gone back');
    return true;
  }
}

/** Of `zone`, before it can be left. */
export function dwellMs(zone: Zone, { redDwellMs, yellowDwellMs }: Dwells): number {
  if (zone === Zone.Green) return 0;
  return zone === Zone.Red ? redDwellMs : yellowDwellMs;
}
