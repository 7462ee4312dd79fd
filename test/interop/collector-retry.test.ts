// Scenario: a Collector sends while the engine's downstream is down and the engine's queue holds
// two batches. Then the downstream comes up. Guarantees: the engine says UNAVAILABLE with
// RetryInfo, the Collector waits as long as it is told and sends again, and in the end each record
// has arrived once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeTo } from '../support/certificates.ts';
import { startEngine } from '../support/engine-process.ts';
import { startSink } from '../support/otlp-sink.ts';
import { collectorReceiver, startCollector } from '../support/peers/collector.ts';
import { runTelemetrygen } from '../support/peers/telemetrygen.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { byTime, checkArrivals } from './arrivals.ts';
import { clientTls, engineConfig, listenerTls } from './interop-pipeline.ts';

const logCount = 2_000;

test('Collector waits as RetryInfo says while our downstream is down, loses nothing', async (t) => {
  const directory = temporaryDirectory('interop');
  t.after(() => directory.remove());
  const files = await writeTo(directory.path);
  const port = await closedPort();
  const engine = await startEngine({
    config: engineConfig(files, {
      otlp_grpc: {
        endpoint: `localhost:${port}`,
        tls: clientTls(files),
        retry_on_failure: { initial_interval: '200ms', max_interval: '500ms' },
        sending_queue: { sizer: 'requests', queue_size: 2 },
      },
    }),
  });
  t.after(() => engine.kill());
  const collector = await startCollector('sender', {
    receivers: collectorReceiver(['grpc'], listenerTls(files)),
    exporters: {
      otlp_grpc: {
        endpoint: `localhost:${engine.port}`,
        tls: clientTls(files),
        // Longer than the outage: with every outcome known, nothing may arrive twice.
        timeout: '60s',
        // So short that a longer wait can only come from RetryInfo.
        retry_on_failure: { initial_interval: '1ms', max_interval: '1ms', max_elapsed_time: '0s' },
      },
    },
  });
  t.after(() => collector.kill());
  const runId = 'retry';
  const options = { files, logCount, batchSize: 100, runId };
  await runTelemetrygen({ ...options, port: collector.grpcPort, protocol: 'grpc' });
  await collector.waitForLine(isThrottled, 'that it was told to wait');
  const sink = await startSink({ port, clientCertificate: true });
  t.after(() => sink.close());
  await sink.waitForRecords(logCount);

  assert.equal(await collector.stop(), 0);
  assert.equal(await engine.stop(), 0);
  checkArrivals(sink.requests, { runId, logCount, identity: byTime });
});

// {"msg":"Exporting failed. Will retry the request after interval.","error":"Throttle (1.2s), ..."}
function isThrottled(line: string): boolean {
  return /Throttle \([\d.]+(ms|s)\).*Unavailable/.test(line);
}

/** A port on which nobody listens: that of a sink that has closed. */
async function closedPort(): Promise<number> {
  const sink = await startSink();
  const { port } = sink;
  await sink.close();
  return port;
}
