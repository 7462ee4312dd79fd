// Two slots written in turn: META and the cursors. The next write goes over the older one, so a
// torn or lost write leaves the newer as it was.

import { ReadStatus } from './read-status.ts';

/** Where a generation belongs. */
export function slotIndexOf(generation: number): number {
  return generation % 2;
}

export interface ReadSlot {
  readonly status: ReadStatus;
  /** Counts only if the status is Ok. */
  readonly generation: number;
}

/** Index of the slot that counts; -1: neither does. Equal generations cannot be in both places. */
export function newestSlot(slots: readonly [ReadSlot, ReadSlot]): -1 | 0 | 1 {
  const [even, odd] = slots;
  if (even.status !== ReadStatus.Ok) return odd.status === ReadStatus.Ok ? 1 : -1;
  if (odd.status !== ReadStatus.Ok) return 0;
  return even.generation > odd.generation ? 0 : 1;
}
