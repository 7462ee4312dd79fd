// `grpc-timeout`: at most eight digits and a unit (gRPC over HTTP/2, "Timeout").

import { assert } from '../assert.ts';

const digitsMax = 8;
const valueMax = 10 ** digitsMax - 1;

const msByUnit: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/**
 * Milliseconds, possibly a fraction; undefined when it is no timeout, which is answered with
 * BAD_TIMEOUT.
 */
export function parseTimeoutMs(header: string): number | undefined {
  if (!/^[0-9]{1,8}[HMSmun]$/.test(header)) return undefined;
  const unitMs = msByUnit[header.slice(-1)]!; // the pattern allows only units of the table
  return Number(header.slice(0, -1)) * unitMs;
}

/** Rounded up, at least 1 ms; the finest unit that needs no more than eight digits. */
export function formatTimeout(timeoutMs: number): string {
  assert(timeoutMs >= 0, 'negative timeout');
  for (const unit of ['m', 'S', 'M']) {
    const value = Math.max(1, Math.ceil(timeoutMs / msByUnit[unit]!)); // the units are of the table
    if (value <= valueMax) return `${value}${unit}`;
  }
  const hours = Math.ceil(timeoutMs / 3_600_000);
  return `${Math.min(valueMax, hours)}H`;
}
