// What a log writer did, in plain numbers that the loop copies for status and metrics.

import { TimeHistogram } from '../memory/time-histogram.ts';
import type { PendingEntry } from './hand-over.ts';

export class WriterCounts {
  groups = 0;
  entries = 0;
  /** Bodies, before compression. */
  bodyBytes = 0;
  /** As written, with headers and padding. */
  storedBytes = 0;
  marks = 0;
  losses = 0;
  syncs = 0;
  syncMsMax = 0;
  readonly syncTimes = new TimeHistogram();
  sealedSegments = 0;
  /** Files given up after a failure. */
  poisonedFiles = 0;
  /** Groups that were written again and are durable. */
  rewrittenGroups = 0;
  /** Numbered and not acknowledged. */
  givenUpEntries = 0;

  synced(ms: number): void {
    this.syncs += 1;
    this.syncMsMax = Math.max(this.syncMsMax, ms);
    this.syncTimes.add(ms);
  }

  /** One group, its first `count` entries. */
  committed(entries: readonly PendingEntry[], count: number): void {
    this.groups += 1;
    this.entries += count;
    for (let index = 0; index < count; index += 1) {
      this.bodyBytes += entries[index]!.bodySizeBytes; // inside the count
    }
  }
}
