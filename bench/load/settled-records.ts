// Waits for what is still on its way to the sink.

import { setTimeout as pause } from 'node:timers/promises';
import type { DiscardSink } from './discard-sink.ts';

const stepMs = 20;
/** Without a single new record in between. */
const stillMsMax = 15_000;

/**
 * Records that came since the count was `before`, once they are as many as `wanted`, or once no
 * more come: it may be less or more.
 */
export async function settledRecords(
  sink: DiscardSink,
  before: number,
  wanted: number,
): Promise<number> {
  let arrived = 0;
  for (let stillMs = 0; stillMs < stillMsMax; stillMs += stepMs) {
    const now = (await sink.counts()).records - before;
    if (now >= wanted) return now;
    if (now > arrived) stillMs = 0;
    arrived = now;
    await pause(stepMs);
  }
  return arrived;
}
