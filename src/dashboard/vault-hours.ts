// What is in the vault, by the hour in which it was received. Segments say when their oldest and
// newest batch came; in between they are taken to have come evenly.

import type { SegmentJson } from '../generated/gophership/control/v1/vault_pb.js';
import { numberOf, timeMsOf } from './wire-json.ts';

export interface VaultHour {
  readonly fromMs: number;
  readonly entries: number;
  readonly storedBytes: number;
}

export const hourMs = 60 * 60 * 1_000;

/** Two days, and the rest is in the first. */
export const hoursMax = 48;

/** Oldest first, without holes. */
export function vaultHours(segments: readonly SegmentJson[]): VaultHour[] {
  const spans = segments.map(spanOf).filter((span) => span !== undefined);
  if (spans.length === 0) return [];
  const lastMs = hourOf(Math.max(...spans.map(({ newestMs }) => newestMs)));
  const oldestMs = hourOf(Math.min(...spans.map(({ oldestMs }) => oldestMs)));
  const firstMs = Math.max(oldestMs, lastMs - (hoursMax - 1) * hourMs);
  const count = (lastMs - firstMs) / hourMs + 1;
  const hours = Array.from({ length: count }, (_, index) => {
    return { fromMs: firstMs + index * hourMs, entries: 0, storedBytes: 0 };
  });
  for (const span of spans) {
    for (const { atMs, part } of parts(span)) {
      const hour = hours[Math.max((atMs - firstMs) / hourMs, 0)];
      if (hour === undefined) continue;
      hour.entries += part * span.entries;
      hour.storedBytes += part * span.storedBytes;
    }
  }
  return hours;
}

interface Span {
  readonly oldestMs: number;
  readonly newestMs: number;
  readonly entries: number;
  readonly storedBytes: number;
}

function spanOf(segment: SegmentJson): Span | undefined {
  const oldestMs = timeMsOf(segment.oldest);
  const newestMs = timeMsOf(segment.newest);
  if (oldestMs === undefined || newestMs === undefined) return undefined;
  const entries = numberOf(segment.entryEnd) - numberOf(segment.firstEntrySeq);
  return {
    ...{ oldestMs, entries, storedBytes: numberOf(segment.storedBytes) },
    newestMs: Math.max(oldestMs, newestMs),
  };
}

/** Which part of the span is in which hour. */
function parts({ oldestMs, newestMs }: Span): { atMs: number; part: number }[] {
  const lengthMs = newestMs - oldestMs;
  if (lengthMs === 0) return [{ atMs: hourOf(oldestMs), part: 1 }];
  const found: { atMs: number; part: number }[] = [];
  for (let atMs = hourOf(oldestMs); atMs < newestMs; atMs += hourMs) {
    const insideMs = Math.min(newestMs, atMs + hourMs) - Math.max(oldestMs, atMs);
    found.push({ atMs, part: insideMs / lengthMs });
  }
  return found;
}

function hourOf(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs;
}
