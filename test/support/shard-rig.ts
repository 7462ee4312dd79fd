// A Shard over scripted destinations, and calls that remember how they were answered.

import { Shard } from '../../src/engine/shard.ts';
import type { Answer, IngestCall } from '../../src/ingester/ingest-call.ts';
import { silentLog } from '../../src/log.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { FakeClock } from './fake-clock.ts';
import type { ScriptedDestination } from './scripted-destination.ts';

/** A shard over scripted destinations; every message has `recordCount` records. */
export function createRig(options: {
  destinations: ScriptedDestination[];
  malformed?: string;
  recordCount?: number;
}) {
  const clock = new FakeClock();
  const counters = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1).shard(0);
  const freed: number[] = [];
  const occupancy = { percent: 0 };
  const shard = new Shard({
    clock,
    log: silentLog,
    counters,
    destinations: options.destinations,
    scan: () => ({
      malformed: options.malformed,
      resourceCount: 1,
      recordCount: options.recordCount ?? 10,
    }),
    freeSlab: (slab) => freed.push(slab),
    occupancyPercent: () => occupancy.percent,
  });
  return { clock, counters, freed, occupancy, shard };
}

export class FakeCall implements IngestCall {
  readonly slab: number;
  readonly bodyOffsetBytes = 64;
  readonly bodyLengthBytes = 1_000;
  readonly deadlineMs: number;
  readonly producer = 'CN=test';
  readonly answers: Answer[] = [];
  onGone: (() => void) | undefined;

  constructor(slab: number, deadlineMs = Number.POSITIVE_INFINITY) {
    this.slab = slab;
    this.deadlineMs = deadlineMs;
  }

  answer(answer: Answer): void {
    this.answers.push(answer);
  }
}
