// Where a value of a signal stands on its gauge, from 0, calm, to 1. Gauges of all signals read the
// same way: what is further to the right is worse, also where less is worse.

import { type Signal, SignalUnit, Zone } from '../../generated/gophership/control/v1/control_pb.js';

/** Undefined: this signal has no threshold, so that nothing says what much is. */
export type SignalScale = ((value: number) => number) | undefined;

export function signalScale({ unit, yellow, red }: Signal): SignalScale {
  if (yellow === undefined && red === undefined) return undefined;
  if (unit === SignalUnit.PERCENT) return (value) => within(value / 100);
  const worst = red ?? yellow ?? 1;
  const first = yellow ?? worst;
  // Time that is left: 0 is the end of the gauge, and "never" its begin.
  if (worst < first) return (value) => within(1 - value / (first * fallingRoom));
  return (value) => within(value / (Math.max(worst, first) * risingRoom));
}

/** Which zone this value alone would ask for. */
export function zoneOfValue({ yellow, red }: Signal, value: number): Zone {
  const isFalling = yellow !== undefined && red !== undefined && red < yellow;
  const reaches = (threshold: number | undefined) =>
    threshold !== undefined && (isFalling ? value <= threshold : value >= threshold);
  if (reaches(red)) return Zone.RED;
  return reaches(yellow) ? Zone.YELLOW : Zone.GREEN;
}

/** So much of the gauge lies beyond its last threshold. */
const risingRoom = 1.25;
/** So much of it lies before its first. */
const fallingRoom = 2;

function within(fraction: number): number {
  return Number.isNaN(fraction) ? 0 : Math.min(1, Math.max(0, fraction));
}
