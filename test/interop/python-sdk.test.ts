// Scenario: the OpenTelemetry SDK for Python (gRPC core, another HTTP/2 stack than Go's and Node's)
// sends numbered records, with and without gzip, and learns of the engine from the usual variables.
// Guarantees: each record arrives once with the added attributes.

import { after, before, test } from 'node:test';
import { runPythonProducer } from '../support/peers/python-sdk.ts';
import { byNumber, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startPipeline } from './interop-pipeline.ts';

const logCount = 3_000;

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startPipeline();
});
after(() => pipeline.close());

for (const compression of ['none', 'gzip'] as const) {
  test(`engine forwards what the Python SDK sends, compression ${compression}`, async () => {
    const { files, sink, engine } = pipeline;
    const runId = `python-${compression}`;
    await runPythonProducer({ port: engine.port, files, compression, logCount, runId });
    checkArrivals(sink.requests, { runId, logCount, identity: byNumber });
  });
}
