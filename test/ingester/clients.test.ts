// Scenario: real gRPC clients (grpc-js), many calls at once, large messages, a small arena.
// Guarantees: every call is answered OK, no stream is refused, reserved bytes stay inside the arena
// and return to zero; connections end politely.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import {
  Client,
  type ClientOptions,
  compressionAlgorithms,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import type { IngestCall } from '../../src/ingester/ingest-call.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { ShardCounter } from '../../src/memory/state-page.ts';
import { exportPath } from '../support/fake-server-stream.ts';
import { call, ListenerHarness } from '../support/listener-harness.ts';

function grpcClient(harness: ListenerHarness, options: ClientOptions = {}): Client {
  const { caPem, client } = harness.certificates;
  const channel = credentials.createSsl(
    Buffer.from(caPem),
    Buffer.from(client.keyPem),
    Buffer.from(client.certPem),
  );
  return new Client(`127.0.0.1:${harness.port}`, channel, {
    'grpc.ssl_target_name_override': 'localhost',
    ...options,
  });
}

function exportWith(
  client: Client,
  message: Buffer,
  deadlineMs = 20_000,
): Promise<Buffer | ServiceError> {
  const same = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + deadlineMs };
    client.makeUnaryRequest<Buffer, Buffer>(
      exportPath,
      same,
      same,
      message,
      new Metadata(),
      options,
      (error, response) => resolve(error ?? response ?? Buffer.of()),
    );
  });
}

const gzip = { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip };

for (const [name, options] of [
  ['uncompressed', {}],
  ['gzip', gzip],
] as const) {
  test(`Listener serves grpc-js, ${name}`, async () => {
    const harness = await ListenerHarness.start();
    const client = grpcClient(harness, options);
    const messages = [
      Buffer.of(),
      Buffer.from('x'),
      randomBytes(900 * KiB),
      Buffer.alloc(900 * KiB),
    ];
    for (const message of messages) {
      assert.deepEqual(await exportWith(client, message), Buffer.of());
    }
    assert.equal(harness.acceptedCount, messages.length);
    const tooLarge = await exportWith(client, Buffer.alloc(3 * MiB));
    assert.ok('code' in tooLarge && tooLarge.code === 8, String(tooLarge));
    assert.match(tooLarge.details, /^MESSAGE_TOO_LARGE: /);
    assert.deepEqual(await exportWith(client, Buffer.from('after')), Buffer.of());
    client.close();
    await harness.stop();
    assert.equal(harness.slabs.reservedBytes, 0);
  });
}

test('Listener takes 64 concurrent exports of 4 MiB on one connection through an arena of 12 MiB', async () => {
  const harness = await ListenerHarness.start({
    messageSizeBytesMax: 4 * MiB,
    arena: { spanCount: 8, largePageCount: 16 * 12 },
    memory: { admissionTimeoutMs: 20_000 },
    accept: (accepted, { finish }) => void setImmediate(() => finish.call(harness, accepted)),
  });
  const client = harness.client();
  const body = frameMessage(randomBytes(4 * MiB - 5));
  const answers = await Promise.all(Array.from({ length: 64 }, () => call(client, body)));
  for (const { outcome } of answers) assert.equal(outcome, '0');
  assert.ok(harness.reservedBytesMost <= 12 * MiB);
  assert.ok(harness.reservedBytesMost >= 4 * MiB);
  assert.equal(harness.slabs.reservedBytes, 0);
  await harness.stop();
});

test('Listener never refuses a stream of a client that keeps to the limit, in 4,000 calls', async () => {
  const harness = await ListenerHarness.start({ concurrentStreamsMax: 100 });
  const client = harness.client();
  await new Promise((resolve) => client.once('remoteSettings', resolve));
  const body = frameMessage(Buffer.alloc(2_000));
  let started = 0;
  const worker = async () => {
    while (started++ < 4_000) assert.equal((await call(client, body)).outcome, '0');
  };
  await Promise.all(Array.from({ length: 150 }, worker));
  assert.equal(harness.slabs.reservedBytes, 0);
  await harness.stop();
});

test('Listener keeps nothing of 600 calls that were cancelled right away', async () => {
  const harness = await ListenerHarness.start();
  const client = harness.client();
  const headers = { ':method': 'POST', ':path': exportPath, 'content-type': 'application/grpc' };
  for (let round = 0; round < 6; round += 1) {
    const closed = Array.from({ length: 100 }, (_, index) => {
      const request = client.request(headers);
      request.on('error', () => {});
      if (index % 2 === 0) request.write(Buffer.from([0, 0, 0x0f, 0, 0, 1, 2, 3]));
      setImmediate(() => request.close(8));
      return new Promise((resolve) => request.on('close', resolve));
    });
    await Promise.all(closed);
  }
  assert.equal((await call(client, frameMessage(Buffer.from('after')))).outcome, '0');
  assert.equal(harness.slabs.reservedBytes, 0);
  await harness.stop();
});

test('Listener forgets a call that is reset while it waits for memory', async () => {
  const held: IngestCall[] = [];
  const harness = await ListenerHarness.start({
    arena: { largePageCount: 16 },
    accept: (accepted) => held.push(accepted),
  });
  const client = harness.client();
  const body = frameMessage(Buffer.alloc(600 * KiB));
  const first = call(client, body);
  while (held.length === 0) await new Promise(setImmediate);

  const waiting = client.request({
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
  });
  waiting.on('error', () => {});
  waiting.write(body);
  const ping = () => new Promise((resolve) => client.ping(resolve));
  await ping();
  waiting.close(0); // with NO_ERROR Node lets a paused stream live on
  await ping();
  harness.finish(held[0]!); // waited for above
  assert.equal((await first).outcome, '0');
  await ping();
  assert.equal(harness.slabs.reservedBytes, 0);
  assert.equal(harness.acceptedCount, 1);
  await harness.stop();
});

test('Listener parks connections above the bound and serves them when there is room', async () => {
  const harness = await ListenerHarness.start({ memory: { connectionsMax: 3 } });
  const body = frameMessage(Buffer.from('message'));
  const clients = Array.from({ length: 6 }, () => harness.client());
  const answers = clients.map((client) => call(client, body));
  await Promise.race(answers);
  for (const [index, client] of clients.entries()) {
    void answers[index]!.then(() => client.close()); // as many answers as clients
  }
  for (const answer of answers) assert.equal((await answer).outcome, '0');
  assert.equal(harness.counters.get(ShardCounter.AcceptedConnections), 6);
  await harness.stop();
  assert.equal(harness.counters.get(ShardCounter.OpenConnections), 0);
});

test('Listener.stopAccepting() lets calls under way finish, and says GOAWAY', async () => {
  let finish = () => {};
  const accepted = Promise.withResolvers<void>();
  const harness = await ListenerHarness.start({
    accept: (call, owner) => {
      finish = () => owner.finish(call);
      accepted.resolve();
    },
  });
  const client = harness.client();
  const goaway = new Promise((resolve) => client.once('goaway', resolve));
  const answer = call(client, frameMessage(Buffer.from('under way')));
  await accepted.promise;
  harness.listener.stopAccepting();
  await goaway;
  finish();
  assert.equal((await answer).outcome, '0');
  await harness.stop();
});

test('Listener.drain() answers DRAINING to calls that are not complete, and ends in time', async () => {
  const harness = await ListenerHarness.start();
  const client = harness.client();
  const answer = call(client, Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]), {}, true);
  while (harness.slabs.reservedBytes === 0) await new Promise(setImmediate);
  await harness.listener.drain(500);
  assert.equal((await answer).outcome, '14 DRAINING');
  assert.equal(harness.slabs.reservedBytes, 0);
  await harness.stop();
});

test('Listener.drainNow() answers a stalled call and ends its connection at once', async () => {
  const harness = await ListenerHarness.start();
  const clients = [harness.client(), harness.client()];
  const idle = new Promise((resolve) => clients[1]!.once('close', resolve)); // two of them
  assert.equal((await call(clients[1]!, frameMessage(Buffer.from('then idle')))).outcome, '0');
  const answer = call(clients[0]!, Buffer.from([0, 0, 0, 1, 0, 1, 2, 3]), {}, true);
  while (harness.slabs.reservedBytes === 0) await new Promise(setImmediate);
  const drained = harness.listener.drain(60_000);
  const startedMs = performance.now();
  harness.listener.drainNow();
  assert.equal((await answer).outcome, '14 DRAINING');
  await Promise.all([drained, idle]);
  assert.ok(performance.now() - startedMs < 5_000);
  assert.equal(harness.slabs.reservedBytes, 0);
  await harness.stop();
});

test('Listener.drainNow() cuts what nobody answers within a second', async () => {
  const accepted = Promise.withResolvers<IngestCall>();
  const harness = await ListenerHarness.start({ accept: (held) => accepted.resolve(held) });
  const answer = call(harness.client(), frameMessage(Buffer.from('never answered')));
  const held = await accepted.promise;
  const drained = harness.listener.drain(60_000);
  const startedMs = performance.now();
  harness.listener.drainNow();
  await drained;
  assert.ok(performance.now() - startedMs < 5_000);
  assert.notEqual((await answer).outcome, '0');
  harness.finish(held);
  await harness.stop();
});

for (const encoding of ['gzip', 'zstd'] as const) {
  test(`Listener takes 64 concurrent ${encoding} messages of 4 MiB through an arena of 12 MiB`, async () => {
    const harness = await ListenerHarness.start({
      messageSizeBytesMax: 4 * MiB,
      arena: { spanCount: 64, largePageCount: 16 * 12 + 3 },
      memory: { admissionTimeoutMs: 60_000 },
      accept: (accepted, { finish }) => void setImmediate(() => finish.call(harness, accepted)),
    });
    const compress = { gzip: gzipSync, zstd: zstdCompressSync }[encoding];
    const bodies = [
      Buffer.alloc(4 * MiB, 'shrinks to almost nothing'),
      Buffer.concat([randomBytes(100 * KiB), Buffer.alloc(4 * MiB - 100 * KiB)]),
      Buffer.concat([randomBytes(MiB), Buffer.alloc(3 * MiB)]),
    ].map((message) => {
      const body = Buffer.from(frameMessage(compress(message)));
      body[0] = 1;
      return body;
    });
    const answers = await Promise.all(
      Array.from(
        { length: 64 },
        (_, index) => call(harness.client(), bodies[index % 3]!, { 'grpc-encoding': encoding }), // three bodies
      ),
    );
    for (const { outcome } of answers) assert.equal(outcome, '0');
    assert.equal(harness.slabs.reservedBytes, 0);
    await harness.stop();
  });
}
