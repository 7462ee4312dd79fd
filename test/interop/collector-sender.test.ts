// Scenario: telemetrygen sends to an OpenTelemetry Collector, which batches and sends to the engine
// over mutual TLS, with each compression that OTLP knows.
// Guarantees: each record arrives once with the added attributes; the Collector reports no failure.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { collectorReceiver, startCollector } from '../support/peers/collector.ts';
import { runTelemetrygen } from '../support/peers/telemetrygen.ts';
import { byTime, checkArrivals } from './arrivals.ts';
import { clientTls, type InteropPipeline, listenerTls, startPipeline } from './interop-pipeline.ts';

const logCount = 5_000;

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startPipeline();
});
after(() => pipeline.close());

for (const compression of ['none', 'gzip', 'zstd']) {
  test(`engine forwards what a Collector sends, compression ${compression}`, async (t) => {
    const { files, sink, engine } = pipeline;
    const collector = await startCollector('sender', {
      receivers: collectorReceiver(['grpc'], listenerTls(files)),
      processors: { batch: { timeout: '50ms' } },
      exporters: {
        otlp_grpc: {
          endpoint: `localhost:${engine.port}`,
          tls: clientTls(files),
          compression,
        },
      },
    });
    t.after(() => collector.kill());
    const runId = `collector-${compression}`;
    const options = { files, logCount, batchSize: 500, runId };
    await runTelemetrygen({ ...options, port: collector.grpcPort, protocol: 'grpc' });
    // SIGTERM makes the Collector send what it still holds.
    assert.equal(await collector.stop(), 0);
    checkArrivals(sink.requests, { runId, logCount, identity: byTime });
    assert.deepEqual(collector.lines.filter(isFailure), []);
  });
}

function isFailure(line: string): boolean {
  return /"level":"(warn|error)"/.test(line);
}
