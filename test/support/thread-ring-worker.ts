// The other thread of thread-ring.test.ts: pops records from one ring, sleeping on its doorbell
// while there are none, checks what was written before the push, and pushes every record back
// through a second ring.

import { workerData } from 'node:worker_threads';
import { Doorbell } from '../../src/memory/doorbell.ts';
import { ringRecordWords, ThreadRing } from '../../src/memory/thread-ring.ts';

export interface ThreadRingWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly thereOffsetBytes: number;
  readonly backOffsetBytes: number;
  /** This thread sleeps on it. */
  readonly workerBellOffsetBytes: number;
  /** The test's thread sleeps on it. */
  readonly testBellOffsetBytes: number;
  /** False: the worker looks again at once instead, so that both sides meet in the ring. */
  readonly sleeps: boolean;
  readonly capacity: number;
  readonly count: number;
  /** Word n holds n when record n is pushed; the worker turns it over. */
  readonly bodies: Int32Array<SharedArrayBuffer>;
}

const data = workerData as ThreadRingWorkerData; // what the test passes
const there = new ThreadRing(data.buffer, data.thereOffsetBytes, data.capacity);
const back = new ThreadRing(data.buffer, data.backOffsetBytes, data.capacity);
const workerBell = new Doorbell(data.buffer, data.workerBellOffsetBytes);
const testBell = new Doorbell(data.buffer, data.testBellOffsetBytes);
const record = new Uint32Array(ringRecordWords);

for (let popped = 0; popped < data.count; ) {
  const rings = workerBell.count;
  let group = 0;
  while (there.pop(record)) {
    const [n = 0, w1, w2, w3, w4, w5, w6, w7] = record;
    data.bodies[n] = data.bodies[n] === n ? -n : 0;
    // The parent has no more out than fit.
    if (!back.push(n, w1, w2, w3, w4, w5, w6, w7)) throw new Error('more came than went');
    group += 1;
  }
  popped += group;
  if (group > 0) testBell.ring();
  else if (data.sleeps && popped < data.count) {
    if (!workerBell.sleep(rings, 10_000)) throw new Error('never rung');
  }
}
