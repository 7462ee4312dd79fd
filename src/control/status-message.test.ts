import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { durationMs, timestampMs } from '@bufbuild/protobuf/wkt';
import { ControlRig, shardCount } from '../../test/support/control-rig.ts';
import {
  Destination_State,
  type Status,
  StatusSchema,
} from '../generated/gophership/control/v1/control_pb.js';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import { LogState } from '../vault/log-state.ts';
import { ReplayState, replayStateWord } from '../vault/replay-state.ts';
import { statusMessage } from './status-message.ts';

/** As a client has it: what cannot be sent fails here. */
function statusOf(rig: ControlRig): Status {
  return fromBinary(StatusSchema, toBinary(StatusSchema, statusMessage(rig.view, rig.clock)));
}

test('statusMessage() says which engine it is, and for how long it runs', () => {
  const rig = new ControlRig();
  rig.clock.advance(1_234.5);
  rig.isDraining = true;
  const { version, host, uptime, time, isDraining } = statusOf(rig);
  assert.deepEqual(
    { version, host, isDraining },
    { version: '1.2.3', host: 'host-a', isDraining: true },
  );
  assert.equal(uptime && durationMs(uptime), 1_235);
  assert.equal(time && timestampMs(time), Math.round(rig.clock.wallMs()));
});

test('statusMessage() sums the flow over all shards', () => {
  const rig = new ControlRig();
  const counters = [
    ...[ShardCounter.ReceivedBatches, ShardCounter.ReceivedRecords, ShardCounter.ReceivedBytes],
    ...[ShardCounter.AckedBatches, ShardCounter.AckedRecords, ShardCounter.VaultedBatches],
    ...[ShardCounter.RefusedBatches, ShardCounter.InflightBatches, ShardCounter.InflightBytes],
    ...[ShardCounter.OpenConnections, ShardCounter.OpenParkedConnections],
  ];
  for (const [index, counter] of counters.entries()) {
    for (let shard = 0; shard < shardCount; shard += 1) {
      rig.statePage.shard(shard).add(counter, index + 1);
    }
  }
  const { $typeName, ...flow } = statusOf(rig).flow ?? {};
  assert.deepEqual(flow, {
    ...{ receivedBatches: 2, receivedRecords: 4, receivedBytes: 6, ackedBatches: 8 },
    ...{ ackedRecords: 10, vaultedBatches: 12, refusedBatches: 14, inFlightBatches: 16 },
    ...{ inFlightBytes: 18, openConnections: 20, parkedConnections: 22 },
  });
});

test('statusMessage() says how long producers waited, if any was acknowledged', () => {
  const rig = new ControlRig();
  const waited = () => {
    const { ackP50Ms, ackP99Ms } = statusOf(rig).flow ?? {};
    return [ackP50Ms, ackP99Ms];
  };
  assert.deepEqual(waited(), [undefined, undefined]);
  for (let count = 0; count < 98; count += 1) rig.statePage.shard(0).addAckTime(3);
  for (let count = 0; count < 2; count += 1) rig.statePage.shard(1).addAckTime(800);
  const [p50 = 0, p99 = 0] = waited();
  assert.ok(p50 > 2.6 && p50 < 3.4, `${p50}`);
  assert.ok(p99 > 710 && p99 < 900, `${p99}`);
});

test('statusMessage() says of each destination what it took and what waits for it', () => {
  const rig = new ControlRig();
  const words = rig.statePage.shard(1).destination(1);
  words.add(DestinationCounter.DeliveredBatches, 1);
  words.add(DestinationCounter.DeliveredRecords, 2);
  words.add(DestinationCounter.RejectedRecords, 3);
  words.add(DestinationCounter.DroppedRecords, 4);
  words.add(DestinationCounter.QueuedBatches, 5);
  words.add(DestinationCounter.InflightRequests, 6);
  words.add(DestinationCounter.FailedRequests, 7);
  rig.vaultPage.consumer(1).set(ConsumerWord.Unsettled, 8);
  const [first, second, third] = statusOf(rig).destinations;
  const { $typeName, ...shown } = second ?? {};
  assert.deepEqual(shown, {
    ...{ id: 'otlp_http/b', state: Destination_State.WORKS, isRequired: true },
    ...{ deliveredBatches: 1, deliveredRecords: 2, rejectedRecords: 3, droppedRecords: 4 },
    ...{ queuedBatches: 5, inFlightRequests: 6, failedRequests: 7, vaultBatches: 8 },
  });
  assert.deepEqual([first?.deliveredBatches, first?.vaultBatches], [0, 0]);
  assert.deepEqual([third?.id, third?.isRequired, third?.vaultBatches], ['debug', false, 0]);
});

test('statusMessage() says that a destination is down when it is for any shard', () => {
  const [works, down, probing] = [0, 1, 2];
  for (const [gauges, state] of [
    [[works, works], Destination_State.WORKS],
    [[works, probing], Destination_State.PROBING],
    [[probing, probing], Destination_State.PROBING],
    [[down, works], Destination_State.DOWN],
    [[probing, down], Destination_State.DOWN],
    [[down, down], Destination_State.DOWN],
  ] as const) {
    const rig = new ControlRig();
    for (const [shard, gauge] of gauges.entries()) {
      rig.statePage
        .shard(shard)
        .destination(0)
        .set(DestinationCounter.OpenBreaker, gauge ?? 0);
    }
    assert.equal(statusOf(rig).destinations[0]?.state, state, String(gauges));
  }
});

test('statusMessage() tells of the vault and of the replay that is furthest behind', () => {
  const rig = new ControlRig();
  const { vaultPage } = rig;
  const words = {
    ...{ LimitBytes: 1_000, UsedBytes: 600, SegmentCount: 3, AppendedEntries: 40 },
    ...{ AppendedBytes: 500, StoredBytes: 300, LostEntries: 1, DroppedEntries: 2 },
    ...{ DeadLetters: 9, WaitingLetters: 4, Direct: 1, ReplayedEntries: 20, ReplayedBytes: 250 },
  } as const;
  for (const [word, value] of Object.entries(words)) {
    vaultPage.set(VaultWord[word as keyof typeof words], value); // its keys, by its type
  }
  vaultPage.consumer(0).set(ConsumerWord.Unsettled, 7);
  vaultPage.consumer(1).set(ConsumerWord.Unsettled, 9);
  const { vault, replay } = statusOf(rig);
  const { $typeName: _, ...shownVault } = vault ?? {};
  const { $typeName, ...shownReplay } = replay ?? {};
  assert.deepEqual(shownVault, {
    ...{ state: 'open', limitBytes: 1_000, usedBytes: 600, segmentCount: 3, appendedBatches: 40 },
    ...{ appendedBytes: 500, storedBytes: 300, lostBatches: 1, droppedBatches: 2, deadLetters: 4 },
    usesDirectIo: true,
  });
  assert.deepEqual(shownReplay, {
    ...{ state: 'running', replayedBatches: 20, replayedBytes: 250, waitingBatches: 9 },
  });
});

test('statusMessage() has a word for each state of the vault and of the replay', () => {
  const rig = new ControlRig();
  for (const [state, word] of [
    [LogState.Ok, 'open'],
    [LogState.Full, 'full'],
    [LogState.ReadOnly, 'read-only'],
  ] as const) {
    rig.vaultPage.set(VaultWord.State, state);
    assert.equal(statusOf(rig).vault?.state, word);
  }
  for (const [state, word] of [
    [ReplayState.Running, 'running'],
    [ReplayState.Paused, 'paused'],
    [ReplayState.Held, 'held'],
    [ReplayState.Stopped, 'stopped'],
  ] as const) {
    rig.vaultPage.set(VaultWord.ReplayState, replayStateWord(state, 0b101));
    assert.equal(statusOf(rig).replay?.state, word);
  }
});

test('statusMessage() says that a vault which is configured is not open', () => {
  const rig = new ControlRig({ hasVault: false });
  const status = statusMessage({ ...rig.view, hasVault: true }, rig.clock);
  assert.deepEqual([status.vault?.state, status.replay], ['not open', undefined]);
});

test('statusMessage() has neither vault nor replay where there is no vault', () => {
  const { vault, replay, destinations } = statusOf(new ControlRig({ hasVault: false }));
  assert.equal(vault, undefined);
  assert.equal(replay, undefined);
  assert.deepEqual(
    destinations.map(({ vaultBatches }) => vaultBatches),
    [0, 0, 0],
  );
});
