import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorTable } from '../errors.ts';
import { Admission } from './admission.ts';
import type { Slabs } from './slabs.ts';

function slabsAt(occupancyPercent: number) {
  return {
    reserve: () => 0,
    wait: () => ({ cancel() {} }),
    free() {},
    shrink() {},
    bodyOffsetBytes: () => 0,
    capacityBytes: () => 0,
    reservedBytes: 0,
    onFree: undefined,
    occupancyPercent,
  } satisfies Slabs as Mutable<Slabs>;
}

function admissionAt(occupancyPercent: number, random: number): Admission {
  return new Admission(slabsAt(occupancyPercent), () => random);
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

test('Admission.retryDelayMs() grows with occupancy from 0.5 to 5 s, with 20 % jitter', () => {
  const delays = [0, 50, 100].map((percent) =>
    admissionAt(percent, 0.5).retryDelayMs('ADMISSION_TIMEOUT'),
  );
  assert.deepEqual(delays, [500, 2_750, 5_000]);
  assert.equal(admissionAt(0, 0).retryDelayMs('ADMISSION_TIMEOUT'), 400);
  assert.equal(admissionAt(100, 0.999_999).retryDelayMs('ADMISSION_TIMEOUT'), 6_000);
  assert.equal(admissionAt(100, 0.5).retryDelayMs('DRAINING'), 1_000);
  assert.equal(admissionAt(100, 0.9).retryDelayMs('PRODUCER_STALLED'), 1_000);
  assert.equal(admissionAt(0, 0.5).retryDelayMs('QUEUE_FULL', 60_000), 5_000);
  assert.equal(admissionAt(0, 0.5).retryDelayMs('QUEUE_FULL', 1), 500);
});

test('Admission.retryDelayMs() is undefined exactly for what is not retryable', () => {
  for (const code of Object.keys(errorTable) as ErrorCode[]) {
    // keyof of a const table
    const delayMs = admissionAt(50, 0.5).retryDelayMs(code);
    assert.equal(delayMs !== undefined, errorTable[code].retryable, code);
  }
});

test('Admission says when nothing may be moving any more: a slab came back, or waits for what is read', () => {
  const slabs = slabsAt(50);
  const admission = new Admission(slabs, () => 0.5);
  const said: boolean[] = [];
  admission.onStop = () => said.push(admission.isMoving);
  slabs.reservedBytes = 3_000;
  admission.countIncomplete(1_000);
  admission.countIncomplete(2_000);
  assert.deepEqual(said, [true, false]);
  admission.countIncomplete(-1_000);
  slabs.reservedBytes = 2_000;
  slabs.onFree?.();
  assert.deepEqual(said, [true, false, true, false]);
});
