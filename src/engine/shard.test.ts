import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  abandoned,
  delivered,
  ScriptedDestination,
} from '../../test/support/scripted-destination.ts';
import { createRig, createVaultRig, FakeCall } from '../../test/support/shard-rig.ts';
import { OutcomeKind } from '../exporter/destination.ts';
import type { Answer } from '../ingester/ingest-call.ts';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { answeredOccupancyPercentMax, answerWaitMsMax } from './in-flight-batches.ts';

const deadlineSweepMs = 100;

const ok: Answer = { kind: 'ok', rejectedRecords: 0, message: '' };

function codes(call: FakeCall): string[] {
  return call.answers.map((answer) => (answer.kind === 'ok' ? 'OK' : answer.code));
}

test('accept() answers OK only when every required destination has the batch', () => {
  const [a, b] = [new ScriptedDestination('otlp_grpc/a'), new ScriptedDestination('file/b')];
  const { shard, freed } = createRig({ destinations: [a, b] });
  const call = new FakeCall(7);
  shard.accept(call);
  a.open[0]?.settle(delivered);
  assert.deepEqual(codes(call), []);
  assert.deepEqual(freed, []);
  b.open[0]?.settle(delivered);
  assert.deepEqual(call.answers, [ok]);
  assert.deepEqual(freed, [7]);
});

test('accept() does not wait for a destination that is not required, but keeps its slab', () => {
  const [a, b] = [new ScriptedDestination('file'), new ScriptedDestination('debug', false)];
  const { shard, freed } = createRig({ destinations: [a, b] });
  const call = new FakeCall(7);
  shard.accept(call);
  a.open[0]?.settle(delivered);
  assert.deepEqual(call.answers, [ok]);
  assert.deepEqual(freed, []);
  b.open[0]?.settle(abandoned);
  assert.deepEqual(freed, [7]);
});

test('accept() passes on how many records a destination refused, and which one it was', () => {
  const a = new ScriptedDestination('otlp_grpc/a');
  const { shard } = createRig({ destinations: [a], recordCount: 10 });
  const partial = new FakeCall(1);
  shard.accept(partial);
  a.open[0]?.settle({ kind: OutcomeKind.Delivered, rejectedRecords: 3, message: 'too old' });
  const whole = new FakeCall(2);
  shard.accept(whole);
  a.open[0]?.settle({ kind: OutcomeKind.Rejected, rejectedRecords: 10, message: 'no' });
  assert.deepEqual(partial.answers, [
    { kind: 'ok', rejectedRecords: 3, message: 'otlp_grpc/a: too old' },
  ]);
  assert.deepEqual(whole.answers, [
    { kind: 'ok', rejectedRecords: 10, message: 'otlp_grpc/a: no' },
  ]);
});

test('accept() refuses a malformed message alone, and gives its slab back', () => {
  const a = new ScriptedDestination('file');
  const { shard, freed } = createRig({ destinations: [a], malformed: 'field 1 at byte 3' });
  const call = new FakeCall(9);
  shard.accept(call);
  assert.deepEqual(codes(call), ['OTLP_MALFORMED']);
  assert.deepEqual(freed, [9]);
  assert.equal(a.deliveries.length, 0);
});

test('accept() answers OK to a message without records and sends nothing on', () => {
  const a = new ScriptedDestination('file');
  const { shard, freed } = createRig({ destinations: [a], recordCount: 0 });
  const call = new FakeCall(9);
  shard.accept(call);
  assert.deepEqual(call.answers, [ok]);
  assert.deepEqual(freed, [9]);
  assert.equal(a.deliveries.length, 0);
});

test('accept() answers DEADLINE when the time is up, and never OK afterwards', () => {
  const a = new ScriptedDestination('otlp_grpc');
  const { shard, clock, freed } = createRig({ destinations: [a] });
  const call = new FakeCall(3, clock.nowMs() + 1_000);
  shard.accept(call);
  const delivery = a.open[0];
  if (delivery !== undefined) delivery.sending = true;
  clock.advance(1_000 + deadlineSweepMs);
  assert.deepEqual(codes(call), ['DEADLINE']);
  assert.deepEqual(freed, [], 'the exporter still reads the slab');
  delivery?.settle(delivered);
  assert.deepEqual(codes(call), ['DEADLINE']);
  assert.deepEqual(freed, [3]);
});

test('accept() bounds the wait of a producer that names no deadline', () => {
  const a = new ScriptedDestination('otlp_grpc');
  const { shard, clock } = createRig({ destinations: [a] });
  const call = new FakeCall(3);
  shard.accept(call);
  clock.advance(answerWaitMsMax - 1);
  assert.deepEqual(codes(call), []);
  clock.advance(deadlineSweepMs + 1);
  assert.deepEqual(codes(call), ['DEADLINE']);
});

test('accept() takes a batch back when its producer has gone', () => {
  const a = new ScriptedDestination('otlp_grpc');
  const { shard, freed, counters } = createRig({ destinations: [a] });
  const call = new FakeCall(3);
  shard.accept(call);
  call.onGone?.();
  assert.equal(a.deliveries[0]?.abandoned, true);
  assert.deepEqual(freed, [3]);
  assert.deepEqual(codes(call), []);
  assert.equal(counters.get(ShardCounter.GoneBatches), 1);
});

test('Shard drops answered batches, oldest first, when its memory fills up', () => {
  const [a, b] = [new ScriptedDestination('file'), new ScriptedDestination('debug', false)];
  const { shard, clock, counters, freed, host } = createRig({ destinations: [a, b] });
  for (const slab of [1, 2, 3]) shard.accept(new FakeCall(slab));
  for (const delivery of a.open.slice(0, 2)) delivery.settle(delivered);
  host.occupancyPercent = answeredOccupancyPercentMax;
  clock.advance(deadlineSweepMs);
  assert.deepEqual(freed, [], 'there is room');
  host.occupancyPercent = answeredOccupancyPercentMax + 1;
  clock.advance(deadlineSweepMs);
  assert.deepEqual(freed, [1, 2], 'the third has not been answered');
  const dropped = counters.destination(1).get(DestinationCounter.DroppedRecords);
  assert.equal(dropped, 20);
});

test('Shard counts a batch that one required destination has and the producer sends again', () => {
  const [a, b] = [new ScriptedDestination('file'), new ScriptedDestination('otlp_grpc')];
  const { shard, clock, counters } = createRig({ destinations: [a, b] });
  const call = new FakeCall(1, clock.nowMs() + 1_000);
  shard.accept(call);
  a.open[0]?.settle(delivered);
  clock.advance(1_000 + deadlineSweepMs);
  assert.deepEqual(codes(call), ['DEADLINE']);
  assert.equal(counters.get(ShardCounter.PartlyDeliveredBatches), 1);
});

test('drain() does not wait long for a destination that is not required', async () => {
  const [a, b] = [new ScriptedDestination('file'), new ScriptedDestination('debug', false)];
  const { shard, clock, freed } = createRig({ destinations: [a, b] });
  shard.accept(new FakeCall(1));
  a.open[0]?.settle(delivered);
  const drained = shard.drain(clock.nowMs() + 60_000);
  clock.advance(2_500);
  await drained;
  assert.deepEqual(freed, [1]);
});

test('drain() waits for what is in flight, refuses what comes, and ends at its deadline', async () => {
  const a = new ScriptedDestination('otlp_grpc');
  const { shard, clock } = createRig({ destinations: [a] });
  const [early, stuck, late] = [new FakeCall(1), new FakeCall(2), new FakeCall(3)];
  shard.accept(early);
  shard.accept(stuck);
  const drained = shard.drain(clock.nowMs() + 5_000);
  shard.accept(late);
  a.open[0]?.settle(delivered);
  // On the wire: its destination settles it some time later, which the drain does not wait for.
  const onTheWire = a.open[0];
  assert(onTheWire !== undefined);
  onTheWire.sending = true;
  clock.advance(5_000);
  await drained;
  assert.deepEqual([early, stuck, late].map(codes), [['OK'], ['DRAINING'], ['DRAINING']]);
});

test('accept() gives what the vault has to destinations that are not required, or counts the loss', () => {
  const required = new ScriptedDestination('otlp_grpc/a');
  const optional = new ScriptedDestination('debug/b', false);
  const { shard, vault, host, counters } = createVaultRig({ destinations: [required, optional] });
  const dropped = () => counters.destination(1).get(DestinationCounter.DroppedRecords);
  required.refusing = { code: 'DESTINATION_DOWN', message: 'down', retryDelayMs: 500 };
  shard.accept(new FakeCall(1));
  vault.answer(VaultAnswer.Acked);
  assert.equal(optional.open.length, 1, 'exported live, though the required one is down');
  assert.equal(dropped(), 0);
  host.zone = Zone.Red;
  shard.accept(new FakeCall(2));
  vault.answer(VaultAnswer.Acked);
  assert.equal(optional.open.length, 1);
  assert.equal(dropped(), 10, 'in Red it gets nothing, and that is counted');
});
