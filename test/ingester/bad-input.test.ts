// Scenario: everything that should not come to an OTLP port comes to it, over real TCP and TLS.
// Guarantees: a clear end for that request or connection alone; the memory it held is free; the
// next good request works.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { GiB, KiB, MiB } from '../../src/limits.ts';
import { silentLog } from '../../src/log.ts';
import { ShardCounter } from '../../src/memory/state-page.ts';
import { call, ListenerHarness } from '../support/listener-harness.ts';

let harness: ListenerHarness;
const refusedPeers: unknown[] = [];
before(async () => {
  harness = await ListenerHarness.start({
    messageSizeBytesMax: 4 * MiB,
    arena: { largePageCount: 16 * 16 },
    memory: { stallTimeoutMs: 1_000 },
    log: { ...silentLog, warn: (_code, _text, fields) => refusedPeers.push(fields?.peer) },
  });
});
after(() => harness.stop());

const good = frameMessage(Buffer.from('a good message'));

async function stillWorks(): Promise<void> {
  assert.equal(await harness.works(), true);
  assert.equal(harness.slabs.reservedBytes, 0);
}

/** What a TLS client sees until its connection ends. */
async function tlsOutcome(
  options: Parameters<ListenerHarness['tls']>[0],
  bytes?: Uint8Array | string,
) {
  const socket = harness.tls(options);
  let text = '';
  let code = 'closed';
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? error.message;
  });
  if (bytes !== undefined) socket.write(bytes);
  await new Promise((resolve) => socket.on('close', resolve));
  return { code, text };
}

test('Listener.listen() gives no access without a client certificate', async () => {
  const failures = harness.counters.get(ShardCounter.TlsFailures);
  const { ca, servername } = harness.clientTls();
  const { code } = await tlsOutcome({ ca, servername, ALPNProtocols: ['h2'] } as object);
  assert.equal(code, 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED');
  assert.equal(harness.counters.get(ShardCounter.TlsFailures), failures + 1);
  await stillWorks();
});

test('Listener.listen() gives no access to a certificate of another authority', async () => {
  const failures = harness.counters.get(ShardCounter.TlsFailures);
  const { otherClient } = harness.certificates;
  const stranger = { cert: otherClient.certPem, key: otherClient.keyPem };
  refusedPeers.length = 0;
  const { text } = await tlsOutcome({ ...harness.clientTls(), ...stranger, ALPNProtocols: ['h2'] });
  assert.equal(text, '');
  assert.deepEqual(refusedPeers, ['127.0.0.1']);
  assert.equal(harness.counters.get(ShardCounter.TlsFailures), failures + 1);
  await stillWorks();
});

test('Listener.listen() speaks TLS 1.3 only', async () => {
  const { code } = await tlsOutcome({ ...harness.clientTls(), maxVersion: 'TLSv1.2' });
  assert.equal(code, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
  await stillWorks();
});

test('Listener.listen() ends HTTP/1.1 clients, in their language where it can', async () => {
  const request = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
  const withAlpn = await tlsOutcome(
    { ...harness.clientTls(), ALPNProtocols: ['http/1.1'] },
    request,
  );
  assert.match(withAlpn.code, /ALERT_NO_APPLICATION_PROTOCOL|EPROTO/);
  const without = await tlsOutcome(harness.clientTls(), request);
  assert.match(without.text, /^HTTP\/1\.1 505 /);
  await stillWorks();
});

test('Listener.listen() ends connections with bytes that are no TLS, or no HTTP/2', async () => {
  for (const bytes of ['GET / HTTP/1.1\r\nhost: x\r\n\r\n', '\x16\x03\x01', '\0\0\0', 'random']) {
    const socket = connectTcp(harness.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
  }
  const noise = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * 7919) % 251));
  const { code } = await tlsOutcome({ ...harness.clientTls(), ALPNProtocols: ['h2'] }, noise);
  assert.ok(code === 'closed' || code === 'ECONNRESET', code);
  await stillWorks();
});

test('Listener.listen() answers every prefix of a request, each on its own stream', async () => {
  const client = harness.client();
  const outcomes = await Promise.all(
    Array.from({ length: good.length }, (_, length) => call(client, good.subarray(0, length))),
  );
  for (const { outcome } of outcomes) assert.equal(outcome, '3 OTLP_MALFORMED');
  assert.equal((await call(client, good)).outcome, '0');
  client.close();
  await stillWorks();
});

test('Listener.listen() refuses a message over the limit before it has been sent', async () => {
  const client = harness.client();
  const { outcome, fields } = await call(client, frameMessage(new Uint8Array(5 * MiB)));
  assert.equal(outcome, '8 MESSAGE_TOO_LARGE');
  assert.equal(fields['grpc-status-details-bin'], undefined, 'bare: without RetryInfo');
  assert.equal((await call(client, good)).outcome, '0');
  client.close();
  await stillWorks();
});

test('Listener.listen() stops gzip and zstd bombs of 2 GiB, and their connection lives', async () => {
  const client = harness.client();
  for (const [encoding, compress] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    // Members or frames of 64 MiB each: the same bytes of zeros, made quickly.
    const part = compress(Buffer.alloc(64 * MiB));
    const bomb = Buffer.concat(Array.from({ length: (2 * GiB) / (64 * MiB) }, () => part));
    const body = Buffer.from(frameMessage(bomb));
    body[0] = 1;
    const { outcome } = await call(client, body, { 'grpc-encoding': encoding });
    assert.equal(outcome, '8 MESSAGE_TOO_LARGE', encoding);
    assert.equal((await call(client, good)).outcome, '0');
  }
  client.close();
  await stillWorks();
});

test('Listener.listen() answers wrong content types, verbs and paths', async () => {
  const client = harness.client();
  const type = (value: string) => ({ 'content-type': value });
  assert.equal((await call(client, good, type('application/x-protobuf'))).outcome, 'http 415');
  assert.equal(
    (await call(client, Buffer.from('{}'), type('application/json'))).outcome,
    'http 415',
  );
  assert.equal((await call(client, good, { ':path': '/a.B/C' })).outcome, '12 METHOD_UNKNOWN');
  assert.equal((await call(client, good, { ':method': 'PUT' })).outcome, 'http 405');
  const large = { 'x-large': 'x'.repeat(17 * KiB) };
  assert.equal((await call(client, good, large)).outcome, '8 HEADERS_TOO_LARGE');
  for (const count of [120, 400]) {
    const many = Object.fromEntries(Array.from({ length: count }, (_, index) => [`x${index}`, '']));
    assert.equal(
      (await call(client, good, many)).outcome,
      '8 HEADERS_TOO_LARGE',
      `${count} fields`,
    );
  }
  const { outcome, fields } = await call(client, good, { 'grpc-encoding': 'snappy' });
  assert.equal(outcome, '12 ENCODING_UNKNOWN');
  assert.equal(fields['grpc-accept-encoding'], 'identity,gzip,zstd');
  assert.equal((await call(client, good)).outcome, '0');
  client.close();
  await stillWorks();
});

test('Listener.listen() survives 100 connections that stall in mid-message', async () => {
  const part = Buffer.alloc(1_000);
  part.writeUInt32BE(32 * KiB, 1);
  const stalled = Array.from({ length: 100 }, () => harness.client());
  const answers = stalled.map((client) => call(client, part, {}, true));
  assert.equal(await harness.works(), true, 'while they stall');
  for (const { outcome } of await Promise.all(answers)) {
    assert.ok(outcome === '4 PRODUCER_STALLED' || outcome === '14 ADMISSION_TIMEOUT', outcome);
  }
  for (const client of stalled) client.close();
  await stillWorks();
});
