import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toJson } from '@bufbuild/protobuf';
import { createClient, createRouterTransport } from '@connectrpc/connect';
import { ControlRig } from '../../test/support/control-rig.ts';
import { Zone } from '../generated/gophership/control/v1/control_pb.js';
import {
  type GetHistoryResponse,
  GetHistoryResponseSchema,
  HistoryService,
} from '../generated/gophership/control/v1/history_pb.js';
import { ShardCounter } from '../memory/state-page.ts';
import { History } from './history.ts';
import { historyColumns } from './history-columns.ts';
import { historyService } from './history-service.ts';

function clientOf(history: () => History | undefined) {
  const transport = createRouterTransport((router) => {
    router.service(HistoryService, historyService({ history }));
  });
  return createClient(HistoryService, transport);
}

/** One of `seconds` samples. */
function historyOf(rig: ControlRig, seconds: number): History {
  const history = new History(rig.view, rig.clock);
  history.start();
  rig.clock.advance(seconds * 1_000);
  return history;
}

function lengths(answer: GetHistoryResponse): Set<number> {
  const arrays = [
    ...historyColumns.map(({ name }) => answer[name]),
    ...answer.signals.map(({ value }) => value),
    ...[answer.time, answer.zone],
  ];
  return new Set(arrays.map(({ length }) => length));
}

test('getHistory() gives arrays of one length, and only what is new the next time', async () => {
  const rig = new ControlRig();
  rig.sample({ HostMemory: 12.345678 });
  const history = historyOf(rig, 3);
  const client = clientOf(() => history);
  const all = await client.getHistory({});
  assert.deepEqual([...lengths(all)], [3]);
  assert.deepEqual(all.zone, [Zone.GREEN, Zone.GREEN, Zone.GREEN]);
  assert.equal(all.continues, false);
  const memory = all.signals.find(({ name }) => name === 'host_memory_percent');
  assert.deepEqual(memory?.value, [12.35, 12.35, 12.35]);

  rig.statePage.shard(0).add(ShardCounter.ReceivedBytes, 123_456.7);
  rig.clock.advance(1_000);
  const next = await client.getHistory({ since: all.time.at(-1) ?? 0 });
  assert.deepEqual([...lengths(next)], [1]);
  assert.deepEqual([next.continues, next.time], [true, [rig.clock.wallMs()]]);
  assert.deepEqual(next.receivedBytesPerSecond, [123_457]);

  const last = await client.getHistory({ last: 2 });
  assert.deepEqual(last.time, [...all.time, ...next.time].slice(-2));
});

test('getHistory() leaves out signals that the host does not have, and the vault without one', async () => {
  const rig = new ControlRig({ hasVault: false });
  rig.sample({ MemoryExhaustion: Number.POSITIVE_INFINITY });
  const history = historyOf(rig, 2);
  const answer = await clientOf(() => history).getHistory({});
  const names = answer.signals.map(({ name }) => name);
  assert.ok(names.includes('memory_exhaustion') && !names.includes('psi_io_some_percent'));
  assert.deepEqual([answer.vaultUsedBytes, answer.replayWaitingBatches], [[], []]);
  const json = JSON.stringify(toJson(GetHistoryResponseSchema, answer));
  assert.match(json, /"memory_exhaustion","unit":"SIGNAL_UNIT_MILLISECONDS","value":\["Infinity"/);
});

test('getHistory() goes on in Red', async () => {
  const rig = new ControlRig();
  rig.override('red');
  const history = historyOf(rig, 5);
  const { zone } = await clientOf(() => history).getHistory({});
  assert.deepEqual(new Set(zone), new Set([Zone.RED]));
  assert.equal(zone.length, 5);
});

test('getHistory() says that the engine starts', async () => {
  await assert.rejects(clientOf(() => undefined).getHistory({}), /CONTROL_STARTING: /);
});
