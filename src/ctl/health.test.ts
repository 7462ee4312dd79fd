import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { HealthCheckResponse_ServingStatus as Serving } from '../generated/grpc/health/v1/health_pb.js';
import { health, showHealth } from './health.ts';

async function check(status: Serving, exitCode: number, word: string): Promise<void> {
  const client = fakeControl({ health: status });
  const [table, json] = [fakeTerminal(), fakeTerminal('json')];
  assert.equal(await showHealth(client, table), exitCode);
  assert.match(table.shown(), new RegExp(`^engine:4319 +${word}$`, 'm'));
  await showHealth(client, json);
  const value = JSON.parse(json.shown());
  assert.deepEqual([value.kind, value.health, value.isHealthy], ['Health', word, exitCode === 0]);
}

test('showHealth() exits with 0 only for an engine that serves', async () => {
  await check(Serving.SERVING, 0, 'serving');
  await check(Serving.NOT_SERVING, 1, 'not_serving');
  await check(Serving.UNKNOWN, 1, 'unknown');
});

test('health() exits with 1 for every error, but for a wrong command line', async () => {
  const target = { timeoutMs: 1_000, address: '127.0.0.1:1', ca: '/no', cert: '/no', key: '/no' };
  await assert.rejects(health(target, fakeTerminal()), { code: 'TLS_MATERIAL', exitCode: 1 });
  await assert.rejects(health({ timeoutMs: 1_000 }, fakeTerminal()), {
    code: 'NO_TARGET',
    exitCode: 64,
  });
});
