import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { ControlRig } from '../../test/support/control-rig.ts';
import { serviceClient } from '../../test/support/service-client.ts';
import { DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import { ReplayState, replayStateWord } from '../vault/replay-state.ts';
import { drainService } from './drain-service.ts';
import { readyz } from './probes.ts';
import { statusMessage } from './status-message.ts';

function rigOf(options: ConstructorParameters<typeof ControlRig>[0] = {}) {
  const rig = new ControlRig(options);
  const view = () => (rig.isRunning ? rig.view : undefined);
  const service = drainService({ view, clock: rig.clock, audit: rig.audit });
  const client = serviceClient(DrainService, service, rig.audit, 'CN=ann');
  const get = async () => (await client.getDrain({})).drain!; // every answer has one
  return { rig, client, get };
}

test('startDrain() says not ready everywhere and tells the replay, until endDrain()', async () => {
  const { rig, client } = rigOf();
  const isReady = () => readyz(rig.view, false).status === 200;
  assert.equal(isReady(), true);
  const { drain } = await client.startDrain({ reason: 'new kernel' });
  assert.deepEqual([drain?.isDraining, drain?.by, drain?.reason], [true, 'CN=ann', 'new kernel']);
  assert.equal(drain?.since && timestampMs(drain.since), Math.round(rig.clock.wallMs()));
  assert.deepEqual([isReady(), statusMessage(rig.view, rig.clock).isDraining], [false, true]);
  assert.deepEqual(rig.replay.told, ['drain']);
  const ended = (await client.endDrain({ reason: 'done' })).drain;
  assert.deepEqual([ended?.isDraining, ended?.by, isReady()], [false, '', true]);
  assert.deepEqual(rig.replay.told, ['drain', 'end of drain']);
});

test('startDrain() and endDrain() twice are no error, and say so in the audit', async () => {
  const { rig, client } = rigOf();
  await client.endDrain({});
  await client.startDrain({ reason: 'first' });
  assert.equal((await client.startDrain({ reason: 'second' })).drain?.reason, 'first');
  await client.endDrain({});
  const lines = rig.audit.mutations().map(({ procedure, detail }) => [procedure, detail]);
  assert.deepEqual(lines, [
    ['EndDrain', 'it was not drained'],
    ['StartDrain', 'drains'],
    ['StartDrain', 'it was drained already, by CN=ann'],
    ['EndDrain', 'that of CN=ann ended'],
  ]);
});

test('startDrain() refuses a reason that is too long, and changes nothing', async () => {
  const { rig, client, get } = rigOf();
  await assert.rejects(client.startDrain({ reason: 'x'.repeat(513) }), /CONTROL_INVALID/);
  assert.equal((await get()).isDraining, false);
  assert.equal(rig.audit.mutations()[0]?.outcome, 'CONTROL_INVALID');
});

test('getDrain() is empty when nothing is in flight, queued or in the vault', async () => {
  const { rig, get } = rigOf();
  assert.equal((await get()).isEmpty, true);
  const shard = rig.statePage.shard(1);
  const queue = shard.destination(0);
  const vault = rig.vaultPage.consumer(1);
  const rows: [add: (amount: number) => void, keyof Awaited<ReturnType<typeof get>>][] = [
    [(amount) => shard.add(ShardCounter.InflightBatches, amount), 'inFlightBatches'],
    [(amount) => queue.add(DestinationCounter.QueuedBatches, amount), 'queuedBatches'],
    [(amount) => vault.add(ConsumerWord.Unsettled, amount), 'vaultBatches'],
  ];
  for (const [add, field] of rows) {
    add(3);
    const full = await get();
    assert.deepEqual([full.isEmpty, full[field]], [false, 3], field);
    add(-3);
    assert.equal((await get()).isEmpty, true, field);
  }
});

test('getDrain() does not wait for a destination that nothing was promised for', async () => {
  const { rig, get } = rigOf();
  rig.statePage.shard(0).destination(2).add(DestinationCounter.QueuedBatches, 9);
  const { isEmpty, queuedBatches } = await get();
  assert.deepEqual([isEmpty, queuedBatches], [true, 0]);
});

test('getDrain() says what it waits for, and what stays', async () => {
  const { rig, get } = rigOf();
  const page = rig.vaultPage;
  page.consumer(0).set(ConsumerWord.Unsettled, 5);
  page.set(VaultWord.WaitingLetters, 4);
  page.set(VaultWord.ReplayEtaMs, 8_000);
  const calm = await get();
  assert.deepEqual([calm.waitsFor, calm.deadLetterBatches], [[], 4]);
  assert.equal(calm.eta && durationMs(calm.eta), 8_000);
  rig.override('red');
  page.set(VaultWord.ReplayState, replayStateWord(ReplayState.Held, 0));
  assert.match((await get()).waitsFor.join(), /the zone is Red/);
  page.set(VaultWord.ReplayState, replayStateWord(ReplayState.Paused, 0b1));
  const paused = (await get()).waitsFor;
  assert.match(paused.join(), /operator has paused.*the dead letter of otlp_grpc\/a is full/);
  const destination = rig.statePage.shard(1).destination(0);
  destination.add(DestinationCounter.OpenBreaker, 1);
  assert.match((await get()).waitsFor.join(), /otlp_grpc\/a is down/);
  destination.add(DestinationCounter.OpenBreaker, 1);
  assert.match((await get()).waitsFor.join(), /otlp_grpc\/a is down/, 'while it is probed, too');
  page.consumer(0).set(ConsumerWord.Unsettled, 0);
  assert.deepEqual((await get()).waitsFor, [], 'nothing waits any more');
});

test('getDrain() works without a vault, and not before the engine has started', async () => {
  const { get } = rigOf({ hasVault: false });
  assert.equal((await get()).isEmpty, true);
  const starting = rigOf();
  starting.rig.isRunning = false;
  await assert.rejects(starting.get(), { message: /CONTROL_STARTING/ });
});
