import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Code, createClient, createRouterTransport } from '@connectrpc/connect';
import { FakeClock } from '../../test/support/fake-clock.ts';
import {
  Health,
  HealthCheckResponse_ServingStatus as Serving,
} from '../generated/grpc/health/v1/health_pb.js';
import { healthWatchStreamsMax } from '../limits.ts';
import { healthService } from './health-service.ts';

const logs = 'opentelemetry.proto.collector.logs.v1.LogsService';

class HealthRig {
  readonly clock = new FakeClock();
  /** Undefined: the engine starts. */
  engine: { isDraining: boolean } | undefined = { isDraining: false };
  readonly client;

  constructor() {
    const { clock } = this;
    const service = healthService({ clock, view: () => this.engine });
    const transport = createRouterTransport((router) => router.service(Health, service));
    this.client = createClient(Health, transport);
  }

  async check(service = ''): Promise<Serving> {
    return (await this.client.check({ service })).status;
  }

  watch(service = '') {
    const controller = new AbortController();
    const { signal } = controller;
    const stream = this.client.watch({ service }, { signal })[Symbol.asyncIterator]();
    const next = async () => {
      const result = await stream.next();
      return result.done === true ? 'ended' : Serving[result.value.status];
    };
    return { next, abort: () => controller.abort() };
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('check() serves but while the engine starts or drains', async () => {
  const rig = new HealthRig();
  for (const service of ['', logs]) {
    rig.engine = undefined;
    assert.equal(await rig.check(service), Serving.NOT_SERVING);
    rig.engine = { isDraining: false };
    assert.equal(await rig.check(service), Serving.SERVING);
    rig.engine = { isDraining: true };
    assert.equal(await rig.check(service), Serving.NOT_SERVING);
  }
});

test('check() does not find a service that is none of ours', async () => {
  await assert.rejects(new HealthRig().check('a.B'), { code: Code.NotFound });
});

test('watch() says the status at once, and then each other one', async () => {
  const rig = new HealthRig();
  rig.engine = undefined;
  const watch = rig.watch(logs);
  assert.equal(await watch.next(), 'NOT_SERVING');
  const second = watch.next();
  await settled();
  rig.clock.advance(5_000);
  rig.engine = { isDraining: false };
  rig.clock.advance(1_000);
  assert.equal(await second, 'SERVING');
  const third = watch.next();
  await settled();
  rig.engine = { isDraining: true };
  rig.clock.advance(1_000);
  assert.equal(await third, 'NOT_SERVING');
  watch.abort();
  await settled();
  assert.equal(rig.clock.pendingCount, 0);
});

test('watch() tells a reader that was slow what is true, once it is there', async () => {
  const rig = new HealthRig();
  const watch = rig.watch();
  assert.equal(await watch.next(), 'SERVING');
  rig.engine = { isDraining: true };
  rig.clock.advance(1_000);
  const next = watch.next();
  await settled();
  rig.clock.advance(1_000);
  assert.equal(await next, 'NOT_SERVING');
  watch.abort();
});

test('watch() of a service that is unknown says so, and stays', async () => {
  const rig = new HealthRig();
  const watch = rig.watch('a.B');
  assert.equal(await watch.next(), 'SERVICE_UNKNOWN');
  rig.clock.advance(60_000);
  assert.equal(rig.clock.pendingCount, 1);
  watch.abort();
});

test('watch() has its own bound', async () => {
  const rig = new HealthRig();
  const watches = Array.from({ length: healthWatchStreamsMax }, () => rig.watch());
  for (const watch of watches) assert.equal(await watch.next(), 'SERVING');
  await assert.rejects(rig.watch().next(), { code: Code.ResourceExhausted });
  watches[0]?.abort();
  await settled();
  assert.equal(await rig.watch().next(), 'SERVING');
  for (const watch of watches) watch.abort();
});
