import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KiB, MiB } from '../limits.ts';
import { DeliveryLane } from './delivery-lane.ts';

const limits = {
  ...{ queueSizeBytesMax: 64 * MiB, queueBatchesMax: 5_000 },
  ...{ flushTimeoutMs: 200, minSharePercent: 10 },
};
const sizeBytes = 16 * KiB;

test('waitMs() lets more go out while answers are quick, and less when they are slow', () => {
  const lane = laneOf();
  let nowMs = 0;
  const first = fill(lane, nowMs);
  for (let n = 0; n < first; n += 1) lane.answered(sizeBytes, nowMs, nowMs + 300);
  nowMs += 300;
  const second = fill(lane, nowMs);
  assert.equal(second, 2 * first);
  for (let n = 0; n < second; n += 1) lane.answered(sizeBytes, nowMs, nowMs + 5_000);
  nowMs += 5_000;
  assert.equal(fill(lane, nowMs), first);
});

test('waitMs() gives the backlog its share of the requests of a slow destination', () => {
  const queue = { down: false, bytes: 0, enqueued: 0 };
  const lane = laneOf(queue);
  queue.enqueued += fill(lane, 0);
  queue.enqueued += 1_000; // live batches
  const earned = fill(lane, 0);
  // Credit is bounded: what was not used is not saved up for ever.
  assert.equal(earned, 64);
  queue.enqueued += 64 + 90;
  assert.equal(fill(lane, 0), 10);
});

test('waitMs() lets one entry at a time find out whether a destination is up again', () => {
  const queue = { down: true, bytes: 0, enqueued: 0 };
  const lane = laneOf(queue);
  assert.equal(fill(lane, 0), 1);
  lane.refused(sizeBytes, 0, 0);
  assert.ok(lane.waitMs(0, sizeBytes) > 0);
  assert.equal(fill(lane, 10_000), 1);
  lane.answered(sizeBytes, 10_000, 10_001);
  queue.down = false;
  assert.ok(fill(lane, 10_001) > 1);
});

test('waitMs() leaves a full queue to live batches', () => {
  const queue = { down: false, bytes: 64 * MiB, enqueued: 0 };
  const lane = laneOf(queue);
  assert.equal(fill(lane, 0), 1);
});

test('waitMs() hands out no more than a queue takes that counts batches', () => {
  const queue = { down: false, bytes: 0, batches: 0, enqueued: 0 };
  const lane = laneOf(queue, { queueBatchesMax: 3 });
  assert.equal(fill(lane, 0), 3);
  for (let n = 0; n < 3; n += 1) lane.answered(sizeBytes, 0, 1);
  queue.batches = 3; // live ones
  assert.equal(fill(lane, 1), 1);
});

test('refused() backs off ever longer, up to a few seconds, once for all that come back', () => {
  const lane = laneOf();
  let nowMs = 0;
  const waits: number[] = [];
  for (let turn = 0; turn < 12; turn += 1) {
    lane.handedOut(sizeBytes);
    lane.handedOut(sizeBytes);
    lane.refused(sizeBytes, nowMs, 0.999);
    const waitMs = lane.waitMs(nowMs, sizeBytes);
    lane.refused(sizeBytes, nowMs, 0.999);
    assert.equal(lane.waitMs(nowMs, sizeBytes), waitMs);
    waits.push(Math.round(waitMs));
    nowMs += waitMs + 1;
  }
  assert.deepEqual(waits, [50, 100, 200, 400, 800, 1599, 3198, 4998, 4998, 4998, 4998, 4998]);
});

interface LaneQueue {
  down: boolean;
  bytes: number;
  batches?: number;
  enqueued: number;
}

function laneOf(
  queue: LaneQueue = { down: false, bytes: 0, enqueued: 0 },
  more: Partial<typeof limits> = {},
): DeliveryLane {
  const state = {
    isDown: () => queue.down,
    queuedBytes: () => queue.bytes,
    queuedBatches: () => queue.batches ?? 0,
    enqueuedBatches: () => queue.enqueued,
  };
  return new DeliveryLane(state, { ...limits, ...more });
}

/** Hands out what may go; how many. */
function fill(lane: DeliveryLane, nowMs: number): number {
  let count = 0;
  for (; lane.waitMs(nowMs, sizeBytes) === 0 && count < 10_000; count += 1) {
    lane.handedOut(sizeBytes);
  }
  return count;
}
