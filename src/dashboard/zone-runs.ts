// The zones of the last minutes as stretches of time: what the ribbon draws, and how it reads
// aloud.

import { durationText } from '../ctl/quantity-text.ts';
import { type ZoneWord, zoneTitle } from './zone-word.ts';

export interface ZoneRun {
  readonly zone: ZoneWord;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A sample stands for the time since the one before it. */
export function zoneRuns(timesMs: readonly number[], zones: readonly ZoneWord[]): ZoneRun[] {
  const runs: ZoneRun[] = [];
  timesMs.forEach((toMs, index) => {
    const zone = zones[index] ?? 'unknown';
    const fromMs = timesMs[index - 1] ?? toMs - 1_000;
    const last = runs.at(-1);
    if (last?.zone === zone) runs[runs.length - 1] = { ...last, toMs };
    else runs.push({ zone, fromMs, toMs });
  });
  return runs;
}

/** "Green 14m, Red 58s" */
export function zoneShares(runs: readonly ZoneRun[]): string {
  const words: readonly ZoneWord[] = ['green', 'yellow', 'red', 'unknown'];
  return words
    .map((zone) => ({ zone, ms: lasted(runs, zone) }))
    .filter(({ ms }) => ms > 0)
    .map(
      ({ zone, ms }) => `${zone === 'unknown' ? 'Not known' : zoneTitle(zone)} ${durationText(ms)}`,
    )
    .join(', ');
}

function lasted(runs: readonly ZoneRun[], zone: ZoneWord): number {
  return runs
    .filter((run) => run.zone === zone)
    .reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs), 0);
}
