// Scenario: telemetrygen, OpenTelemetry's own test producer (grpc-go, net/http), sends straight to
// each receiver of the engine, which forwards to a sink that decodes with @bufbuild/protobuf.
// Guarantees: each record arrives once, in small and in large batches, with the added attributes.

import { after, before, test } from 'node:test';
import { runTelemetrygen } from '../support/peers/telemetrygen.ts';
import { byTime, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startBothReceivers } from './interop-pipeline.ts';

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

for (const protocol of ['grpc', 'http'] as const) {
  for (const { logCount, batchSize } of [
    { logCount: 1, batchSize: 1 },
    { logCount: 300, batchSize: 1 },
    { logCount: 20_000, batchSize: 1_000 },
  ]) {
    const title = `${logCount} records of telemetrygen in batches of ${batchSize}, ${protocol}`;
    test(`engine forwards ${title}`, async () => {
      const { files, sink, ports } = pipeline;
      const runId = `telemetrygen-${protocol}-${logCount}`;
      const options = { files, logCount, batchSize, runId };
      await runTelemetrygen({ ...options, port: ports[protocol], protocol });
      checkArrivals(sink.requests, { runId, logCount, identity: byTime });
    });
  }
}
