// Ids, times, hashes and statuses of a vault as people and programs read them.

import { ReadStatus } from '../vault/read-status.ts';
import type { U64 } from '../vault/u64.ts';

export function hexId(segmentId: number): string {
  return segmentId.toString(16).padStart(16, '0');
}

export function timeText(ms: number | undefined): string {
  return ms === undefined || ms > 8.64e15 ? '-' : new Date(ms).toISOString();
}

export function timeOfNs(ns: U64): string | undefined {
  return ns.isZero ? undefined : timeText(ns.msOfNs);
}

export function hexOf(value: U64): string {
  return value.toBigInt().toString(16).padStart(16, '0');
}

export function statusText(status: ReadStatus): string {
  const name = Object.entries(ReadStatus).find(([, value]) => value === status)?.[0];
  return name ?? `status ${status}`;
}
