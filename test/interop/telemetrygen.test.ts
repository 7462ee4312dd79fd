// Scenario: telemetrygen, OpenTelemetry's own test producer (grpc-go), sends straight to the
// engine, which forwards to a sink that decodes with @bufbuild/protobuf. Guarantees: each record
// arrives once, in small and in large batches, with the added attributes.

import { after, before, test } from 'node:test';
import { runTelemetrygen } from '../support/peers/telemetrygen.ts';
import { byTime, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startPipeline } from './interop-pipeline.ts';

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startPipeline();
});
after(() => pipeline.close());

for (const { logCount, batchSize } of [
  { logCount: 1, batchSize: 1 },
  { logCount: 300, batchSize: 1 },
  { logCount: 20_000, batchSize: 1_000 },
]) {
  const title = `${logCount} records of telemetrygen in batches of ${batchSize}`;
  test(`engine forwards ${title}`, async () => {
    const { files, sink, engine } = pipeline;
    const runId = `telemetrygen-${logCount}`;
    const options = { files, logCount, batchSize, runId };
    await runTelemetrygen({ ...options, port: engine.port, protocol: 'grpc' });
    checkArrivals(sink.requests, { runId, logCount, identity: byTime });
  });
}
