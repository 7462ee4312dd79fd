// Moments on the command line: a date with its zone, or how long ago.

import { parseTimeMs } from './flag-value.ts';

/** @returns ms since the Unix epoch */
export function parseMoment(text: string, nowMs: number): number {
  const agoMs = spanMs(text.replace(/^-/, ''));
  if (agoMs !== undefined) return nowMs - agoMs;
  try {
    return parseTimeMs(text);
  } catch {
    // Of both forms, which that one does not know.
    throw new RangeError(
      'not a time with its zone, such as 2026-01-31T12:00:00Z, or how long ago, such as 90m or 2d',
    );
  }
}

function spanMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)/gy)];
  const length = parts.reduce((sum, [whole]) => sum + whole.length, 0);
  if (length === 0 || length !== text.length) return undefined;
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * unitMs[unit]!, 0);
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
