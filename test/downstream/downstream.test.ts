// Scenario: a downstream misbehaves in every way that we know of while a producer sends, and then
// recovers. Guarantees: each acknowledged batch arrived, whole; one arrived twice only if the
// outcome of a request was unknown, which is counted; producers saw only retryable statuses, on a
// connection that stayed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientTls, engineConfig } from '../interop/interop-pipeline.ts';
import { writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { arrivalsByBatch, OracleProducer } from '../support/oracle-producer.ts';
import { type OtlpSink, type SinkMode, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

const batchCount = 120;
const recordsPerBatch = 4;

interface Row {
  readonly title: string;
  readonly mode: SinkMode;
  /** Requests that meet the misbehaviour before the downstream recovers. */
  readonly requests?: number;
  /** Requests may end without us knowing whether they were stored. */
  readonly unknown?: boolean;
  /** Tried over HTTP too; test/exporter tries all of them over both, without an engine. */
  readonly http?: boolean;
}

const rows: readonly Row[] = [
  { title: 'UNAVAILABLE without RetryInfo', mode: { kind: 'unavailable' } },
  {
    title: 'UNAVAILABLE with RetryInfo',
    mode: { kind: 'unavailable', retryDelayMs: 200 },
    http: true,
  },
  { title: 'RESOURCE_EXHAUSTED without RetryInfo', mode: { kind: 'exhausted' } },
  {
    title: 'RESOURCE_EXHAUSTED with RetryInfo',
    mode: { kind: 'exhausted', retryDelayMs: 200 },
    http: true,
  },
  {
    title: 'no answer at all',
    mode: { kind: 'blackhole' },
    requests: 1,
    unknown: true,
    http: true,
  },
  {
    title: 'answers after our timeout',
    mode: { kind: 'late', answerAfterMs: 1_500 },
    requests: 2,
    unknown: true,
  },
  { title: 'stream resets before storing', mode: { kind: 'reset' }, unknown: true },
  { title: 'stream resets after storing', mode: { kind: 'reset', stored: true }, unknown: true },
  { title: 'lost connections before storing', mode: { kind: 'disconnect' }, unknown: true },
  {
    title: 'lost connections after storing',
    mode: { kind: 'disconnect', stored: true },
    unknown: true,
    http: true,
  },
  { title: 'refused streams', mode: { kind: 'refused-stream' } },
  { title: 'GOAWAY with every answer', mode: { kind: 'goaway' } },
  {
    title: 'partial success',
    mode: { kind: 'partial', rejected: 1, message: 'too old' },
    http: true,
  },
];

for (const row of rows) {
  test(`otlp_grpc: ${row.title}, then recovery`, () => check('grpc', row));
}
for (const row of rows.filter(({ http }) => http)) {
  test(`otlp_http: ${row.title}, then recovery`, () => check('http', row));
}

async function check(transport: 'grpc' | 'http', row: Row): Promise<void> {
  const sink = await startSink({ transport, clientCertificate: true, mode: row.mode });
  await withEngine(transport, sink, async (engine) => {
    const producer = await OracleProducer.connect({ port: engine.port, recordsPerBatch });
    const sending = producer.send(batchCount, 16);
    await sink.until(() => sink.arrivals.length >= (row.requests ?? 3));
    sink.mode = { kind: 'ok' };
    await sending;
    assert.ok(producer.connected, 'the connection of the producer stayed');
    assert.equal(producer.unanswered, 0);
    for (const refusal of producer.refusals.keys()) assert.match(refusal, /^14 /);
    assert.equal(producer.acked.size, batchCount);
    producer.close();
    assert.equal(await engine.stop(), 0);
    checkArrivals(row, sink, producer, engine);
  });
}

function checkArrivals(
  row: Row,
  sink: OtlpSink,
  producer: OracleProducer,
  engine: EngineProcess,
): void {
  const stopped = engine.logs().find(({ msg }) => msg === 'stopped');
  const count = (name: string) => Number(stopped?.[name]);
  assert.equal(
    count('received_batches'),
    count('acked_batches') + count('refused_batches') + count('gone_batches'),
  );
  assert.equal(count('acked_batches'), producer.acked.size);
  const arrived = arrivalsByBatch(sink.requests);
  for (const id of producer.acked) {
    assert.equal(arrived.get(id)?.recordCount, recordsPerBatch, `${id} arrived whole`);
  }
  // No call was answered with a deadline, and what is refused at the door is not sent: so what
  // arrived twice was sent twice by us.
  const duplicates = [...arrived.values()].reduce((sum, { times }) => sum + times - 1, 0);
  assert.ok(duplicates === 0 || row.unknown === true, `${duplicates} duplicates`);
  assert.ok(
    duplicates === 0 || count('unknown_outcomes') > 0,
    'duplicates of outcomes that were known',
  );
}

async function withEngine(
  transport: 'grpc' | 'http',
  sink: OtlpSink,
  run: (engine: EngineProcess) => Promise<void>,
): Promise<void> {
  const directory = temporaryDirectory('downstream');
  const files = await writeTo(directory.path);
  const endpoint =
    transport === 'grpc' ? `localhost:${sink.port}` : `https://localhost:${sink.port}`;
  const exporter = {
    endpoint,
    tls: clientTls(files),
    timeout: '1s',
    retry_on_failure: { initial_interval: '100ms', max_interval: '400ms' },
  };
  const engine = await startEngine({
    config: engineConfig(files, { [`otlp_${transport}`]: exporter }),
  });
  try {
    await run(engine);
  } finally {
    await engine.kill();
    await sink.close();
    directory.remove();
  }
}
