// Scenario: two shards behind one port, eight producers with connections of their own; the
// destination is a sink, then files. Guarantees: both shards get connections and work; every batch
// arrives exactly once; SIGTERM ends with 0 and with books that balance over both shards; each
// shard writes files of its own.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { clientTls, engineConfig } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  type Arrivals,
  connectLabelled,
  fileArrivals,
  type LabelledProducer,
  requestArrivals,
} from './labelled-producer.ts';

const producerCount = 8;
const batchesPerProducer = 40;
const recordsPerBatch = 3;
const roundCountMax = 8;

/**
 * The kernel picks the shard of a connection by its ports, so eight connections may all meet one:
 * rounds of eight until `bothWorked`, 1 in 2^64 that they do not in `roundCountMax`.
 */
async function check(
  files: CertificateFiles,
  exporters: Readonly<Record<string, object>>,
  bothWorked: () => boolean,
  arrived: () => Arrivals,
): Promise<void> {
  const config = { ...engineConfig(files, exporters), memory: { shards: 2 } };
  const engine = await startEngine({ config });
  const producers: LabelledProducer[] = [];
  try {
    for (let round = 0; round < roundCountMax && !(round > 0 && bothWorked()); round += 1) {
      producers.push(...(await sendRound(engine, producers.length)));
    }
    assert.ok(bothWorked(), 'both shards got connections');
    assert.equal(await engine.stop(), 0);
  } finally {
    for (const { producer } of producers) producer.close();
    await engine.kill();
  }
  const batchCount = producers.length * batchesPerProducer;
  const acked = producers.flatMap((labelled) => labelled.acked());
  assert.equal(acked.length, batchCount);
  const arrivals = arrived();
  assert.deepEqual(new Set(arrivals.keys()), new Set(acked));
  const once = Array.from({ length: recordsPerBatch }, () => 1);
  for (const [label, records] of arrivals) assert.deepEqual([...records.values()], once, label);
  checkBooks(engine, batchCount);
}

async function sendRound({ port }: EngineProcess, offset: number): Promise<LabelledProducer[]> {
  const producers = await Promise.all(
    Array.from({ length: producerCount }, (_, index) =>
      connectLabelled({ port, recordsPerBatch, bodySizeBytes: 100 + offset + index }),
    ),
  );
  await Promise.all(producers.map(({ producer }) => producer.send(batchesPerProducer)));
  return producers;
}

function checkBooks(engine: EngineProcess, batchCount: number): void {
  const line = engine.logs().find(({ msg }) => msg === 'stopped');
  const records = batchCount * recordsPerBatch;
  const expected = {
    received_batches: batchCount,
    acked_batches: batchCount,
    refused_batches: 0,
    gone_batches: 0,
    acked_records: records,
    delivered_records: records,
    rejected_records: 0,
    dropped_records: 0,
    unanswered: 0,
  };
  const found = Object.keys(expected).map((name) => [name, line?.[name]]);
  assert.deepEqual(Object.fromEntries(found), expected);
}

test('two shards share the connections, and every batch arrives once', async () => {
  const directory = temporaryDirectory('shards-sink');
  const files = await writeTo(directory.path);
  const sink = await startSink({ clientCertificate: true });
  try {
    const endpoint = `localhost:${sink.port}`;
    const exporters = { otlp_grpc: { endpoint, tls: clientTls(files) } };
    // A shard connects when it has its first batch, and keeps one connection.
    await check(
      files,
      exporters,
      () => sink.openConnectionCount >= 2,
      () => requestArrivals(sink.requests),
    );
  } finally {
    await sink.close();
    directory.remove();
  }
});

test('two shards write file sets of their own', async () => {
  const directory = temporaryDirectory('shards-file');
  const out = join(directory.path, 'out');
  try {
    const exporters = { file: { path: join(out, 'logs.jsonl') } };
    const names = ['logs.0.jsonl', 'logs.1.jsonl'];
    await check(
      await writeTo(directory.path),
      exporters,
      () => names.every((name) => readdirSync(out).includes(name)),
      () => fileArrivals(out, 'whole'),
    );
  } finally {
    directory.remove();
  }
});
