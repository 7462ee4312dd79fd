// Scenario: telemetrygen sends to the engine, which exports over mutual TLS to the gRPC and the
// HTTP receiver of an OpenTelemetry Collector, which forwards to the sink. Guarantees: the
// Collector accepts what the engine writes, in each protocol and compression, and each record
// arrives once with the added attributes.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { CertificateFiles } from '../support/certificates.ts';
import { type Collector, collectorReceiver, startCollector } from '../support/peers/collector.ts';
import { runTelemetrygen } from '../support/peers/telemetrygen.ts';
import { byTime, checkArrivals } from './arrivals.ts';
import { clientTls, listenerTls, startPipeline } from './interop-pipeline.ts';

const logCount = 5_000;

for (const protocol of ['otlp_grpc', 'otlp_http'] as const) {
  for (const compression of ['none', 'gzip', 'zstd']) {
    test(`Collector takes what the engine's ${protocol} sends, compression ${compression}`, (t) =>
      check(t, protocol, compression));
  }
}

type Protocol = 'otlp_grpc' | 'otlp_http';

async function check(t: TestContext, protocol: Protocol, compression: string): Promise<void> {
  const collectors: Collector[] = [];
  const pipeline = await startPipeline(async (files, sinkPort) => {
    const collector = await startForwarder(files, sinkPort);
    t.after(() => collector.kill());
    collectors.push(collector);
    const endpoint = {
      otlp_grpc: `localhost:${collector.grpcPort}`,
      otlp_http: `https://localhost:${collector.httpPort}`,
    }[protocol];
    return { [protocol]: { endpoint, tls: clientTls(files), compression } };
  });
  t.after(() => pipeline.close());
  const runId = `${protocol}-${compression}`;
  const { files, sink, engine } = pipeline;
  const options = { files, logCount, batchSize: 500, runId };
  await runTelemetrygen({ ...options, port: engine.port, protocol: 'grpc' });
  // The Collector acknowledges before it has forwarded; its own end flushes what it holds.
  for (const collector of collectors) assert.equal(await collector.stop(), 0);
  checkArrivals(sink.requests, { runId, logCount, identity: byTime });
}

function startForwarder(files: CertificateFiles, sinkPort: number): Promise<Collector> {
  return startCollector('downstream', {
    receivers: collectorReceiver(['grpc', 'http'], listenerTls(files)),
    exporters: { otlp_grpc: { endpoint: `localhost:${sinkPort}`, tls: clientTls(files) } },
  });
}
