// Scenario: ghz (grpc-go) and h2load (nghttp2) send as fast as they can, over several connections
// with many calls at once, to each receiver. Guarantees: every call is answered with success and
// was delivered once; numbered records (ghz) are all there, copies of one body (h2load) as often as
// they were sent.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { runGhz } from '../support/peers/ghz.ts';
import { type H2loadOptions, runH2load } from '../support/peers/h2load.ts';
import { grpcFrame, numberedRequest } from '../support/peers/numbered-request.ts';
import { byNumber, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startBothReceivers } from './interop-pipeline.ts';

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

const callCount = 1_000;

for (const gzip of [false, true]) {
  test(`engine forwards what ghz sends, gzip ${gzip}`, async () => {
    const { files, sink, ports } = pipeline;
    const runId = `ghz-${gzip}`;
    const load = { callCount, connectionCount: 4, concurrency: 40, gzip };
    assert.deepEqual(await runGhz({ ...load, port: ports.grpc, files, runId }), { OK: callCount });
    checkArrivals(sink.requests, { runId, logCount: callCount, identity: byNumber });
  });
}

const grpc = {
  path: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  headers: ['content-type: application/grpc', 'te: trailers'],
} as const;
const http = { path: '/v1/logs', headers: ['content-type: application/x-protobuf'] } as const;

type Request = Pick<H2loadOptions, 'path' | 'headers' | 'version' | 'streamCount'>;

async function checkH2load(runId: string, port: number, request: Request): Promise<void> {
  const { files, sink } = pipeline;
  const message = numberedRequest({ runId, logCount: 10 });
  const body = port === pipeline.ports.grpc ? grpcFrame(message) : message;
  const load = { requestCount: callCount, connectionCount: 5 };
  assert.equal(await runH2load({ ...request, ...load, port, files, body }), callCount);
  checkArrivals(sink.requests, { runId, logCount: 10, copies: callCount, identity: byNumber });
}

test('engine forwards what h2load sends over gRPC', () =>
  checkH2load('h2load-grpc', pipeline.ports.grpc, { ...grpc, version: '2', streamCount: 20 }));

test('engine forwards what h2load sends over HTTP/2', () =>
  checkH2load('h2load-http2', pipeline.ports.http, { ...http, version: '2', streamCount: 20 }));

test('engine forwards what h2load sends over HTTP/1.1', () =>
  checkH2load('h2load-http1', pipeline.ports.http, { ...http, version: '1.1', streamCount: 1 }));
