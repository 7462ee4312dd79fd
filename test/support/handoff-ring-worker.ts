// The other thread of handoff-ring.test.ts: pops from one ring, sleeping while it is empty, checks
// what was written before the push, and pushes every number back through a second ring.

import { workerData } from 'node:worker_threads';
import { HandoffRing } from '../../src/memory/handoff-ring.ts';

export interface HandoffRingWorkerData {
  readonly buffer: SharedArrayBuffer;
  readonly thereOffsetBytes: number;
  readonly backOffsetBytes: number;
  readonly capacity: number;
  readonly count: number;
  /** Word n holds n when number n + 1 is pushed; the worker turns it over. */
  readonly bodies: Int32Array<SharedArrayBuffer>;
}

const data = workerData as HandoffRingWorkerData; // what the test passes
const there = new HandoffRing(data.buffer, data.thereOffsetBytes, data.capacity);
const back = new HandoffRing(data.buffer, data.backOffsetBytes, data.capacity);

for (let popped = 0; popped < data.count; ) {
  const doorbell = there.doorbell;
  let group = 0;
  for (let slab = there.pop(); slab !== 0; slab = there.pop()) {
    const body = slab - 1;
    data.bodies[body] = data.bodies[body] === body ? -slab : 0;
    // the parent has no more out than fit
    if (!back.push(slab)) throw new Error('more came than went');
    group += 1;
  }
  popped += group;
  if (group > 0) back.ring();
  else if (popped < data.count && !there.sleep(doorbell, 10_000)) throw new Error('never rung');
}
