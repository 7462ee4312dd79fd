// Scenario: one destination on a fake clock, its downstream scripted. Guarantees: when requests
// start and when they wait, what new batches are told meanwhile, and what a refusal costs whom.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import { Verdict } from '../../src/exporter/retry-policy.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import {
  delivered,
  failed,
  recordSizeBytes,
  refused,
  ScriptedRig,
  scriptedConfig,
} from './scripted-rig.ts';

test('an idle consumer sends at once; flush_timeout and min_size apply only while it is busy', async () => {
  const rig = new ScriptedRig();
  rig.enqueue(1);
  await rig.settle();
  assert.equal(rig.transport.calls.length, 1);
  rig.enqueue(1);
  rig.enqueue(1);
  await rig.advance(199);
  assert.equal(rig.transport.calls.length, 1);
  await rig.advance(1);
  assert.deepEqual(rig.transport.calls[1]?.records, [2, 3]);
  rig.enqueue(8);
  await rig.settle();
  assert.equal(rig.transport.calls.length, 3, 'min_size starts a consumer');
  rig.enqueue(8);
  await rig.advance(1_000);
  assert.equal(rig.transport.calls.length, 3, 'no fourth consumer');
  rig.transport.calls[0]?.finish(delivered);
  await rig.settle();
  assert.equal(rig.transport.calls.length, 4);
});

test('in Yellow an idle consumer sends fewer and larger requests, and at once when it is Green again', async () => {
  const rig = new ScriptedRig();
  rig.zone = Zone.Yellow;
  for (let batch = 0; batch < 4; batch += 1) {
    rig.enqueue(4);
    await rig.advance(20);
  }
  const { calls } = rig.transport;
  assert.deepEqual(
    calls.map(({ records }) => records.length),
    [16],
  );
  calls[0]?.finish(delivered);
  const alone = rig.enqueue(1);
  await rig.advance(24);
  assert.equal(calls.length, 1);
  await rig.advance(1);
  assert.equal(calls.length, 2, 'nothing has come for an eighth of flush_timeout');
  calls[1]?.finish(delivered);
  await rig.settle();
  assert.equal(alone.outcome?.kind, OutcomeKind.Delivered);
  rig.enqueue(4);
  await rig.advance(25);
  rig.enqueue(1);
  calls[2]?.finish(refused(Verdict.Split));
  await rig.settle();
  assert.deepEqual(calls[3]?.records.length, 2, 'a half has nobody to wait for');
  for (; rig.transport.open.length > 0; await rig.advance(25)) {
    for (const call of rig.transport.open) call.finish(delivered);
  }
  const before = calls.length;
  for (const zone of [Zone.Green, Zone.Red]) {
    rig.zone = zone;
    rig.enqueue(1);
    await rig.settle();
    calls.at(-1)?.finish(delivered);
    await rig.settle();
  }
  assert.equal(calls.length, before + 2);
});

test('further consumers leave more than half of the arena to what arrives; the reserved buffer always moves', async () => {
  const rig = new ScriptedRig();
  rig.slabs.occupancyPercent = 46;
  for (let batch = 0; batch < 4; batch += 1) rig.enqueue(8);
  await rig.advance(1_000);
  assert.equal(rig.transport.calls.length, 1);
  rig.transport.calls[0]?.finish(delivered);
  await rig.settle();
  assert.equal(rig.transport.calls.length, 2);
  assert.equal(rig.slabs.outCount, 0);
});

test('refusal() is QUEUE_FULL at the bounds, and room comes back with the answer', async () => {
  const rig = new ScriptedRig();
  rig.enqueue(40);
  assert.equal(rig.destination.refusal(24 * recordSizeBytes), undefined);
  const full = rig.destination.refusal(25 * recordSizeBytes);
  assert.equal(full?.code, 'QUEUE_FULL');
  assert.ok(full.retryDelayMs >= 500 && full.retryDelayMs <= 5_000);
  await rig.settle();
  while (rig.transport.open.length > 0) {
    rig.transport.open[0]?.finish(delivered);
    await rig.settle();
  }
  assert.equal(rig.destination.refusal(64 * recordSizeBytes), undefined);
  for (let batch = 0; batch < 12; batch += 1) rig.enqueue(1);
  assert.equal(rig.destination.refusal(1)?.code, 'QUEUE_FULL');
});

test('a dead destination is DESTINATION_DOWN, is probed with an empty request, and comes back', async () => {
  const rig = new ScriptedRig();
  const batch = rig.enqueue(2);
  await rig.settle();
  for (const waitMs of [1_000, 2_000, 4_000]) {
    assert.equal(rig.destination.refusal(1), undefined);
    rig.transport.open[0]?.finish(refused(Verdict.Retry));
    await rig.settle();
    if (waitMs < 4_000) await rig.advance(waitMs);
  }
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  assert.equal(rig.count('OpenBreaker'), 1);
  batch.delivery.abandon();
  assert.equal(batch.outcome?.kind, OutcomeKind.Abandoned);
  await rig.advance(4_000);
  assert.deepEqual(
    rig.transport.open.map((call) => call.records),
    [[]],
  );
  rig.transport.open[0]?.finish(delivered);
  await rig.settle();
  assert.equal(rig.destination.refusal(1), undefined);
});

test('a destination that cannot be reached is DESTINATION_DOWN from the first request on', async () => {
  const rig = new ScriptedRig();
  rig.enqueue(2);
  await rig.settle();
  rig.transport.open[0]?.finish(failed({ failure: 'unconnected' }));
  await rig.settle();
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  await rig.advance(1_000);
  rig.transport.open[0]?.finish(delivered);
  await rig.settle();
  assert.equal(rig.destination.refusal(1), undefined);
});

test('close() of a destination that is not required counts what it loses, and only that', async () => {
  for (const required of [true, false]) {
    const rig = new ScriptedRig({ ...scriptedConfig, required });
    rig.slabs.occupancyPercent = 100;
    const flying = rig.enqueue(3);
    await rig.settle();
    flying.delivery.abandon();
    rig.enqueue(5);
    rig.enqueue(7).delivery.abandon();
    assert.equal(rig.count('DroppedRecords'), 0, 'the engine knows whether that is a loss');
    await rig.destination.close();
    assert.equal(rig.count('DroppedRecords'), required ? 0 : 5);
    assert.ok(rig.batches.every(({ outcome }) => outcome?.kind === OutcomeKind.Abandoned));
  }
});

test('idle() does not wait for a destination that is down and not required', async () => {
  const rig = new ScriptedRig({ ...scriptedConfig, required: false });
  rig.enqueue(3);
  await rig.settle();
  let idle = false;
  void rig.destination.idle().then(() => {
    idle = true;
  });
  await rig.settle();
  assert.equal(idle, false);
  rig.transport.open[0]?.finish(failed({ failure: 'unconnected' }));
  await rig.settle();
  assert.equal(idle, true);
  await rig.destination.idle();
});

test('a wait that the server asked for is kept to the millisecond', async () => {
  const rig = new ScriptedRig();
  rig.enqueue(1);
  await rig.settle();
  const askedMs = 52 * 60_000;
  rig.transport.open[0]?.finish(refused(Verdict.Retry, askedMs));
  await rig.settle();
  await rig.advance(askedMs - 1);
  assert.equal(rig.transport.calls.length, 1);
  await rig.advance(1);
  assert.equal(rig.transport.calls.length, 2);
});

test('wrong credentials hold the batches; the probe is empty until the set-up is mended', async () => {
  const rig = new ScriptedRig();
  const batch = rig.enqueue(3);
  await rig.settle();
  rig.transport.open[0]?.finish(refused(Verdict.Hold));
  await rig.settle();
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  await rig.advance(1_000);
  assert.deepEqual(rig.transport.open[0]?.records, []);
  rig.transport.open[0]?.finish(refused(Verdict.Hold));
  await rig.settle();
  await rig.advance(2_000);
  rig.transport.open[0]?.finish(delivered);
  await rig.settle();
  assert.deepEqual(rig.transport.open[0]?.records, batch.records);
  rig.transport.open[0]?.finish(delivered);
  await rig.settle();
  assert.equal(batch.outcome?.kind, OutcomeKind.Delivered);
});

test('twenty requests refused in a row are a fault of the destination, probed with one real batch', async () => {
  const rig = new ScriptedRig();
  for (let request = 0; request < 20; request += 1) {
    assert.equal(rig.destination.refusal(1), undefined, `request ${request}`);
    rig.enqueue(1);
    await rig.settle();
    rig.transport.open[0]?.finish(refused(Verdict.Permanent));
    await rig.settle();
  }
  assert.ok(rig.batches.every(({ outcome }) => outcome?.kind === OutcomeKind.Rejected));
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  await rig.advance(1_000);
  assert.equal(rig.transport.open.length, 0);
  assert.equal(rig.destination.refusal(1), undefined, 'one batch is let in');
  const probe = rig.enqueue(1);
  await rig.settle();
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
  rig.transport.open[0]?.finish(delivered);
  await rig.settle();
  assert.equal(probe.outcome?.kind, OutcomeKind.Delivered);
  assert.equal(rig.destination.refusal(1), undefined);
});

test('three batches refused in every part are a fault of the destination', async () => {
  const rig = new ScriptedRig();
  for (let batch = 0; batch < 3; batch += 1) {
    assert.equal(rig.destination.refusal(1), undefined);
    rig.enqueue(2);
    await rig.settle();
    while (rig.transport.open.length > 0) {
      rig.transport.open[0]?.finish(refused(Verdict.Bisect));
      await rig.settle();
    }
  }
  assert.deepEqual(
    rig.batches.map(({ outcome }) => outcome?.rejectedRecords),
    [2, 2, 2],
  );
  assert.equal(rig.destination.refusal(1)?.code, 'DESTINATION_DOWN');
});

test('a destination that is not required never refuses, loses its oldest batches and counts them', async () => {
  const rig = new ScriptedRig({ ...scriptedConfig, required: false });
  rig.enqueue(16);
  await rig.settle();
  const second = rig.enqueue(24);
  const third = rig.enqueue(24);
  assert.equal(rig.destination.refusal(64 * recordSizeBytes), undefined);
  const fourth = rig.enqueue(10);
  const tooLarge = rig.enqueue(70);
  await rig.settle();
  assert.equal(rig.batches[0]?.outcome, undefined, 'what is in flight is kept');
  const kinds = [second, third, fourth, tooLarge].map(({ outcome }) => outcome?.kind);
  const { Abandoned } = OutcomeKind;
  assert.deepEqual(kinds, [Abandoned, Abandoned, Abandoned, Abandoned]);
  assert.equal(rig.count('DroppedRecords'), 24 + 24 + 10 + 70);
});

test('abandon() settles at once what waits, at its end what is on the way, and never sends it again', async () => {
  const rig = new ScriptedRig();
  rig.slabs.occupancyPercent = 100;
  const flying = rig.enqueue(1);
  await rig.settle();
  const waiting = rig.enqueue(1);
  waiting.delivery.abandon();
  flying.delivery.abandon();
  const kinds = () => rig.batches.map(({ outcome }) => outcome?.kind);
  assert.deepEqual(kinds(), [undefined, OutcomeKind.Abandoned]);
  rig.transport.open[0]?.finish(failed({ outcomeUnknown: true }));
  await rig.settle();
  assert.deepEqual(kinds(), [OutcomeKind.Abandoned, OutcomeKind.Abandoned]);
  await rig.destination.idle();
  await rig.advance(60_000);
  assert.equal(rig.transport.calls.flatMap((call) => call.records).length, 1);
});

test('abandon() of a batch whose request then succeeds reports it delivered', async () => {
  const rig = new ScriptedRig();
  const batch = rig.enqueue(1);
  await rig.settle();
  batch.delivery.abandon();
  rig.transport.open[0]?.finish(delivered);
  await rig.settle();
  const kinds = rig.batches.map(({ outcome }) => outcome?.kind);
  assert.deepEqual(kinds, [OutcomeKind.Delivered]);
});
