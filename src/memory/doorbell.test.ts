import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { DoorbellWorkerData } from '../../test/support/doorbell-worker.ts';
import { Doorbell, doorbellSizeBytes } from './doorbell.ts';

function doorbell(): Doorbell {
  return new Doorbell(new SharedArrayBuffer(64 + doorbellSizeBytes), 64);
}

test('sleep() returns at once when the bell has rung since it was read', () => {
  const bell = doorbell();
  const count = bell.count;
  assert.equal(bell.sleep(count, 0), false);
  bell.ring();
  assert.equal(bell.sleep(count, 10_000), true);
  assert.equal(bell.sleep(bell.count, 0), false, 'a ring counts once');
});

test('Doorbell counts rings past 2^31', () => {
  const buffer = new SharedArrayBuffer(doorbellSizeBytes);
  new Int32Array(buffer)[0] = 2 ** 31 - 1;
  const bell = new Doorbell(buffer, 0);
  const count = bell.count;
  bell.ring();
  assert.equal(bell.sleep(count, 10_000), true);
  assert.equal(bell.sleep(bell.count, 0), false);
});

test('Doorbell is not made off a cache line, and nobody sleeps for less than nothing', () => {
  const check = (call: () => unknown) => assert.throws(call, { name: 'AssertionFailed' });
  check(() => new Doorbell(new SharedArrayBuffer(128), 4));
  check(() => doorbell().sleep(0, -1));
});

// Each turn waits for the other thread's ring, so that a single one that is missed stops both.
test('ring() wakes whoever sleeps or is about to: 5,000 turns between two threads', async () => {
  const turns = 5_000;
  const buffer = new SharedArrayBuffer(2 * doorbellSizeBytes);
  const data: DoorbellWorkerData = { buffer, turns };
  const ours = new Doorbell(buffer, 0);
  const theirs = new Doorbell(buffer, doorbellSizeBytes);
  const url = new URL('../../test/support/doorbell-worker.ts', import.meta.url);
  const worker = new Worker(url, { workerData: data });
  const exit = once(worker, 'exit');
  await once(worker, 'online');
  for (let turn = 0; turn < turns; turn += 1) {
    const count = ours.count;
    theirs.ring();
    assert.ok(ours.sleep(count, 10_000), `no ring in turn ${turn}`);
  }
  assert.deepEqual(await exit, [0]);
});
