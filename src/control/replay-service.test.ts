import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type MessageInitShape, toJsonString } from '@bufbuild/protobuf';
import { durationMs, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { ControlRig } from '../../test/support/control-rig.ts';
import { serviceClient } from '../../test/support/service-client.ts';
import { GopherShipError } from '../errors.ts';
import {
  type EstimateReplayResponse,
  ReplayOrder,
  type ReplayPlanSchema,
  ReplaySchema,
  ReplayService,
} from '../generated/gophership/control/v1/replay_pb.js';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import { noPlan } from '../replayer/replay-command.ts';
import { replayService } from './replay-service.ts';

type Plan = MessageInitShape<typeof ReplayPlanSchema>;

function rigOf(options: ConstructorParameters<typeof ControlRig>[0] = {}) {
  const rig = new ControlRig(options);
  const view = () => (rig.isRunning ? rig.view : undefined);
  const service = replayService({ view, clock: rig.clock, audit: rig.audit });
  return { rig, client: serviceClient(ReplayService, service, rig.audit, 'CN=ann') };
}

const plan: Plan = {
  order: ReplayOrder.NEWEST,
  rateBytesPerSecond: 20_000_000,
  range: { from: timestampFromMs(1_500), to: timestampFromMs(2_500) },
};
const planned = {
  order: 'newest',
  rateBytesPerSecond: 20_000_000,
  range: { fromNs: 1_500_000_000n, toNs: 2_500_000_000n },
};

test('getReplay() says what the replay does, for every required destination', async () => {
  const { rig, client } = rigOf();
  rig.vaultPage.consumer(0).set(ConsumerWord.Unsettled, 7);
  rig.vaultPage.set(VaultWord.ReplayEtaMs, 12_000);
  const { replay } = await client.getReplay({});
  assert.deepEqual([replay?.state, replay?.reason, replay?.by], ['running', '', '']);
  assert.deepEqual([replay?.order, replay?.vaultUsedPercent], [ReplayOrder.OLDEST, 12.5]);
  assert.equal(replay?.eta && durationMs(replay.eta), 12_000);
  const rows = replay?.destinations.map(({ id, waitingBatches }) => [id, waitingBatches]);
  assert.deepEqual(rows, [
    ['otlp_grpc/a', 7],
    ['otlp_http/b', 3],
  ]);
});

test('getReplay() says in words what holds or slows the replay', async () => {
  const { rig, client } = rigOf();
  const rows: [zone: 'green' | 'yellow' | 'red', object, state: string, reason: RegExp][] = [
    ['green', {}, 'running', /^$/],
    ['green', { paused: true, rateBytesPerSecond: 0 }, 'paused', /an operator has paused/],
    ['green', { paused: true, draining: true }, 'running', /^$/],
    ['green', { isDiskBusy: true, rateBytesPerSecond: 5 }, 'running', /disk: slower/],
    ['green', { isDiskBusy: true }, 'running', /^$/],
    ['green', { isDiskBusy: true, rateBytesPerSecond: 0 }, 'held', /yellow_rate is 0/],
    ['yellow', { rateBytesPerSecond: 5 }, 'running', /Yellow: slower/],
    ['yellow', { rateBytesPerSecond: 0 }, 'held', /Yellow, and replay.yellow_rate is 0/],
    ['red', { rateBytesPerSecond: 0 }, 'held', /Red: nothing is replayed until/],
    ['red', { rateBytesPerSecond: 5 }, 'running', /although the zone is Red/],
  ];
  for (const [zone, changes, state, reason] of rows) {
    rig.override(zone);
    rig.replay.changes = changes;
    const { replay } = await client.getReplay({});
    assert.equal(replay?.state, state);
    assert.match(replay?.reason, reason);
  }
});

test('startReplay() hands the plan on, and remembers who gave it and why', async () => {
  const { rig, client } = rigOf();
  const { replay } = await client.startReplay({ plan, reason: 'catch up' });
  assert.deepEqual(rig.replay.told, [planned]);
  assert.deepEqual([replay?.by, replay?.byReason], ['CN=ann', 'catch up']);
  assert.equal(replay?.since && timestampMs(replay.since), Math.round(rig.clock.wallMs()));
  assert.deepEqual(replay?.plan?.order, ReplayOrder.NEWEST);
  assert.equal(replay?.plan?.range?.to && timestampMs(replay.plan.range.to), 2_500);
  const [mutation] = rig.audit.mutations();
  assert.deepEqual([mutation?.procedure, mutation?.outcome], ['StartReplay', 'done']);
  assert.equal(
    mutation?.detail,
    'newest first, 20000000 bytes/s, ' +
      'what was received from 1970-01-01T00:00:01.500Z to 1970-01-01T00:00:02.500Z',
  );
});

test('startReplay() takes what is left out as configured, and a range with one end', async () => {
  const { rig, client } = rigOf();
  await client.startReplay({});
  await client.startReplay({ plan: { range: {} } });
  const { replay } = await client.startReplay({ plan: { range: { from: timestampFromMs(5) } } });
  const toNs = 2n ** 64n - 1n;
  assert.deepEqual(rig.replay.told, [
    noPlan,
    noPlan,
    { ...noPlan, range: { fromNs: 5_000_000n, toNs } },
  ]);
  assert.equal(replay?.plan?.range?.to, undefined);
});

test('startReplay() takes times that no calendar has, and tells of them in JSON', async () => {
  const { rig, client } = rigOf();
  const farAway = 10n ** 15n;
  const range = { from: { seconds: -farAway }, to: { seconds: farAway } };
  const { replay } = await client.startReplay({ plan: { range } });
  assert.deepEqual(rig.replay.told, [{ ...noPlan, range: { fromNs: 0n, toNs: 2n ** 64n - 1n } }]);
  assert.ok(replay !== undefined);
  assert.doesNotThrow(() => toJsonString(ReplaySchema, replay));
});

const faults: Readonly<Record<string, Plan>> = {
  // What another version may know.
  'an order that is none': { order: 7 as ReplayOrder },
  'a rate below 64 KiB/s': { rateBytesPerSecond: 65_535 },
  'a rate above 64 GiB/s': { rateBytesPerSecond: 2 ** 36 + 1 },
  'a rate that is no number': { rateBytesPerSecond: Number.NaN },
  'a range that ends before it begins': {
    range: { from: timestampFromMs(2), to: timestampFromMs(2) },
  },
};

for (const [name, wrong] of Object.entries(faults)) {
  test(`startReplay() and estimateReplay() refuse ${name}`, async () => {
    const { rig, client } = rigOf();
    const refusal = { message: /CONTROL_INVALID/ };
    await assert.rejects(client.startReplay({ plan: wrong, reason: 'why' }), refusal);
    await assert.rejects(async () => {
      for await (const _ of client.estimateReplay({ plan: wrong }));
    }, refusal);
    assert.deepEqual(rig.replay.told, []);
    const mutations = rig.audit.mutations();
    assert.deepEqual(
      mutations.map(({ outcome }) => outcome),
      ['CONTROL_INVALID'],
    );
  });
}

test('what the replay refuses is an answer and a line of the audit', async () => {
  const { rig, client } = rigOf();
  rig.replay.refusal = new GopherShipError('CONTROL_CONFLICT', 'the vault is 85 % full');
  await assert.rejects(client.pauseReplay({ reason: 'now' }), {
    message: /CONTROL_CONFLICT: the vault is 85 % full/,
  });
  const [mutation] = rig.audit.mutations();
  assert.deepEqual(
    [mutation?.outcome, mutation?.detail, mutation?.reason],
    ['CONTROL_CONFLICT', 'the vault is 85 % full', 'now'],
  );
  await assert.rejects(client.pauseReplay({ reason: 'x'.repeat(513) }), /CONTROL_INVALID/);
  assert.deepEqual(rig.replay.told, []);
});

test('pauseReplay() names who paused first, resumeReplay() who planned before', async () => {
  const { rig, client } = rigOf();
  await client.startReplay({ plan, reason: 'the plan' });
  await client.pauseReplay({ reason: 'first' });
  const { replay } = await client.pauseReplay({ reason: 'second' });
  assert.deepEqual([replay?.state, replay?.byReason], ['paused', 'first']);
  assert.equal((await client.resumeReplay({})).replay?.byReason, 'the plan');
  const details = rig.audit.mutations().map(({ detail }) => detail);
  assert.deepEqual(details.slice(1), ['paused', 'it was paused already', 'resumed']);
  rig.replay.plan = noPlan; // as when the configuration has ended it
  assert.equal((await client.getReplay({})).replay?.by, '');
});

const consumer = { entries: 10, bodyBytes: 1_000_000, recordsMin: 50, uncountedEntries: 2 };
const estimate = { segments: 3, lostEntries: 1, consumers: [consumer, consumer] };

async function readAll(stream: AsyncIterable<EstimateReplayResponse>) {
  const messages: EstimateReplayResponse[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

test('estimateReplay() counts over all destinations, and says how long it takes at least', async () => {
  const { rig, client } = rigOf();
  const messages = readAll(client.estimateReplay({ plan }));
  while (rig.replay.run === undefined) await new Promise(setImmediate);
  assert.deepEqual(rig.replay.run.range, planned.range);
  rig.replay.run.counting({ ...estimate, segments: 1 });
  await new Promise(setImmediate);
  rig.replay.run.end(estimate, true);
  const [soFar, whole, ...more] = await messages;
  assert.deepEqual([soFar?.isComplete, soFar?.segments, more.length], [false, 1, 0]);
  assert.deepEqual([whole?.isComplete, whole?.segments, whole?.lostBatches], [true, 3, 1]);
  assert.deepEqual([whole?.batches, whole?.bytes, whole?.recordsMin], [20, 2_000_000, 100]);
  assert.equal(whole?.uncountedBatches, 4);
  assert.equal(whole?.durationMin && durationMs(whole.durationMin), 100);
  const ids = whole?.destinations.map(({ id }) => id);
  assert.deepEqual(ids, ['otlp_grpc/a', 'otlp_http/b']);
  assert.deepEqual(rig.audit.mutations(), []);
});

test('estimateReplay() ends the run when its caller has gone', async () => {
  const { rig, client } = rigOf();
  const left = new AbortController();
  const messages = readAll(client.estimateReplay({}, { signal: left.signal }));
  while (rig.replay.run === undefined) await new Promise(setImmediate);
  assert.equal(rig.replay.run.signal.aborted, false);
  left.abort();
  await assert.rejects(messages);
  assert.equal(rig.replay.run.signal.aborted, true);
  rig.replay.run.end(estimate, false);
});

test('estimateReplay() says why there is none', async () => {
  const { rig, client } = rigOf();
  const messages = readAll(client.estimateReplay({}));
  while (rig.replay.run === undefined) await new Promise(setImmediate);
  rig.replay.run.fail(new GopherShipError('CONTROL_BUSY', 'an estimate is under way'));
  await assert.rejects(messages, { message: /an estimate is under way/ });
});

test('what ends by itself is in the audit, as a thing of the engine', async () => {
  const { rig, client } = rigOf();
  await client.startReplay({ plan });
  rig.replay.ended?.('pause', 80.7);
  rig.replay.ended?.('full', 81);
  rig.replay.ended?.('configured', 5);
  const ends = rig.audit.mutations().slice(1);
  assert.deepEqual(
    ends.map(({ procedure, by, outcome, reason }) => [procedure, by, outcome, reason]),
    [
      ['PauseReplay', 'gophership', 'ended', 'the vault is 80 % full'],
      ['StartReplay', 'gophership', 'ended', 'the vault is 81 % full'],
      ['StartReplay', 'gophership', 'ended', 'the configuration has another section replay'],
    ],
  );
});

test('without a vault, and while the engine starts, every call says so', async () => {
  const { client } = rigOf({ hasVault: false });
  await assert.rejects(client.getReplay({}), { message: /CONTROL_NOT_FOUND: there is no vault/ });
  await assert.rejects(client.startReplay({}), { message: /CONTROL_NOT_FOUND/ });
  const starting = rigOf();
  starting.rig.isRunning = false;
  await assert.rejects(starting.client.pauseReplay({}), { message: /CONTROL_STARTING/ });
});
