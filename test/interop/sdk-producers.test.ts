// Scenario: OpenTelemetry's SDKs for JavaScript, Python (gRPC's C core, requests), Go (grpc-go,
// net/http) and Java (OkHttp), six client stacks, send numbered records through their batch
// processors to each receiver, plain and gzipped. Guarantees: every export succeeds, and each
// record arrives once with the added attributes.

import { after, before, test } from 'node:test';
import { runGoProducer } from '../support/peers/go-sdk.ts';
import { runJavaProducer } from '../support/peers/java-sdk.ts';
import { runJavaScriptProducer } from '../support/peers/javascript-sdk.ts';
import type { OtlpProtocol, Producer } from '../support/peers/producer.ts';
import { runPythonProducer } from '../support/peers/python-sdk.ts';
import { byNumber, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startBothReceivers } from './interop-pipeline.ts';

const logCount = 3_000;

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

interface Sdk {
  readonly name: string;
  readonly run: Producer;
  readonly protocols: readonly OtlpProtocol[];
}

const sdks: readonly Sdk[] = [
  {
    name: 'JavaScript',
    run: runJavaScriptProducer,
    protocols: ['grpc', 'http/protobuf', 'http/json'],
  },
  { name: 'Python', run: runPythonProducer, protocols: ['grpc', 'http/protobuf'] },
  { name: 'Go', run: runGoProducer, protocols: ['grpc', 'http/protobuf'] },
  { name: 'Java', run: runJavaProducer, protocols: ['grpc', 'http/protobuf'] },
];

for (const { name, run, protocols } of sdks) {
  for (const protocol of protocols) {
    for (const compression of ['none', 'gzip'] as const) {
      test(`engine forwards what the ${name} SDK sends, ${protocol}, ${compression}`, async () => {
        const { files, sink, ports } = pipeline;
        const runId = `${name}-${protocol}-${compression}`;
        const port = protocol === 'grpc' ? ports.grpc : ports.http;
        await run({ port, protocol, files, compression, logCount, runId });
        checkArrivals(sink.requests, { runId, logCount, identity: byNumber });
      });
    }
  }
}
