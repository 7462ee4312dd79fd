// Scenario: destinations that answer late, never, or are dead beside one that is well, with a vault
// that takes over after `ack_deadline`.
// Guarantees: the producer has its OK soon after the deadline, or before its own time is over; a
// late OK of the destination settles the entry for good, so that it is not sent again, nor after a
// restart; a destination that is dead costs the other neither time nor duplicates.
//
// Field reports: D3, D8, F5, F6, and B4, J3, J4 with a vault.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientTls } from '../interop/interop-pipeline.ts';
import { arrivalsByBatch, OracleProducer } from '../support/oracle-producer.ts';
import { startSink } from '../support/otlp-sink.ts';
import { caseCount, isLeftToCi } from '../support/vault-cases.ts';
import { EngineRig, pause, quickRetry, until } from './engine-rig.ts';
import { readCursors } from './vault-state.ts';

test('D8 a producer has its OK after ack_deadline though the destination never answers', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'blackhole' } });
  const engine = await rig.start({ vault: { ack_deadline: '200ms' } });
  const producer = await OracleProducer.connect({ port: engine.port });
  const tookMs: number[] = [];
  for (let batch = 0; batch < 3; batch += 1) {
    const startedMs = performance.now();
    await producer.send(1);
    tookMs.push(performance.now() - startedMs);
  }
  producer.close();
  assert.equal(producer.acked.size, 3);
  assert.equal(producer.refusals.size, 0);
  for (const ms of tookMs) assert.ok(ms >= 180 && ms < 2_500, `took ${tookMs.join(', ')} ms`);
  // D8: no timer drops what is stored; it waits as long as it has to.
  rig.sink.mode = { kind: 'ok' };
  await rig.sink.until(() => arrivalsByBatch(rig.sink.requests).size === 3);
});

test('a grpc-timeout makes the vault take over after a third of it', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'blackhole' } });
  const engine = await rig.start({ vault: { ack_deadline: '1m' }, exporter: { timeout: '30s' } });
  const producer = await OracleProducer.connect({
    port: engine.port,
    timeoutMs: 6_000,
    attemptsMax: 1,
  });
  const startedMs = performance.now();
  await producer.send(4, 4);
  const tookMs = performance.now() - startedMs;
  producer.close();
  assert.equal(producer.acked.size, 4);
  assert.ok(tookMs > 1_800 && tookMs < 5_500, `took ${tookMs} ms of 6,000`);
});

test('a late OK settles: nothing is sent again, nor after a restart', async (context) => {
  const rig = await EngineRig.create(context, { sinkMode: { kind: 'late', answerAfterMs: 700 } });
  const life = { vault: { ack_deadline: '100ms' }, exporter: { timeout: '20s' } };
  const engine = await rig.start(life);
  const producer = await OracleProducer.connect({ port: engine.port });
  const startedMs = performance.now();
  await producer.send(8, 8);
  const tookMs = performance.now() - startedMs;
  producer.close();
  assert.equal(producer.acked.size, 8);
  assert.ok(tookMs < 650, `the vault has answered, after ${tookMs} ms`);
  await rig.sink.until(() => arrivalsByBatch(rig.sink.requests).size === 8);
  const settled = () => readCursors(rig.vaultPath).get('otlp_grpc')?.delivered === 8;
  await until(settled, 'the cursor says so');
  await engine.kill();
  rig.sink.mode = { kind: 'ok' };
  const next = await rig.start();
  await pause(300);
  assert.equal(await next.stop(), 0);
  const times = [...arrivalsByBatch(rig.sink.requests).values()].map((batch) => batch.times);
  assert.deepEqual(times, Array(8).fill(1), 'each once');
});

test('F5 one batch, and then silence: it is delivered as soon as the destination is back', async (context) => {
  if (isLeftToCi(context)) return;
  const rig = await EngineRig.create(context);
  const engine = await rig.start({ vault: { ack_deadline: '50ms' } });
  const producer = await OracleProducer.connect({ port: engine.port });
  for (let batch = 1; batch <= caseCount(5); batch += 1) {
    rig.sink.mode = { kind: 'unavailable' };
    await producer.send(1);
    rig.sink.mode = { kind: 'ok' };
    const isThere = () => arrivalsByBatch(rig.sink.requests).size === batch;
    await until(isThere, `batch ${batch} arrives`, 10_000);
  }
  producer.close();
});

test('D3 F6 J3 J4 one dead destination of two neither delays the other nor makes it get things twice', async (context) => {
  const rig = await EngineRig.create(context);
  const other = await startSink({ clientCertificate: true, mode: { kind: 'blackhole' } });
  context.after(() => other.close());
  const otherExporter = {
    endpoint: `localhost:${other.port}`,
    tls: clientTls(rig.files),
    timeout: '1s',
    retry_on_failure: quickRetry,
    sending_queue: { batch: { flush_timeout: '0s' } },
  };
  const life = {
    vault: { ack_deadline: '200ms' },
    exporters: { 'otlp_grpc/other': otherExporter },
  };
  const engine = await rig.start(life);
  const producer = await OracleProducer.connect({ port: engine.port });
  let slowestMs = 0;
  const watched = producer.send(60, 4);
  // Requests reach the sink at once, whatever the other does.
  const arrived = () => arrivalsByBatch(rig.sink.requests).size;
  for (const count of [4, 20, 60]) {
    const startedMs = performance.now();
    await until(() => arrived() >= count, `${count} batches at the first`);
    slowestMs = Math.max(slowestMs, performance.now() - startedMs);
  }
  await watched;
  producer.close();
  assert.equal(producer.acked.size, 60);
  assert.equal(other.requests.length, 0);
  assert.ok(slowestMs < 15_000, `took ${slowestMs} ms`);
  // Killed and started again: what the first has is settled for it, the other gets all of it.
  const settled = () => readCursors(rig.vaultPath).get('otlp_grpc')?.delivered;
  await pause(600);
  assert.ok((settled() ?? 0) > 0, 'the cursor of the first has moved');
  assert.equal(readCursors(rig.vaultPath).get('otlp_grpc/other')?.delivered, 0);
  await engine.kill();
  other.mode = { kind: 'ok' };
  const next = await rig.start(life);
  await other.until(() => arrivalsByBatch(other.requests).size === 60);
  assert.equal(await next.stop(), 0);
  const times = [...arrivalsByBatch(rig.sink.requests).values()].map((batch) => batch.times);
  assert.deepEqual(times, Array(60).fill(1), 'the first has got each once');
});
