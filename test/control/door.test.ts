// Scenario: all kinds of peers come to the control port: with old TLS, with no certificate or a
// wrong one, with bytes that are no TLS; then those who may come in, with more connections and more
// unfinished requests than there is room for.
// Guarantees: who shows no good certificate gets no byte of HTTP; every bound can be reached and is
// left again; a producer, who has no role, keeps neither probes nor operators from being answered.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { testCertificates } from '../support/certificates.ts';
import { controlCertificates } from './control-certificates.ts';
import { ControlClient, controlPath, requestHttp1, tlsOf } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';

let control: ControlEngine;
let producer: PemPair;
before(async () => {
  control = await startControlEngine();
  producer = (await controlCertificates()).producer;
});
after(() => control.close());

const livezRequest = 'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';

/** All that comes back for these bytes, or why nothing did. */
async function said(tls: ConnectionOptions, bytes: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: control.port, ...tls });
  const { promise, resolve } = Promise.withResolvers<string>();
  let text = '';
  let failure = 'closed';
  socket.on('secureConnect', () => socket.write(bytes, 'latin1'));
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code ?? error.message;
  });
  socket.on('close', () => resolve(text === '' ? failure : text));
  return promise;
}

async function knock(pair: PemPair, options: ConnectionOptions = {}): Promise<string> {
  return said({ ...(await tlsOf(pair)), ALPNProtocols: ['http/1.1'], ...options }, livezRequest);
}

/** Whatever happened before, the next one is answered. */
async function checkAlive(): Promise<void> {
  assert.equal((await requestHttp1(control.port, producer, { path: '/livez' })).status, 200);
}

test('the door lets in whoever has a certificate of our authority', async () => {
  assert.match(await knock(producer), /^HTTP\/1\.1 200 /);
});

test('the door speaks TLS 1.3 and nothing older', async () => {
  const { operator } = await controlCertificates();
  for (const maxVersion of ['TLSv1.2', 'TLSv1.1'] as const) {
    const answer = await knock(operator, { maxVersion, minVersion: 'TLSv1.1' });
    assert.doesNotMatch(answer, /HTTP/, maxVersion);
  }
});

test('the door refuses who shows no certificate, or one that is not good', async () => {
  const { expired, serverOnly } = await controlCertificates();
  const { otherClient } = await testCertificates();
  const { ca } = await tlsOf(producer);
  const without = { ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] };
  assert.doesNotMatch(await said({ ...without }, livezRequest), /HTTP/, 'no certificate');
  for (const [name, pair] of Object.entries({ otherClient, expired, serverOnly })) {
    assert.doesNotMatch(await knock(pair), /HTTP/, name);
    await assert.rejects(requestHttp1(control.port, pair, { path: '/livez' }), name);
  }
  await checkAlive();
});

test('the door refuses protocols that it does not speak', async () => {
  const { operator } = await controlCertificates();
  assert.doesNotMatch(await knock(operator, { ALPNProtocols: ['spdy/3'] }), /HTTP\/1\.1 200/);
});

test('the door answers plain text with no HTTP', async () => {
  const socket = connectTcp(control.port, '127.0.0.1');
  socket.on('error', () => {}); // 'close' follows
  socket.write(livezRequest);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  await once(socket, 'close');
  assert.doesNotMatch(text, /HTTP/);
  await checkAlive();
});

test('the door allows 32 streams a connection', async () => {
  const client = await ControlClient.connect(control.port, producer);
  try {
    await client.get('/livez');
    assert.equal(client.session.remoteSettings.maxConcurrentStreams, 32);
  } finally {
    client.close();
  }
});

test('a producer’s unfinished requests keep nobody out', async () => {
  const { operator } = await controlCertificates();
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => ControlClient.connect(control.port, producer)),
  );
  try {
    for (const { session } of clients) {
      for (let count = 0; count < 30; count += 1) {
        const stream = session.request({
          ...{ ':method': 'POST', ':path': `${controlPath}/GetStatus` },
          'content-type': 'application/json',
        });
        stream.on('error', () => {}); // they may be refused
        stream.resume();
        stream.write('{');
      }
      // Whatever was sent before a ping is there when its answer comes.
      await new Promise<void>((resolve) => session.ping(() => resolve()));
    }
    for (const path of ['/livez', '/readyz']) {
      assert.equal((await requestHttp1(control.port, producer, { path })).status, 200, path);
    }
    const client = await ControlClient.connect(control.port, operator);
    clients.push(client);
    assert.equal((await client.call('GetStatus')).code, 'ok');
    assert.equal((await client.get('/metrics')).status, 200);
  } finally {
    for (const client of clients) client.close();
  }
});

test('the door has room for 64 connections, and for another one when one ends', async () => {
  const tls = await tlsOf((await controlCertificates()).viewer);
  const options = { host: '127.0.0.1', port: control.port, ...tls, ALPNProtocols: ['http/1.1'] };
  const held: TLSSocket[] = [];
  const answered = (socket: TLSSocket) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    socket.on('error', () => {}); // 'close' follows
    socket.on('data', () => resolve(true));
    socket.on('close', () => resolve(false));
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return promise;
  };
  try {
    // Places of connections that earlier tests have closed may still be taken for a moment.
    while (held.length < 64) {
      const socket = connect(options);
      if (await answered(socket)) held.push(socket);
    }
    const late = connect(options);
    const isLateAnswered = answered(late);
    held.pop()?.destroy();
    // Whether it waited or was closed: there is a place now.
    if (!(await isLateAnswered)) {
      while (!(await answered(connect(options)))) assert.ok(held.length === 63);
    }
    late.destroy();
  } finally {
    for (const socket of held) socket.destroy();
  }
  await untilAlive();
});

/** The places of those who have just gone become free one after the other. */
async function untilAlive(): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (/^HTTP\/1\.1 200/.test(await knock(producer))) return;
  }
  assert.fail('nobody is answered any more');
}
