// What the demo has shown, judged from outside of the engine: numbers that the producers saw
// acknowledged against numbers that the sink received.

import { frameWidth } from './frame.ts';
import type { ZoneChange } from './zone-name.ts';

export interface Evidence {
  /** By number of the batch: 1 if it was acknowledged. */
  readonly acked: Uint8Array;
  /** By number of the batch: how often the sink received it. */
  readonly received: Uint8Array;
  readonly damagedBatches: number;
  readonly refusedCalls: number;
  readonly brokenConnections: number;
  readonly memoryPeakBytes: number;
  readonly memoryLimitBytes: number;
  /** Of the engine's own books, after its end. */
  readonly ledgerDifference: number;
  readonly changes: readonly ZoneChange[];
  readonly startWallMs: number;
}

export interface Verdict {
  readonly isGood: boolean;
  readonly lines: readonly string[];
}

export function judge(evidence: Evidence): Verdict {
  const { ackedBatches, lostBatches, receivedBatches, duplicates } = compare(evidence);
  const { damagedBatches, brokenConnections, ledgerDifference, changes } = evidence;
  const { memoryPeakBytes, memoryLimitBytes } = evidence;
  const wasRed = changes.some(({ to, wallMs }) => to === 'Red' && wallMs >= evidence.startWallMs);
  const isGreen = changes.at(-1)?.to === 'Green';
  const checks: readonly (readonly [holds: boolean, text: string])[] = [
    [
      lostBatches === 0 && ackedBatches > 0,
      `lost = ${lostBatches} of ${ackedBatches} batches that the producers saw acknowledged`,
    ],
    [
      damagedBatches === 0,
      `${damagedBatches} of ${receivedBatches} batches at the sink differ from what was sent`,
    ],
    [
      brokenConnections === 0,
      `${brokenConnections} connections broken, ${evidence.refusedCalls} calls refused and sent again`,
    ],
    [
      memoryPeakBytes <= memoryLimitBytes,
      `peak memory ${mib(memoryPeakBytes)}, limit ${mib(memoryLimitBytes)}`,
    ],
    [ledgerDifference === 0, `the engine's own ledger is off by ${ledgerDifference}`],
    [wasRed && isGreen, 'zones: Green -> Red -> Green'],
  ];
  return {
    isGood: checks.every(([holds]) => holds),
    lines: [
      ...checks.map(([holds, text]) => `${holds ? '  ok  ' : 'FAIL  '}${text}`),
      ...zoneTrace(evidence),
      `${noCheck}${duplicates} batches arrived more than once: sent again after the downstream had died`,
    ],
  };
}

function compare({ acked, received }: Evidence) {
  let [ackedBatches, lostBatches, receivedBatches, duplicates] = [0, 0, 0, 0];
  for (const [batch, times] of received.entries()) {
    if (acked[batch] === 1) ackedBatches += 1;
    if (acked[batch] === 1 && times === 0) lostBatches += 1;
    if (times > 0) receivedBatches += 1;
    if (times > 1) duplicates += times - 1;
  }
  return { ackedBatches, lostBatches, receivedBatches, duplicates };
}

/** A line each; of a long story, its beginning and its end. */
function zoneTrace({ changes, startWallMs }: Evidence): string[] {
  const told = changes.filter(({ wallMs }) => wallMs >= startWallMs);
  const lines = told.map(({ to, wallMs, why }) => {
    const seconds = ((wallMs - startWallMs) / 1000).toFixed(1);
    return `${seconds.padStart(11)} s  ${to.padEnd(7)} ${why}`.slice(0, frameWidth).trimEnd();
  });
  const left = lines.length - 2 * traceLinesShown;
  if (left <= 1) return lines;
  return [
    ...lines.slice(0, traceLinesShown),
    `${noCheck}... and ${left} more`,
    ...lines.slice(-traceLinesShown),
  ];
}

const noCheck = ' '.repeat(6);
/** At each end. */
const traceLinesShown = 6;

function mib(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}
