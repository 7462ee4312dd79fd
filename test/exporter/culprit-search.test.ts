// Scenario: a destination refuses requests for some of the records in them (INVALID_ARGUMENT, 400).
// Guarantees: the search for these costs each batch at most 64 requests, whoever else is in them,
// and every record is delivered or counted as refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import { Verdict } from '../../src/exporter/retry-policy.ts';
import {
  delivered,
  failed,
  recordSizeBytes,
  refused,
  type ScriptedCall,
  ScriptedRig,
  scriptedConfig,
} from './scripted-rig.ts';

const wide = 512 * recordSizeBytes;
const searchConfig = {
  ...scriptedConfig,
  queue: {
    ...scriptedConfig.queue,
    sizeBytesMax: wide,
    batch: { ...scriptedConfig.queue.batch, sizeBytesMax: wide },
  },
};

test('the search for culprits costs exactly what is allowed when all records are bad', async () => {
  const rig = new ScriptedRig(searchConfig);
  const sent = rig.enqueue(500);
  const calls = await search(rig, () => true);
  const kind = OutcomeKind.Rejected;
  assert.deepEqual(sent.outcome, { kind, rejectedRecords: 500, message: 'no' });
  assert.equal(rig.count('RejectedRecords'), 500);
  // The request that began it and 31 pairs of halves: a 32nd pair would be the 65th request.
  assert.equal(calls.length, 63);
  assert.equal(rig.destination.refusal(1), undefined);
});

test('the search finds every culprit that its budget allows, and gives up whole pieces after that', async () => {
  for (const [badCount, rejectedMax] of [
    [1, 1],
    [2, 2],
    [3, 3],
    [40, 500],
    [250, 500],
  ] as const) {
    const rig = new ScriptedRig(searchConfig);
    const sent = rig.enqueue(500);
    const step = Math.floor(500 / badCount);
    const isBad = (record: number) => record % step === 0;
    const calls = await search(rig, isBad);
    assert.ok(calls.length <= 64, `${calls.length} requests for ${badCount}`);
    assert.equal(rig.count('DeliveredRecords') + rig.count('RejectedRecords'), 500);
    const rejected = sent.outcome?.rejectedRecords ?? 0;
    assert.ok(rejected >= badCount && rejected <= rejectedMax, `${rejected} of ${badCount}`);
  }
});

test('each of several batches in one request pays for its own search only', async () => {
  const rig = new ScriptedRig(searchConfig);
  const batches = [1, 2, 3, 4].map(() => rig.enqueue(100));
  const bad = new Set(batches[2]!.records); // of four
  const calls = await search(rig, (record) => bad.has(record));
  const rejected = batches.map(({ outcome }) => outcome?.rejectedRecords);
  assert.deepEqual(rejected, [0, 0, 100, 0]);
  for (const { records } of batches) {
    const own = calls.filter((call) => call.records.some((record) => records.includes(record)));
    assert.ok(own.length <= 64, `${own.length} requests`);
  }
});

test('resends of a search do not take from its budget, and do not add to it', async () => {
  for (const ending of [refused(Verdict.Retry), failed({ outcomeUnknown: true })]) {
    const rig = new ScriptedRig(searchConfig);
    const sent = rig.enqueue(500);
    const calls = await search(rig, () => true, ending);
    assert.equal(sent.outcome?.rejectedRecords, 500);
    assert.ok(calls.length <= 64, `${calls.length} requests`);
  }
});

/**
 * Answers until nothing is sent any more: requests with a record that `isBad` are refused, the
 * first time others, too.
 */
async function search(
  rig: ScriptedRig,
  isBad: (record: number) => boolean,
  firstEnding = delivered,
): Promise<ScriptedCall[]> {
  const seen: ScriptedCall[] = [];
  const again = new Set<string>();
  await rig.settle();
  for (let round = 0; round < 1_000 && rig.count('QueuedBatches') > 0; round += 1) {
    const call = rig.transport.open[0];
    if (call === undefined) {
      await rig.advance(1_000);
      continue;
    }
    const key = String(call.records);
    const isNew = !again.has(key);
    again.add(key);
    if (firstEnding !== delivered && isNew) {
      call.finish(firstEnding);
    } else {
      seen.push(call);
      call.finish(call.records.some(isBad) ? refused(Verdict.Bisect) : delivered);
    }
    await rig.settle();
  }
  return seen;
}
