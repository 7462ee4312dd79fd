// How fast the vault may go back into the pipeline, decided from zone, disk and vault use. Pure: a
// table of cases, tested as one.

import { unreachable } from '../assert.ts';
import { Zone } from '../memory/zone-word.ts';

export interface PaceLimits {
  /** Decompressed bytes, in Green. */
  readonly rateBytesPerSecond: number;
  /** In Yellow, and at most while the disk is busy; 0: paused. */
  readonly yellowRateBytesPerSecond: number;
  /** Of the rate, and of a destination's requests, that the backlog gets in any case. */
  readonly minSharePercent: number;
}

/** Above it the vault must be emptied, whatever the zone. */
export const urgentUsePercent = 50;

/**
 * From here on nothing that an operator has set holds the replay back: a full vault would refuse
 * producers.
 */
export const resumeUsePercent = 80;

/** What decides. */
export interface PaceState {
  readonly zone: Zone;
  /** Others wait for the disk as well. */
  readonly isDiskBusy: boolean;
  /** Of the vault's limit. */
  readonly usePercent: number;
  /** By command. */
  readonly isPaused: boolean;
}

/** Bytes per second; 0: nothing is handed out. */
export function replayRate(limits: PaceLimits, state: PaceState): number {
  const { zone, isDiskBusy, usePercent, isPaused } = state;
  if (isPaused) return 0;
  const zoneRate = rateInZone(limits, zone);
  const rate = isDiskBusy ? Math.min(zoneRate, limits.yellowRateBytesPerSecond) : zoneRate;
  if (usePercent <= urgentUsePercent) return rate;
  return Math.max(rate, (limits.rateBytesPerSecond * limits.minSharePercent) / 100);
}

/**
 * The limits at an operator's rate, which is above 0. Yellow is no faster than that, and what a
 * vault that is over half full gets in any case stays, as far as the rate allows.
 */
export function limitsAtRate(limits: PaceLimits, rateBytesPerSecond: number): PaceLimits {
  const { rateBytesPerSecond: rate, yellowRateBytesPerSecond: yellowRate } = limits;
  const urgentRate = Math.min(rateBytesPerSecond, (rate * limits.minSharePercent) / 100);
  return {
    rateBytesPerSecond,
    yellowRateBytesPerSecond: Math.min(yellowRate, rateBytesPerSecond),
    minSharePercent: (100 * urgentRate) / rateBytesPerSecond,
  };
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
