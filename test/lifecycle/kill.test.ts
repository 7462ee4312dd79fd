// Scenario: kill -9 of the engine under load, at moments of chance, and a restart on the same
// configuration, three times; once it writes files, once it sends to a sink that refuses now and
// then. Guarantees: whatever the moment, every acknowledged batch is in the files, or at the sink,
// whole; every line of every file can be read; the last engine ends with 0.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { clientTls, engineConfig } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { startSink } from '../support/otlp-sink.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import {
  type Arrivals,
  connectLabelled,
  fileArrivals,
  type LabelledProducer,
  requestArrivals,
} from './labelled-producer.ts';

const killCount = 3;
const producerCount = 2;
const recordsPerBatch = 4;
/** More than are acknowledged by the time of the kill. */
const batchesBeforeKill = 1_000;
/** A file is full after some 50 batches, so that kills meet rotation too. */
const bodySizeBytesMin = 5_000;

/** Kills `killCount` engines under load; `arrived` is called after each death, and at the end. */
async function check(
  context: TestContext,
  exporters: Readonly<Record<string, object>>,
  files: CertificateFiles,
  arrived: (end: 'killed' | 'stopped') => Arrivals,
): Promise<void> {
  const random = new SeededRandom(testSeed(context));
  const config = engineConfig(files, exporters);
  const acked = new Set<string>();
  let bodySizeBytes = bodySizeBytesMin;
  for (let life = 0; life <= killCount; life += 1) {
    const engine = await startEngine({ config });
    const producers: LabelledProducer[] = [];
    const { port } = engine;
    try {
      for (let index = 0; index < producerCount; index += 1) {
        bodySizeBytes += 1;
        const options = { port, recordsPerBatch, bodySizeBytes, attemptsMax: 20 };
        producers.push(await connectLabelled(options));
      }
      const isLast = life === killCount;
      await (isLast ? stopAfterLoad(engine, producers) : killUnderLoad(engine, producers, random));
    } finally {
      for (const { producer } of producers) producer.close();
      await engine.kill();
    }
    for (const { acked: labels } of producers) for (const label of labels()) acked.add(label);
    checkArrived(acked, arrived(life === killCount ? 'stopped' : 'killed'));
  }
  context.diagnostic(`${acked.size} batches acknowledged`);
}

async function killUnderLoad(
  engine: EngineProcess,
  producers: readonly LabelledProducer[],
  random: SeededRandom,
): Promise<void> {
  const loads = producers.map(({ producer }) => producer.send(batchesBeforeKill, 8));
  const ackedCount = () => producers.reduce((sum, { producer }) => sum + producer.acked.size, 0);
  // Answers come in groups; the moment within one is of chance too.
  const ackedMin = 20 + random.below(150);
  const delayMs = random.below(12);
  while (ackedCount() < ackedMin) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  await engine.kill();
  assert.equal(await engine.exited, 128 + 9, 'it was alive until then');
  await Promise.all(loads);
  const unanswered = producers.reduce((sum, { producer }) => sum + producer.unanswered, 0);
  assert.ok(unanswered > 0, 'the kill met batches under way');
}

async function stopAfterLoad(
  engine: EngineProcess,
  producers: readonly LabelledProducer[],
): Promise<void> {
  await Promise.all(producers.map(({ producer }) => producer.send(50)));
  for (const { producer } of producers) assert.equal(producer.acked.size, 50);
  assert.equal(await engine.stop(), 0);
}

function checkArrived(acked: ReadonlySet<string>, arrivals: Arrivals): void {
  const lost = [...acked].filter((label) => arrivals.get(label)?.size !== recordsPerBatch);
  assert.deepEqual(lost, [], `of ${acked.size} acknowledged`);
}

test('what the file exporter acknowledged survives kill -9, and every line is whole', async (context) => {
  const directory = temporaryDirectory('kill-file');
  const out = join(directory.path, 'out');
  try {
    const rotation = { max_megabytes: 1, max_backups: 1_000 };
    const exporters = { file: { path: join(out, 'logs.jsonl'), rotation } };
    await check(context, exporters, await writeTo(directory.path), (end) =>
      fileArrivals(out, end === 'killed' ? 'torn' : 'whole'),
    );
    const rotated = readdirSync(out).filter((name) => /-\d+\.jsonl$/.test(name));
    assert.ok(rotated.length > 0, 'files were rotated under way');
  } finally {
    directory.remove();
  }
});

test('what a sink was to get and the producer has an answer for is there after kill -9', async (context) => {
  const directory = temporaryDirectory('kill-sink');
  const files = await writeTo(directory.path);
  const sink = await startSink({ clientCertificate: true });
  let requestCount = 0;
  // Batches that wait in the engine for another attempt are those that a kill takes along.
  sink.decide = () => {
    requestCount += 1;
    return requestCount % 7 === 0 ? { kind: 'unavailable', retryDelayMs: 20 } : undefined;
  };
  try {
    const endpoint = `localhost:${sink.port}`;
    const exporters = { otlp_grpc: { endpoint, tls: clientTls(files) } };
    await check(context, exporters, files, () => requestArrivals(sink.requests));
  } finally {
    await sink.close();
    directory.remove();
  }
});
