// Scenario: SIGTERM while producers send: with a slow destination, with one that never answers, and
// twice. Guarantees: the process ends with 0 within its deadline; what was acknowledged is with the
// destination; what was not is answered with a retryable status, never with silence on a cut
// connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientTls, engineConfig } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { arrivalsByBatch, OracleProducer } from '../support/oracle-producer.ts';
import { type OtlpSink, type SinkMode, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

interface Rig {
  readonly engine: EngineProcess;
  readonly sink: OtlpSink;
  readonly producer: OracleProducer;
}

async function withRig(
  options: { readonly mode: SinkMode; readonly drainTimeout: string },
  run: (rig: Rig) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory('drain');
  const files = await writeTo(directory.path);
  const sink = await startSink({ clientCertificate: true, mode: options.mode });
  const endpoint = `localhost:${sink.port}`;
  const engine = await startEngine({
    config: {
      ...engineConfig(files, { otlp_grpc: { endpoint, tls: clientTls(files), timeout: '10s' } }),
      control: { drain_timeout: options.drainTimeout },
    },
  });
  const producer = await OracleProducer.connect({ port: engine.port, attemptsMax: 1 });
  try {
    await run({ engine, sink, producer });
  } finally {
    producer.close();
    await engine.kill();
    await sink.close();
    directory.remove();
  }
}

function counts(engine: EngineProcess) {
  const line = engine.logs().find(({ msg }) => msg === 'stopped');
  assert(line !== undefined, 'the engine says how it stopped');
  const count = (name: string) => Number(line[name]);
  assert.equal(
    count('received_batches'),
    count('acked_batches') + count('refused_batches') + count('gone_batches'),
    'books that balance',
  );
  return { acked: count('acked_batches'), unanswered: count('unanswered') };
}

test('SIGTERM finishes what a slow destination is still working on', async () => {
  await withRig(
    { mode: { kind: 'late', answerAfterMs: 300 }, drainTimeout: '10s' },
    async ({ engine, sink, producer }) => {
      const sending = producer.send(16, 16);
      await sink.until(() => sink.arrivals.length > 0);
      assert.equal(await engine.stop(), 0);
      await sending;
      const arrived = arrivalsByBatch(sink.requests);
      for (const id of producer.acked) assert.equal(arrived.get(id)?.times, 1, id);
      assert.ok(producer.acked.size > 0, 'some were under way');
      assert.equal(counts(engine).acked, producer.acked.size);
      assert.equal(producer.unanswered, 0);
      for (const refusal of producer.refusals.keys()) assert.equal(refusal, '14 DRAINING');
    },
  );
});

test('SIGTERM ends by the deadline with a destination that never answers', async () => {
  await withRig(
    { mode: { kind: 'blackhole' }, drainTimeout: '1500ms' },
    async ({ engine, sink, producer }) => {
      const sending = producer.send(4, 4);
      await sink.until(() => sink.arrivals.length > 0);
      const startedMs = performance.now();
      assert.equal(await engine.stop(), 0);
      const tookMs = performance.now() - startedMs;
      assert.ok(tookMs < 4_000, `took ${tookMs} ms`);
      await sending;
      assert.deepEqual([...producer.refusals], [['14 DRAINING', 4]]);
      assert.deepEqual(counts(engine), { acked: 0, unanswered: 4 });
    },
  );
});

test('a second SIGTERM does not wait for the deadline', async () => {
  await withRig(
    { mode: { kind: 'blackhole' }, drainTimeout: '25s' },
    async ({ engine, sink, producer }) => {
      const sending = producer.send(4, 4);
      await sink.until(() => sink.arrivals.length > 0);
      engine.signal('SIGTERM');
      await engine.waitForLog(({ msg }) => msg === 'draining', 'that it drains');
      const startedMs = performance.now();
      assert.equal(await engine.stop(), 0);
      assert.ok(performance.now() - startedMs < 5_000, 'it waited');
      await sending;
      assert.deepEqual([...producer.refusals], [['14 DRAINING', 4]]);
    },
  );
});

test('SIGTERM ends an engine whose producers are idle at once', async () => {
  await withRig({ mode: { kind: 'ok' }, drainTimeout: '20s' }, async ({ engine, producer }) => {
    await producer.send(1);
    const startedMs = performance.now();
    assert.equal(await engine.stop(), 0);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
    assert.equal(producer.acked.size, 1);
  });
});
