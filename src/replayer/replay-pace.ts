// How fast the vault may go back into the pipeline, decided from zone and vault use. Pure: a table
// of cases, tested as one.

import { unreachable } from '../assert.ts';
import { Zone } from '../memory/zone-word.ts';

export interface PaceLimits {
  /** Decompressed bytes, in Green. */
  readonly rateBytesPerSecond: number;
  /** In Yellow; 0: paused. */
  readonly yellowRateBytesPerSecond: number;
  /** Of the rate, and of a destination's requests, that the backlog gets in any case. */
  readonly minSharePercent: number;
}

/** Above it the vault must be emptied, whatever the zone. */
export const urgentUsePercent = 50;

/** From here on a pause ends by itself: a full vault would refuse producers. */
export const resumeUsePercent = 80;

/** Bytes per second; 0: nothing is handed out. */
export function replayRate(
  limits: PaceLimits,
  zone: Zone,
  usePercent: number,
  isPaused: boolean,
): number {
  if (isPaused) return 0;
  const zoneRate = rateInZone(limits, zone);
  if (usePercent <= urgentUsePercent) return zoneRate;
  return Math.max(zoneRate, (limits.rateBytesPerSecond * limits.minSharePercent) / 100);
}

export function pauseEnds(usePercent: number): boolean {
  return usePercent >= resumeUsePercent;
}

function rateInZone(limits: PaceLimits, zone: Zone): number {
  switch (zone) {
    case Zone.Green:
      return limits.rateBytesPerSecond;
    case Zone.Yellow:
      return limits.yellowRateBytesPerSecond;
    case Zone.Red:
      return 0;
    default:
      return unreachable(zone, 'zone');
  }
}
