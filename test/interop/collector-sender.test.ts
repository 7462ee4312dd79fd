// Scenario: telemetrygen sends to an OpenTelemetry Collector, which batches and sends to the engine
// over mutual TLS, to each receiver, with each encoding and compression that OTLP knows.
// Guarantees: each record arrives once with the added attributes; the Collector reports no failure.

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { collectorReceiver, startCollector } from '../support/peers/collector.ts';
import { runTelemetrygen } from '../support/peers/telemetrygen.ts';
import { byTime, checkArrivals } from './arrivals.ts';
import {
  clientTls,
  type InteropPipeline,
  listenerTls,
  startBothReceivers,
} from './interop-pipeline.ts';

const logCount = 5_000;

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

const compressions = ['none', 'gzip', 'zstd'];

for (const compression of compressions) {
  test(`engine forwards what a Collector sends over gRPC, compression ${compression}`, (t) => {
    const endpoint = `localhost:${pipeline.ports.grpc}`;
    return check(t, `grpc-${compression}`, { otlp_grpc: { ...sender(compression), endpoint } });
  });
}

for (const encoding of ['proto', 'json']) {
  for (const compression of compressions) {
    const title = `over HTTP in ${encoding}, compression ${compression}`;
    test(`engine forwards what a Collector sends ${title}`, (t) => {
      const endpoint = `https://localhost:${pipeline.ports.http}`;
      const exporter = { ...sender(compression), endpoint, encoding };
      return check(t, `http-${encoding}-${compression}`, { otlp_http: exporter });
    });
  }
}

function sender(compression: string): object {
  return { tls: clientTls(pipeline.files), compression };
}

async function check(
  t: TestContext,
  runId: string,
  exporters: Readonly<Record<string, object>>,
): Promise<void> {
  const { files, sink } = pipeline;
  const collector = await startCollector('sender', {
    receivers: collectorReceiver(['grpc'], listenerTls(files)),
    processors: { batch: { timeout: '50ms' } },
    exporters,
  });
  t.after(() => collector.kill());
  const options = { files, logCount, batchSize: 500, runId };
  await runTelemetrygen({ ...options, port: collector.grpcPort, protocol: 'grpc' });
  // SIGTERM makes the Collector send what it still holds.
  assert.equal(await collector.stop(), 0);
  checkArrivals(sink.requests, { runId, logCount, identity: byTime });
  assert.deepEqual(collector.lines.filter(isFailure), []);
}

function isFailure(line: string): boolean {
  return /"level":"(warn|error)"/.test(line);
}
