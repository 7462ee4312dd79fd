// Why the zone is what it is, and what would have to move so that it can be left.

import { Zone } from '../memory/zone-word.ts';
import { type SignalUnit, signalTable } from './signal-table.ts';
import type { Readings } from './signals.ts';
import type { SignalSet, ZonePressure } from './zone-pressure.ts';

export interface ZoneExplanation {
  /** What acts, unless observe_only. */
  readonly zone: Zone;
  /** What the signals ask for. */
  readonly computedZone: Zone;
  /** How long `zone` has lasted. */
  readonly durationMs: number;
  readonly override: OverrideState | undefined;
  /** Until the computed zone is one step lower; undefined: it is Green, or signals hold it. */
  readonly dwellLeftMs: number | undefined;
  /** Those that would have to move; empty: Green, or only the dwell is left. */
  readonly holding: readonly SignalState[];
  /** Names of those that raised the computed zone or were the last to hold it. */
  readonly lastHeldBy: readonly string[];
  /** Every signal that is live. */
  readonly signals: readonly SignalState[];
}

export interface OverrideState {
  readonly zone: Zone;
  readonly reason: string;
  readonly by: string;
  readonly cause: 'override' | 'force';
  /** Infinity: until the configuration says otherwise. */
  readonly leftMs: number;
  /** Memory is, or was for the last dwell, at Red: nothing lowers the zone now. */
  readonly isOverruled: boolean;
}

/** Values in the signal's unit. */
export interface SignalState {
  readonly name: string;
  readonly unit: SignalUnit;
  readonly value: number;
  /** Infinity: never. */
  readonly yellow: number;
  /** Infinity: never. */
  readonly red: number;
  /** The highest zone that it holds. */
  readonly holds: Zone;
  /** What it must get below (falling: above) for the computed zone to be left; Infinity: any. */
  readonly release: number;
  /** How far it is from there; undefined: it does not hold the computed zone. */
  readonly moveBy: number | undefined;
}

/** Of the signals that are live, in the order of the table. */
export function signalStates(
  computedZone: Zone,
  pressure: ZonePressure,
  readings: Readings,
): SignalState[] {
  const holdsRed = pressure.holding(Zone.Red, readings);
  const holdsYellow = pressure.holding(Zone.Yellow, readings);
  const holds = pressure.holding(computedZone, readings);
  return signalTable
    .filter(({ signal }) => !Number.isNaN(readings[signal]))
    .map(({ signal, name, unit }) => {
      const value = readings[signal]!;
      const release = pressure.release(computedZone, signal);
      return {
        name,
        unit,
        value,
        yellow: pressure.threshold(Zone.Yellow, signal),
        red: pressure.threshold(Zone.Red, signal),
        holds: has(holdsRed, signal)
          ? Zone.Red
          : has(holdsYellow, signal)
            ? Zone.Yellow
            : Zone.Green,
        release,
        moveBy: has(holds, signal) ? Math.abs(value - release) : undefined,
      };
    });
}

export function signalNames(signals: SignalSet): string[] {
  return signalTable.filter(({ signal }) => has(signals, signal)).map(({ name }) => name);
}

function has(signals: SignalSet, signal: number): boolean {
  return (signals & (1 << signal)) !== 0;
}
