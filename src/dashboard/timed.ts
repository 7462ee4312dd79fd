// A figure with the moment it is of, and when it is too old to be taken for the present.

import type { ZoneWord } from './zone-word.ts';

export interface Timed<T> {
  readonly value: T;
  /** On the page's monotonic clock. */
  readonly atMs: number;
}

/** The engine tells its status every second in Green, and every five in Yellow. */
export const statusIntervalMs = 1_000;
export const slowStatusIntervalMs = 5_000;

/** A status, and one that is late, may be missed by a busy host. */
export function staleAfterMs(zone: ZoneWord): number {
  return zone === 'yellow' ? 12_000 : 4_000;
}
