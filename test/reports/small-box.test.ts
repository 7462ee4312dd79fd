// Scenario: field reports A6 and A12: a container of 100 MiB with a trickle of tiny batches and
// 1,000 connections that do nothing, while the downstream is unavailable; and 200 producers that
// compress with zstd, send one batch and stay.
// Guarantees: what a connection and a batch cost beside their payload is counted: the kernel kills
// nobody, whoever finds no place waits and is not refused, and what codecs took is given back (I1,
// I2, I3).

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { constants, createZstdCompress } from 'node:zlib';
import { KiB, MiB } from '../../src/limits.ts';
import { exportBlock } from '../soak/soak-rig.ts';
import { headerBlock } from '../support/raw-frames.ts';
import { RawHttp2Client } from '../support/raw-http2-client.ts';
import { batchMessage, outcomeOf, producerContext } from '../support/report-load.ts';
import { isWithoutBox, ReportRig, reportsFactor } from '../support/report-rig.ts';
import { pause } from '../vault-engine/engine-rig.ts';

test('A6 300 idle connections of 1,000, and a trickle of tiny batches, live in 100 MiB', async (context) => {
  if (isWithoutBox(context)) return;
  const rig = await ReportRig.create(context, { liveZones: true, boxMiB: 100 });
  // Memory alone, as in the report: a vault and its threads take 28 MiB more.
  const engine = await rig.start(context, {
    withoutVault: true,
    memory: { limit_mib: 98, max_connections: 300 },
    grpc: { max_recv_msg_size_mib: 1 },
    exporter: { sending_queue: { batch: { max_size: 1_048_576 } } },
  });
  const load = await rig.load({ port: engine.port, inFlight: 8, sizeBytes: 150, timeoutMs: 1_000 });
  await load.run({ count: 1 });
  rig.sink.mode = { kind: 'unavailable' };
  const idle = await idleConnections(engine.port, 1_000);
  context.after(() => idle.sockets.forEach((socket) => void socket.destroy()));
  // A batch in 6 s, for hours: here 30 a second.
  await load.run({ durationMs: 3_000 * reportsFactor, batchesPerSecond: 30 });
  context.diagnostic(`${idle.secureCount()} of 1,000 connections have had a place`);
  assert.deepEqual(idle.errors, [], 'refused or reset');
  assert.ok(idle.secureCount() >= 290, `${idle.secureCount()} connections have had a place`);
  rig.checkInvariants(context, engine);
  rig.sink.mode = { kind: 'ok' };
  await rig.delivered();
  assert.equal(await engine.stop(), 0);
});

/** They say what HTTP/2 asks for and nothing more; who waits for a place gets no handshake yet. */
async function idleConnections(port: number, count: number) {
  const secureContext = await producerContext();
  const errors: string[] = [];
  let secureCount = 0;
  const sockets: Socket[] = [];
  for (let index = 0; index < count; index += 1) {
    const tcp = connectTcp(port, '127.0.0.1');
    await once(tcp, 'connect');
    const tls = connect({
      socket: tcp,
      servername: 'localhost',
      secureContext,
      ALPNProtocols: ['h2'],
    });
    tls.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? error.message));
    tls.on('secureConnect', () => {
      secureCount += 1;
      new RawHttp2Client(tls);
    });
    sockets.push(tls);
  }
  return { errors, sockets, secureCount: () => secureCount };
}

const zstdBlock = headerBlock([
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
  ['grpc-encoding', 'zstd'],
  ['te', 'trailers'],
]);

test('A12 what 200 connections with zstd took for their codecs is given back', async (context) => {
  if (isWithoutBox(context)) return;
  const count = 200;
  const sizeBytes = 64 * KiB;
  const rig = await ReportRig.create(context, { liveZones: true, boxMiB: 320 });
  const engine = await rig.start(context);
  const anonymousMiB = () => engine.usage().anonymousBytes / MiB;
  const secureContext = await producerContext();
  const { port } = engine;
  const clients = await Promise.all(
    Array.from({ length: count }, () =>
      RawHttp2Client.connect({ port, servername: 'localhost', secureContext }),
    ),
  );
  // What connections keep that have received, whatever it was, is not the codecs'.
  rig.expect(sizeBytes);
  const plain = batchMessage(0, sizeBytes);
  for (let round = 0; round < 3; round += 1) {
    await Promise.all(clients.map((client) => sendUntilTaken(client, exportBlock, plain)));
  }
  await pause(2_000);
  const before = anonymousMiB();
  const body = await zstdMessage(plain.subarray(5));
  await Promise.all(clients.map((client) => sendUntilTaken(client, zstdBlock, body)));
  await pause(2_000);
  const after = anonymousMiB();
  const figures = `${Math.round(before)} MiB idle before, ${Math.round(after)} idle after`;
  rig.checkInvariants(context, engine);
  context.diagnostic(figures);
  assert.ok(after - before <= 12, figures);
  for (const client of clients) {
    assert.equal(client.goaway, undefined);
    client.destroy();
  }
  assert.equal(await engine.stop(), 0);
});

async function sendUntilTaken(
  client: RawHttp2Client,
  block: Uint8Array,
  body: Buffer,
): Promise<void> {
  for (;;) {
    const outcome = outcomeOf(await client.request(block, body));
    if (outcome === 'OK') return;
    assert.match(outcome, /^14 /);
    await pause(50);
  }
}

/** With a window of 8 MiB, which the receiver has to hold: how long the body is, is not said. */
async function zstdMessage(message: Buffer): Promise<Buffer> {
  const params = { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_windowLog]: 23 };
  const stream = createZstdCompress({ params });
  const half = message.length / 2;
  stream.write(message.subarray(0, half));
  stream.flush(() => stream.end(message.subarray(half)));
  const compressed = await buffer(stream);
  const prefix = Buffer.alloc(5);
  prefix[0] = 1;
  prefix.writeUInt32BE(compressed.length, 1);
  return Buffer.concat([prefix, compressed]);
}
