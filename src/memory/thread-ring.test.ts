import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import type { ThreadRingWorkerData } from '../../test/support/thread-ring-worker.ts';
import { Doorbell, doorbellSizeBytes } from './doorbell.ts';
import { ringRecordWords, ThreadRing, threadRingSizeBytes } from './thread-ring.ts';

function threadRing(capacity: number, startIndex = 0): ThreadRing {
  const ring = new ThreadRing(
    new SharedArrayBuffer(64 + threadRingSizeBytes(capacity)),
    64,
    capacity,
  );
  ring.reset(startIndex);
  return ring;
}

const record = new Uint32Array(ringRecordWords);

/** The oldest record, as eight numbers; undefined: empty. */
function popped(ring: ThreadRing): number[] | undefined {
  record.fill(77);
  if (ring.pop(record)) return [...record];
  assert.deepEqual([...record], Array(8).fill(77), 'an empty ring changed the record');
  return undefined;
}

test('push() and pop() keep order and words, and say when the ring is full or empty', () => {
  const ring = threadRing(2);
  assert.equal(popped(ring), undefined);
  assert.ok(ring.push(1, 2, 3, 4, 5, 6, 7, 2 ** 32 - 1));
  assert.ok(ring.push(2 ** 31));
  assert.equal(ring.push(3), false);
  assert.equal(ring.length, 2);
  assert.deepEqual(popped(ring), [1, 2, 3, 4, 5, 6, 7, 2 ** 32 - 1]);
  assert.ok(ring.push(0));
  assert.deepEqual(popped(ring), [2 ** 31, 0, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(popped(ring), Array(8).fill(0), 'words of the record before it');
  assert.equal(popped(ring), undefined);
});

test('ThreadRing behaves as a bounded queue from any start index, past 2^31 and 2^32 too', (context) => {
  const seed = testSeed(context);
  const starts = fc.oneof(
    fc.integer({ min: -40, max: 40 }), // around 2^32, where the indices wrap to 0
    fc.integer({ min: 2 ** 31 - 40, max: 2 ** 31 + 40 }),
    fc.nat(),
  );
  const pushes = fc.array(fc.boolean(), { maxLength: 200, size: 'max' });
  fc.assert(
    fc.property(starts, fc.constantFrom(1, 2, 8, 16), pushes, (start, capacity, steps) => {
      const ring = threadRing(capacity, start);
      const queue: number[][] = [];
      for (const [index, isPush] of steps.entries()) {
        if (isPush) {
          const fits = queue.length < capacity;
          assert.equal(ring.push(index, 1, 2, 3, 4, 5, 6, ~index >>> 0), fits);
          if (fits) queue.push([index, 1, 2, 3, 4, 5, 6, ~index >>> 0]);
        } else {
          assert.deepEqual(popped(ring), queue.shift());
        }
        assert.equal(ring.length, queue.length);
      }
    }),
    { seed, numRuns: 300 },
  );
});

test('ThreadRing touches no byte outside of its size', () => {
  const capacity = 4;
  const sizeBytes = threadRingSizeBytes(capacity);
  const buffer = new SharedArrayBuffer(sizeBytes + 128);
  const bytes = new Uint8Array(buffer).fill(0xa5);
  const ring = new ThreadRing(buffer, 64, capacity);
  ring.reset(2 ** 32 - 6);
  for (let n = 0; n < 3 * capacity; n += 1) {
    assert.ok(ring.push(1, 2, 3, 4, 5, 6, 7, 8));
    if (n >= capacity - 1) assert.ok(ring.pop(record));
  }
  assert.ok(bytes.subarray(0, 64).every((byte) => byte === 0xa5));
  assert.ok(bytes.subarray(64 + sizeBytes).every((byte) => byte === 0xa5));
});

test('ThreadRing is not made or used with what it cannot have', () => {
  const check = (call: () => unknown) => assert.throws(call, { name: 'AssertionFailed' });
  check(() => threadRing(0));
  check(() => threadRing(3));
  check(() => new ThreadRing(new SharedArrayBuffer(4_096), 4, 2));
  check(() => threadRing(2).push(-1));
  check(() => threadRing(2).push(0, 2 ** 32));
  check(() => threadRing(2).push(0, 0, 0, 0, 0, 0, 0, 0.5));
  check(() => threadRing(2).pop(new Uint32Array(7)));
});

for (const sleeps of [true, false]) {
  const whose = sleeps ? 'another thread that sleeps' : 'another thread that spins';
  test(`ThreadRing hands 100,000 records to ${whose} and back, in order and whole`, async () => {
    await handOverAndBack({ sleeps, count: 100_000, capacity: 64 });
  });
}

async function handOverAndBack(
  options: Pick<ThreadRingWorkerData, 'sleeps' | 'count' | 'capacity'>,
): Promise<void> {
  const { count, capacity } = options;
  const sizeBytes = threadRingSizeBytes(capacity);
  const data: ThreadRingWorkerData = {
    ...options,
    buffer: new SharedArrayBuffer(2 * (sizeBytes + doorbellSizeBytes)),
    thereOffsetBytes: 0,
    backOffsetBytes: sizeBytes,
    workerBellOffsetBytes: 2 * sizeBytes,
    testBellOffsetBytes: 2 * sizeBytes + doorbellSizeBytes,
    bodies: new Int32Array(new SharedArrayBuffer(4 * count)),
  };
  const there = new ThreadRing(data.buffer, data.thereOffsetBytes, capacity);
  const back = new ThreadRing(data.buffer, data.backOffsetBytes, capacity);
  const workerBell = new Doorbell(data.buffer, data.workerBellOffsetBytes);
  const testBell = new Doorbell(data.buffer, data.testBellOffsetBytes);
  there.reset(2 ** 32 - 1_000); // the indices wrap on the way
  back.reset(2 ** 32 - 2_000);
  const url = new URL('../../test/support/thread-ring-worker.ts', import.meta.url);
  const worker = new Worker(url, { workerData: data });
  const exit = once(worker, 'exit');
  await once(worker, 'online');

  try {
    assert.equal(exchange(data, there, back, workerBell, testBell), 0, 'wrong records');
    assert.deepEqual(await exit, [0]);
  } finally {
    await worker.terminate(); // one that spins would do so for ever
  }
}

/** Sends all records and takes them back; returns how many were wrong. */
function exchange(
  { bodies, capacity, count, sleeps }: ThreadRingWorkerData,
  there: ThreadRing,
  back: ThreadRing,
  workerBell: Doorbell,
  testBell: Doorbell,
): number {
  let pushed = 0;
  let wrong = 0;
  for (let returned = 0; returned < count; ) {
    const rings = testBell.count;
    let group = 0;
    for (; pushed < count && pushed - returned < capacity; pushed += 1, group += 1) {
      const n = pushed;
      bodies[n] = n;
      assert.ok(there.push(n, n * 2, n * 3, n * 5, n * 7, n * 11, n * 13, ~n >>> 0));
    }
    if (group > 0) workerBell.ring();
    const before = returned;
    for (; back.pop(record); returned += 1) {
      if (!isWhole(record, returned) || bodies[returned] !== -returned) wrong += 1;
    }
    if (sleeps && returned === before) assert.ok(testBell.sleep(rings, 10_000), 'never rung');
  }
  return wrong;
}

function isWhole([w0, w1, w2, w3, w4, w5, w6, w7]: Uint32Array, n: number): boolean {
  const inOrder = w0 === n && w1 === n * 2 && w2 === n * 3 && w3 === n * 5;
  return inOrder && w4 === n * 7 && w5 === n * 11 && w6 === n * 13 && w7 === ~n >>> 0;
}
