// What h2load writes about single requests (`--log-file`): when it was sent, HTTP status and how
// long the answer took, in tab-separated columns.

import { readFileSync } from 'node:fs';

export interface RequestTimes {
  readonly count: number;
  /** Status other than 200, or none. */
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export function readRequestLog(path: string): RequestTimes {
  const rows = readFileSync(path, 'latin1')
    .split('\n')
    .filter((line) => line !== '');
  const columns = rows.map((row) => row.split('\t'));
  const answered = columns.filter(([, status]) => status === '200');
  const timesUs = Float64Array.from(answered, ([, , timeUs]) => Number(timeUs)).sort();
  const msAt = (share: number) => quantile(timesUs, share) / 1000;
  return {
    count: answered.length,
    failed: columns.length - answered.length,
    p50Ms: msAt(0.5),
    p99Ms: msAt(0.99),
    p999Ms: msAt(0.999),
    maxMs: msAt(1),
  };
}

/** The smallest value that at least this share of all does not exceed; NaN of none. */
function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
