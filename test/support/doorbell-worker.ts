// The other thread of doorbell.test.ts: answers each ring of its bell with one of the test's.

import { workerData } from 'node:worker_threads';
import { Doorbell, doorbellSizeBytes } from '../../src/memory/doorbell.ts';

export interface DoorbellWorkerData {
  /** The test's bell, then the worker's. */
  readonly buffer: SharedArrayBuffer;
  readonly turns: number;
}

const data = workerData as DoorbellWorkerData; // what the test passes
const theirs = new Doorbell(data.buffer, 0);
const ours = new Doorbell(data.buffer, doorbellSizeBytes);

for (let turn = 0; turn < data.turns; turn += 1) {
  // The count of this turn, whether its ring came before or comes later.
  if (!ours.sleep(turn, 10_000)) throw new Error(`no ring in turn ${turn}`);
  theirs.ring();
}
