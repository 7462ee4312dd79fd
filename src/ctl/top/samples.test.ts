import assert from 'node:assert/strict';
import { test } from 'node:test';
import { create } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import { statusSample } from '../../../test/support/control-fake.ts';
import { minuteOfSamples, sampleWallMs } from '../../../test/support/top-states.ts';
import { GetHistoryResponseSchema } from '../../generated/gophership/control/v1/history_pb.js';
import {
  lastSeconds,
  paceBetween,
  type Sample,
  sampleBetween,
  samplesMax,
  samplesOf,
  withSamples,
} from './samples.ts';

const received = ({ rates }: Sample) => rates.received;

function statusAt(second: number, receivedBatches: number) {
  return statusSample({
    time: timestampFromMs(sampleWallMs + second * 1_000),
    flow: { receivedBatches, receivedRecords: receivedBatches * 10, receivedBytes: 1_000 },
  });
}

test('samplesOf() makes a sample of each column of the history', () => {
  const history = create(GetHistoryResponseSchema, {
    time: [1_000, 2_000],
    receivedBatchesPerSecond: [5, 6],
    ackedBatchesPerSecond: [4, 5],
    signals: [{ name: 'arena_percent', value: [40, 41] }],
  });
  const samples = samplesOf(history);
  assert.deepEqual(samples.map(received), [5, 6]);
  assert.deepEqual(
    samples.map(({ signals }) => signals.get('arena_percent')),
    [40, 41],
  );
  // What an older engine does not have is not 0.
  assert.ok(samples.every(({ rates }) => Number.isNaN(rates.replayed)));
});

test('sampleBetween() is the rate between two statuses, but not across a restart', () => {
  assert.equal(sampleBetween(statusAt(0, 100), statusAt(5, 200))?.rates.received, 20);
  assert.equal(sampleBetween(statusAt(0, 100), statusAt(1, 10)), undefined);
  assert.equal(sampleBetween(statusAt(1, 100), statusAt(1, 110)), undefined);
  assert.deepEqual(paceBetween(statusAt(0, 100), statusAt(2, 120)), {
    ...{ recordsPerSecond: 100, bytesPerSecond: 0 },
  });
  assert.equal(paceBetween(statusAt(0, 100), statusAt(1, 10)), undefined);
});

test('withSamples() keeps a bounded number in the order of their times', () => {
  const all = minuteOfSamples(200);
  const kept = withSamples(all.slice(0, 50), all.slice(40));
  assert.deepEqual(kept, all.slice(-samplesMax));
  // The clock was set back: what was later than it is gone.
  const back = { ...all[0]!, wallMs: all[100]!.wallMs };
  assert.equal(withSamples(all.slice(60, 120), [back]).length, 41);
});

test('lastSeconds() has the newest at the end, and gaps where nothing is known', () => {
  const samples = minuteOfSamples(10);
  assert.deepEqual(lastSeconds(samples, 4, received), [6, 7, 8, 9]);
  const more = lastSeconds(samples, 12, received);
  assert.deepEqual(more, [undefined, undefined, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(lastSeconds([], 2, received), [undefined, undefined]);
  assert.deepEqual(lastSeconds(samples, 0, received), []);
});

test('lastSeconds() lets a status of Yellow stand until the next one, but not for a pause', () => {
  const at = (second: number): Sample => ({
    ...minuteOfSamples(1)[0]!,
    wallMs: sampleWallMs + second * 1_000,
    rates: { ...minuteOfSamples(1)[0]!.rates, received: second },
  });
  const slow = lastSeconds([at(0), at(5), at(10)], 11, received);
  assert.deepEqual(slow, [0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 10]);
  const paused = lastSeconds([at(0), at(20)], 21, received);
  assert.deepEqual(paused.slice(0, 8), [0, 0, 0, 0, 0, 0, 0, undefined]);
  assert.deepEqual(paused.slice(-2), [undefined, 20]);
});
