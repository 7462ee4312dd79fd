// Scenario: SIGTERM while producers wait for answers on both ports: with a slow destination, and
// with one that never answers.
// Guarantees: what is finished in time is answered 200; the rest is answered 503 with Retry-After,
// and DRAINING on gRPC; every HTTP/1.1 answer of a drain closes its connection; idle connections
// hold nothing up; the process ends with 0 and books that balance.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientTls } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { HttpProducer, statusMessage } from '../support/http-producer.ts';
import { OracleProducer } from '../support/oracle-producer.ts';
import { type OtlpSink, type SinkMode, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { receiversConfig } from './receivers.ts';

interface Rig {
  readonly engine: EngineProcess;
  readonly sink: OtlpSink;
  readonly grpc: OracleProducer;
  /** Each has a connection of its own. */
  readonly http: readonly HttpProducer[];
}

const httpProducerCount = 3;
const recordsPerGrpcBatch = 2;

async function withRig(
  options: { readonly mode: SinkMode; readonly drainTimeout: string },
  run: (rig: Rig) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory('http-drain');
  const files = await writeTo(directory.path);
  const sink = await startSink({ clientCertificate: true, mode: options.mode });
  const endpoint = `localhost:${sink.port}`;
  const exporters = { otlp_grpc: { endpoint, tls: clientTls(files), timeout: '10s' } };
  const engine = await startEngine({
    config: {
      ...receiversConfig({ grpc: files, http: files }, exporters),
      control: { drain_timeout: options.drainTimeout },
    },
  });
  const grpc = await OracleProducer.connect({
    port: engine.port,
    recordsPerBatch: recordsPerGrpcBatch,
    attemptsMax: 1,
  });
  const http = await Promise.all(
    Array.from({ length: httpProducerCount }, () => HttpProducer.create({ port: engine.httpPort })),
  );
  try {
    await run({ engine, sink, grpc, http });
  } finally {
    grpc.close();
    for (const producer of http) producer.close();
    await engine.kill();
    await sink.close();
    directory.remove();
  }
}

/** One batch of each producer; resolves when the destination has all of them. */
async function sendAll({ sink, grpc, http }: Rig) {
  const answers = Promise.all(http.map((producer, index) => producer.send(`http-${index}`)));
  const sent = grpc.send(1);
  const recordCount = httpProducerCount + recordsPerGrpcBatch;
  const arrived = () => sink.arrivals.reduce((sum, next) => sum + next.recordCount, 0);
  await sink.until(() => arrived() === recordCount);
  return { answers, sent };
}

function counts(engine: EngineProcess) {
  const line = engine.logs().find(({ msg }) => msg === 'stopped');
  assert(line !== undefined, 'the engine says how it stopped');
  const { received_batches: received, acked_batches: acked, refused_batches: refused } = line;
  return { received, acked, refused };
}

test('SIGTERM finishes what a slow destination is still working on, over HTTP too', async () => {
  const mode = { kind: 'late', answerAfterMs: 1_000 } as const;
  await withRig({ mode, drainTimeout: '10s' }, async (rig) => {
    const { answers, sent } = await sendAll(rig);
    assert.equal(await rig.engine.stop(), 0);
    await sent;
    for (const { status, headers } of await answers) {
      assert.equal(status, 200);
      assert.equal(headers.connection, 'close');
    }
    assert.equal(rig.grpc.acked.size, 1);
    assert.deepEqual(counts(rig.engine), { received: 4, acked: 4, refused: 0 });
  });
});

test('SIGTERM answers 503 with Retry-After what is not finished by the deadline', async () => {
  await withRig({ mode: { kind: 'blackhole' }, drainTimeout: '1500ms' }, async (rig) => {
    const { answers, sent } = await sendAll(rig);
    const startedMs = performance.now();
    assert.equal(await rig.engine.stop(), 0);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 4_000, `took ${tookMs} ms`);
    await sent;
    for (const answer of await answers) {
      assert.equal(answer.status, 503);
      assert.match(answer.headers['retry-after'] ?? '', /^[12]$/);
      assert.equal(answer.headers.connection, 'close');
      assert.match(statusMessage(answer), /^DRAINING/);
    }
    assert.deepEqual([...rig.grpc.refusals], [['14 DRAINING', 1]]);
    assert.deepEqual(counts(rig.engine), { received: 4, acked: 0, refused: 4 });
  });
});

test('a second SIGTERM does not wait for the deadline, on either port', async () => {
  await withRig({ mode: { kind: 'blackhole' }, drainTimeout: '25s' }, async (rig) => {
    const { answers, sent } = await sendAll(rig);
    rig.engine.signal('SIGTERM');
    await rig.engine.waitForLog(({ msg }) => msg === 'draining', 'that it drains');
    const startedMs = performance.now();
    assert.equal(await rig.engine.stop(), 0);
    assert.ok(performance.now() - startedMs < 5_000, 'it waited');
    await sent;
    for (const answer of await answers) assert.match(statusMessage(answer), /^DRAINING/);
    assert.deepEqual([...rig.grpc.refusals], [['14 DRAINING', 1]]);
  });
});

test('SIGTERM ends an engine whose HTTP connections are idle at once', async () => {
  await withRig({ mode: { kind: 'ok' }, drainTimeout: '20s' }, async (rig) => {
    for (const producer of rig.http) assert.equal((await producer.send('idle')).status, 200);
    const startedMs = performance.now();
    assert.equal(await rig.engine.stop(), 0);
    const tookMs = performance.now() - startedMs;
    assert.ok(tookMs < 5_000, `took ${tookMs} ms`);
  });
});
