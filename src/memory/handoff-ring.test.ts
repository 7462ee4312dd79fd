import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import type { HandoffRingWorkerData } from '../../test/support/handoff-ring-worker.ts';
import { testSeed } from '../../test/support/seed.ts';
import { HandoffRing, handoffRingSizeBytes } from './handoff-ring.ts';

function handoffRing(capacity: number, startIndex = 0): HandoffRing {
  const buffer = new SharedArrayBuffer(64 + handoffRingSizeBytes(capacity));
  const ring = new HandoffRing(buffer, 64, capacity);
  ring.reset(startIndex);
  return ring;
}

test('push() and pop() keep the order, and say when the ring is full or empty', () => {
  const ring = handoffRing(2);
  assert.equal(ring.pop(), 0);
  assert.ok(ring.push(1));
  assert.ok(ring.push(2 ** 32 - 1));
  assert.equal(ring.push(3), false);
  assert.equal(ring.length, 2);
  assert.equal(ring.pop(), 1);
  assert.equal(ring.pop(), 2 ** 32 - 1);
  assert.equal(ring.pop(), 0);
});

test('HandoffRing behaves as a bounded queue from any start index, past 2^31 and 2^32 too', (context) => {
  const seed = testSeed(context);
  const starts = fc.oneof(
    fc.integer({ min: -40, max: 40 }), // around 2^32, where the indices wrap to 0
    fc.integer({ min: 2 ** 31 - 40, max: 2 ** 31 + 40 }),
    fc.nat(),
  );
  const pushes = fc.array(fc.boolean(), { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(starts, fc.constantFrom(1, 2, 8, 16), pushes, (start, capacity, steps) => {
      const ring = handoffRing(capacity, start);
      const queue: number[] = [];
      for (const [index, isPush] of steps.entries()) {
        if (isPush) {
          const fits = queue.length < capacity;
          assert.equal(ring.push(index + 1), fits);
          if (fits) queue.push(index + 1);
        } else {
          assert.equal(ring.pop(), queue.shift() ?? 0);
        }
        assert.equal(ring.length, queue.length);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test('sleep() returns at once when the doorbell rang since it was read', () => {
  const ring = handoffRing(4);
  const doorbell = ring.doorbell;
  assert.equal(ring.sleep(doorbell, 0), false);
  ring.push(5);
  ring.ring();
  assert.equal(ring.sleep(doorbell, 10_000), true);
});

test('HandoffRing is not made with a capacity or a slab number that it cannot have', () => {
  const check = (call: () => unknown) => assert.throws(call, { name: 'AssertionFailed' });
  check(() => handoffRing(0));
  check(() => handoffRing(3));
  check(() => handoffRing(2).push(0));
  check(() => handoffRing(2).push(2 ** 32));
});

test('HandoffRing hands 100,000 slabs to another thread and back, in order and with their bytes', async () => {
  const capacity = 64;
  const count = 100_000;
  const sizeBytes = handoffRingSizeBytes(capacity);
  const data: HandoffRingWorkerData = {
    buffer: new SharedArrayBuffer(2 * sizeBytes),
    thereOffsetBytes: 0,
    backOffsetBytes: sizeBytes,
    capacity,
    count,
    bodies: new Int32Array(new SharedArrayBuffer(4 * count)),
  };
  const there = new HandoffRing(data.buffer, data.thereOffsetBytes, capacity);
  const back = new HandoffRing(data.buffer, data.backOffsetBytes, capacity);
  there.reset(2 ** 32 - 1_000); // the indices wrap on the way
  back.reset(2 ** 32 - 2_000);
  const url = new URL('../../test/support/handoff-ring-worker.ts', import.meta.url);
  const worker = new Worker(url, { workerData: data });
  const exit = once(worker, 'exit');
  await once(worker, 'online');

  let pushed = 0;
  let wrong = 0;
  for (let popped = 0; popped < count; ) {
    const doorbell = back.doorbell;
    let group = 0;
    while (pushed < count && pushed - popped < capacity) {
      data.bodies[pushed] = pushed;
      assert.ok(there.push(pushed + 1));
      pushed += 1;
      group += 1;
    }
    if (group > 0) there.ring();
    const before = popped;
    for (let slab = back.pop(); slab !== 0; slab = back.pop()) {
      popped += 1;
      if (slab !== popped || data.bodies[slab - 1] !== -slab) wrong += 1;
    }
    if (popped === before) assert.ok(back.sleep(doorbell, 10_000), 'never rung');
  }
  assert.equal(wrong, 0);
  assert.deepEqual(await exit, [0]);
});
