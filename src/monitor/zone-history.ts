// The last transitions of the zone, each with its evidence: what an operator reads to learn why.

import type { Zone } from '../memory/zone-word.ts';
import { signalTable } from './signal-table.ts';
import type { Readings, Signal } from './signals.ts';
import type { SignalSet } from './zone-pressure.ts';

export const transitionsMax = 200;

export interface Transition {
  /** Set by whoever knows the date: the machine knows only the time that it is told. */
  wallMs?: number;
  readonly atMs: number;
  readonly from: Zone;
  readonly to: Zone;
  readonly cause: TransitionCause;
  readonly signals: readonly SignalEvidence[];
  /** In `from`. */
  readonly durationMs: number;
  /** The one that acts or, where it has just ended, that acted. */
  readonly override?: { readonly reason: string; readonly by: string };
}

/** 'signal': up; 'dwell': down. The others: an override began or ended. */
export type TransitionCause = 'signal' | 'dwell' | 'override' | 'override_ended' | 'force';

/**
 * Up: a signal at the threshold of `to`. Down: one of those that held `from` to the last, with what
 * it had to get below (falling: above).
 */
export interface SignalEvidence {
  readonly name: string;
  /** In the signal's unit; NaN: no longer to be had. */
  readonly value: number;
  readonly threshold: number;
}

export class ZoneHistory {
  readonly #ring: Transition[] = [];
  /** Of the next transition, once the ring is full. */
  #next = 0;

  add(transition: Transition): void {
    this.#ring[this.#next] = transition;
    this.#next = (this.#next + 1) % transitionsMax;
  }

  /** Oldest first. */
  list(): Transition[] {
    if (this.#ring.length < transitionsMax) return [...this.#ring];
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }
}

export function signalEvidence(
  signals: SignalSet,
  readings: Readings,
  thresholdOf: (signal: Signal) => number,
): SignalEvidence[] {
  return signalTable
    .filter(({ signal }) => (signals & (1 << signal)) !== 0)
    .map(({ signal, name }) => ({
      name,
      value: readings[signal]!,
      threshold: thresholdOf(signal),
    }));
}
