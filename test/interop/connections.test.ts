// Scenario: producers that use their connections in extreme ways. Some keep one open and ping it
// much more often than gRPC servers usually bear, without a call; others make a new connection for
// each export. Guarantees: a connection that pings is never cut and still carries the next export;
// each of many short connections delivers; each record arrives once.

import assert from 'node:assert/strict';
import { after, before, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Client, credentials } from '@grpc/grpc-js';
import { runGoProducer } from '../support/peers/go-sdk.ts';
import { readClientPem, startRelay } from '../support/peers/loopback-bridge.ts';
import { numberedRequest } from '../support/peers/numbered-request.ts';
import type { OtlpProtocol } from '../support/peers/producer.ts';
import { runPythonProducer } from '../support/peers/python-sdk.ts';
import { byNumber, checkArrivals } from './arrivals.ts';
import { type InteropPipeline, startBothReceivers } from './interop-pipeline.ts';

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startBothReceivers();
});
after(() => pipeline.close());

// grpc-go's server cuts a connection at the third ping that comes within five minutes of the last.
test('N2 engine bears 30 pings in 3 s from grpc-js without a call', async (t) => {
  const { files, sink, ports } = pipeline;
  const relay = await startRelay(ports.grpc);
  t.after(() => relay.close());
  const { ca, cert, key } = readClientPem(files);
  const client = new Client(`localhost:${relay.port}`, credentials.createSsl(ca, key, cert), {
    'grpc.keepalive_time_ms': 100,
    'grpc.keepalive_permit_without_calls': 1,
  });
  t.after(() => client.close());
  await exportOnce(client, 'pings-before');
  await relay.untilClientReads(relay.clientReadCount + 30);
  await exportOnce(client, 'pings-after');
  assert.equal(relay.connectionCount, 1, 'connections');
  for (const runId of ['pings-before', 'pings-after']) {
    checkArrivals(sink.requests, { runId, logCount: 10, identity: byNumber });
  }
});

test("engine bears a ping a second from gRPC's C core without a call", async (t) => {
  const { files, sink, ports } = pipeline;
  const relay = await startRelay(ports.grpc);
  t.after(() => relay.close());
  const run = { logCount: 20, runId: 'pings-python' };
  await runPythonProducer({
    ...{ ...run, files, port: relay.port, protocol: 'grpc', compression: 'none' },
    idleSeconds: 4.5,
  });
  assert.equal(relay.connectionCount, 1, 'connections');
  checkArrivals(sink.requests, { ...run, identity: byNumber });
});

const connectionCount = 50;
const producers = { Go: runGoProducer, Python: runPythonProducer };

for (const name of ['Go', 'Python'] as const) {
  for (const protocol of ['grpc', 'http/protobuf'] as const) {
    test(`engine forwards what the ${name} SDK sends over ${connectionCount} connections, ${protocol}`, (t) =>
      checkChurn(t, name, protocol));
  }
}

async function checkChurn(
  t: TestContext,
  name: keyof typeof producers,
  protocol: OtlpProtocol,
): Promise<void> {
  const { files, sink, ports } = pipeline;
  const relay = await startRelay(protocol === 'grpc' ? ports.grpc : ports.http);
  t.after(() => relay.close());
  const run = { logCount: 500, runId: `churn-${name}-${protocol}` };
  const options = { ...run, files, port: relay.port, protocol, connectionCount };
  await producers[name]({ ...options, compression: 'none' });
  assert.ok(relay.connectionCount >= connectionCount, `${relay.connectionCount} connections`);
  checkArrivals(sink.requests, { ...run, identity: byNumber });
}

async function exportOnce(client: Client, runId: string): Promise<void> {
  const method = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
  const asBytes = (bytes: Uint8Array) => Buffer.from(bytes);
  const asIs = (bytes: Buffer) => bytes;
  const request = numberedRequest({ runId, logCount: 10 });
  await promisify<Uint8Array, Buffer | undefined>((message, done) =>
    client.makeUnaryRequest(method, asBytes, asIs, message, (error, answer) => done(error, answer)),
  )(request);
}
