// Scenario: what should never reach the port reaches a running engine, while a good producer keeps
// sending on a connection of its own. Guarantees: each bad request or connection gets its own clear
// error; the good producer never sees any of it; the books balance at the end. test/ingester tries
// more of it, closer to the wire.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { after, before, test } from 'node:test';
import type tls from 'node:tls';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { MiB } from '../../src/limits.ts';
import { type InteropPipeline, startPipeline } from '../interop/interop-pipeline.ts';
import { type TestCertificates, testCertificates } from '../support/certificates.ts';
import { call } from '../support/listener-harness.ts';
import { OracleProducer } from '../support/oracle-producer.ts';

let pipeline: InteropPipeline;
let certificates: TestCertificates;
let good: OracleProducer;
let client: http2.ClientHttp2Session;

before(async () => {
  pipeline = await startPipeline();
  certificates = await testCertificates();
  good = await OracleProducer.connect({ port: pipeline.engine.port });
  client = connect();
});
after(async () => {
  good.close();
  client.destroy();
  await pipeline.close();
});

function clientOptions(): tls.ConnectionOptions {
  const { caPem, client: pair } = certificates;
  return { ca: caPem, cert: pair.certPem, key: pair.keyPem, servername: 'localhost' };
}

function connect(options: tls.ConnectionOptions = clientOptions()): http2.ClientHttp2Session {
  // Node's own bound of 10 MB would end the session of who sends more.
  const roomy = { ...options, maxSessionMemory: 64 };
  const session = http2.connect(`https://127.0.0.1:${pipeline.engine.port}`, roomy);
  session.on('error', () => {}); // the calls report it
  return session;
}

/** The good producer's next batch is acknowledged at its first attempt, on its first connection. */
async function stillGood(): Promise<void> {
  const before = good.acked.size;
  await good.send(1);
  assert.equal(good.acked.size, before + 1);
  assert.deepEqual([...good.refusals], []);
  assert.ok(good.connected);
}

async function check(
  body: Uint8Array,
  headers: Record<string, string>,
  expected: string | RegExp,
): Promise<void> {
  const { outcome } = await call(client, body, headers);
  if (typeof expected === 'string') assert.equal(outcome, expected);
  else assert.match(outcome, expected);
  await stillGood();
}

const request = toBinary(
  ExportLogsServiceRequestSchema,
  create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        resource: { attributes: [{ key: 'k', value: { value: { case: 'intValue', value: 7n } } }] },
        scopeLogs: [
          {
            scope: { name: 'scope', version: '1' },
            logRecords: [
              { severityText: 'INFO', body: { value: { case: 'stringValue', value: 'Grüße' } } },
              { traceId: new Uint8Array(16), eventName: 'event' },
            ],
          },
        ],
      },
    ],
  }),
);

/** Framed with the flag that says so. */
function compressed(message: Uint8Array): Uint8Array {
  const frame = frameMessage(message);
  frame[0] = 1;
  return frame;
}

function isValid(message: Uint8Array): boolean {
  try {
    fromBinary(ExportLogsServiceRequestSchema, message);
    return true;
  } catch {
    return false;
  }
}

test('a request cut off at any byte is refused alone, unless what is left is a request', async () => {
  for (let length = 0; length < request.length; length += 1) {
    const prefix = request.subarray(0, length);
    const { outcome } = await call(client, frameMessage(prefix));
    assert.equal(outcome, isValid(prefix) ? '0' : '3 OTLP_MALFORMED', `${length} bytes`);
  }
  await stillGood();
});

test('random bytes as a message are refused alone', async () => {
  const noise = Buffer.from('ff00ff00deadbeef1234567890abcdef'.repeat(8), 'hex');
  await check(frameMessage(noise), {}, '3 OTLP_MALFORMED');
});

test('a message over the limit, on the wire or inflated, is refused alone', async () => {
  const large = new Uint8Array(17 * MiB); // no default is larger than 16
  const limit = '8 MESSAGE_TOO_LARGE';
  await check(frameMessage(large), {}, limit);
  await check(compressed(gzipSync(large)), { 'grpc-encoding': 'gzip' }, limit);
  await check(compressed(zstdCompressSync(large)), { 'grpc-encoding': 'zstd' }, limit);
});

test('corrupt compression, unknown encodings and wrong headers are refused alone', async () => {
  const gzip = gzipSync(request);
  const cut = gzip.subarray(0, gzip.length - 4);
  await check(compressed(cut), { 'grpc-encoding': 'gzip' }, '3 BODY_CORRUPT');
  await check(compressed(gzip), { 'grpc-encoding': 'snappy' }, '12 ENCODING_UNKNOWN');
  await check(compressed(gzip), {}, '13 COMPRESSED_FLAG');
  await check(frameMessage(request), { 'grpc-timeout': 'soon' }, '3 BAD_TIMEOUT');
  await check(frameMessage(request), { 'content-type': 'application/json' }, 'http 415');
  await check(frameMessage(request), { ':method': 'PUT' }, 'http 405');
  const traces = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  await check(frameMessage(request), { ':path': traces }, '12 METHOD_UNKNOWN');
});

test('no connection without TLS 1.3 and a certificate that our authority signed', async () => {
  const { caPem, otherClient } = certificates;
  const strangers: tls.ConnectionOptions[] = [
    { ca: caPem, servername: 'localhost' },
    { ...clientOptions(), cert: otherClient.certPem, key: otherClient.keyPem },
    { ...clientOptions(), minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
  ];
  for (const options of strangers) {
    const session = connect({ ...options, ALPNProtocols: ['h2'] });
    const { outcome } = await call(session, frameMessage(request));
    assert.doesNotMatch(outcome, /^\d+( |$)/, 'got an answer');
    session.destroy();
    await stillGood();
  }
});

test('plain HTTP/1.1 and random bytes on the port end that connection alone', async () => {
  const { port } = pipeline.engine;
  for (const bytes of [
    'POST /v1/logs HTTP/1.1\r\nhost: x\r\n\r\n',
    '\x16\x03\x01\xff\xff garbage',
  ]) {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => {}); // a reset is an end too
    socket.write(bytes, 'latin1');
    socket.resume();
    await once(socket, 'close');
    await stillGood();
  }
});

test('100 connections that stall in mid-message do not keep others out', async () => {
  const sessions = Array.from({ length: 100 }, () => connect());
  const stalled = sessions.map((session) => {
    const body = frameMessage(new Uint8Array(200_000)).subarray(0, 100_000);
    return call(session, body, { 'grpc-timeout': '2S' }, true);
  });
  await stillGood();
  const outcomes = new Set((await Promise.all(stalled)).map(({ outcome }) => outcome));
  assert.deepEqual([...outcomes], ['4 DEADLINE']);
  for (const session of sessions) session.destroy();
  await stillGood();
});
