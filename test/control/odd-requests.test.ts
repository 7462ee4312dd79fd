// Scenario: producers, who may come in but have no role, and operators send what no library would:
// broken HTTP, authorities and paths that are none, bodies that are too large or no messages.
// Guarantees: no request ends the process or keeps the next one from being answered; what is wrong
// with a message is said with a code.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { gzipSync } from 'node:zlib';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import { headerBlock } from '../support/raw-frames.ts';
import { RawHttp2Client } from '../support/raw-http2-client.ts';
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

/** Whatever happened before, the next one is answered. */
async function checkAlive(): Promise<void> {
  assert.equal((await requestHttp1(control.port, producer, { path: '/livez' })).status, 200);
}

const json = 'Content-Type: application/json\r\nContent-Length: 2\r\n';
const oddRequests: Readonly<Record<string, string>> = {
  'bytes that are no HTTP': '\u0000\u0001\u0002 what?\r\n\r\n',
  'a procedure without a Host': `POST ${controlPath}/GetStatus HTTP/1.0\r\n${json}\r\n{}`,
  'a procedure with half a Host': `POST ${controlPath}/GetStatus HTTP/1.1\r\nHost: [\r\n${json}Connection: close\r\n\r\n{}`,
  'a procedure with two words as Host': `POST ${controlPath}/GetStatus HTTP/1.1\r\nHost: a b:x\r\n${json}Connection: close\r\n\r\n{}`,
  'a procedure with an empty Host': `POST ${controlPath}/GetStatus HTTP/1.1\r\nHost:\r\n${json}Connection: close\r\n\r\n{}`,
  'a procedure of another host': `POST https://[/${controlPath}/GetStatus HTTP/1.1\r\nHost: x\r\n${json}Connection: close\r\n\r\n{}`,
  'a page without a Host': 'GET /metrics HTTP/1.0\r\n\r\n',
  'a target that is no path': 'GET metrics?// HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n',
  'OPTIONS *': 'OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  CONNECT: 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
  'an upgrade to WebSocket':
    'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  'an upgrade to HTTP/2':
    'GET /livez HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'an expectation that nobody knows': `POST ${controlPath}/GetStatus HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n${json}Connection: close\r\n\r\n{}`,
  'two lengths': `POST ${controlPath}/GetStatus HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n${json}Connection: close\r\n\r\n0\r\n\r\n`,
  'headers of 40 KB': `GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
  'a thousand headers': `GET /livez HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(1_000)}Connection: close\r\n\r\n`,
};

for (const [name, bytes] of Object.entries(oddRequests)) {
  test(`the control port lives on after ${name}`, async () => {
    const tls = { ...(await tlsOf(producer)), ALPNProtocols: ['http/1.1'] };
    const odd = connect({ host: '127.0.0.1', port: control.port, ...tls });
    odd.on('error', () => {}); // that is its right
    await once(odd, 'secureConnect');
    odd.write(bytes, 'latin1');
    // An answer or the end of the connection, as it likes.
    await new Promise<void>((resolve) => {
      odd.on('data', () => resolve());
      odd.on('close', () => resolve());
    });
    odd.destroy();
    await checkAlive();
  });
}

const oddHeaders: Readonly<Record<string, Record<string, string>>> = {
  'half an authority': { ':authority': '[' },
  'a host that is none': { host: '[' },
  'a path that leaves the host': { ':path': `//[/${controlPath}/GetStatus` },
  'a path that is none': { ':path': '*' },
  CONNECT: { ':method': 'CONNECT', ':authority': '127.0.0.1:22' },
  TRACE: { ':method': 'TRACE' },
  'a scheme of its own': { ':scheme': 'gopher' },
  'a compression that nobody knows': { 'content-encoding': 'cake' },
  'a timeout that is no number': { 'connect-timeout-ms': 'soon' },
  'a version of the protocol that is not out yet': { 'connect-protocol-version': '9' },
};

for (const [name, headers] of Object.entries(oddHeaders)) {
  test(`the control port lives on after ${name} over HTTP/2`, async () => {
    const client = await ControlClient.connect(control.port, producer);
    const fields = {
      ...{ ':method': 'POST', ':path': `${controlPath}/GetStatus` },
      ...{ 'content-type': 'application/json', ...headers },
    };
    try {
      // No scheme and path in a CONNECT.
      const { ':path': _, ...bare } = fields;
      const stream = client.session.request(headers[':method'] === 'CONNECT' ? bare : fields);
      stream.on('error', () => {}); // 'close' follows
      stream.resume();
      stream.end('{}');
      await new Promise<void>((resolve) => {
        stream.on('close', () => resolve());
      });
      await checkAlive();
    } finally {
      client.close();
    }
  });
}

// What nghttp2 lets through although no client of Node's would send it.
const rawFields: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
  'no authority': [[':scheme', 'gopher']],
  'an empty authority': [
    [':scheme', 'https'],
    [':authority', ''],
  ],
  'a host instead of an authority': [
    [':scheme', 'https'],
    ['host', '['],
  ],
};

for (const [name, fields] of Object.entries(rawFields)) {
  test(`the control port lives on after a procedure with ${name}`, async () => {
    const client = await RawHttp2Client.connect({ port: control.port, ...(await tlsOf(producer)) });
    const block = headerBlock([
      [':method', 'POST'],
      [':path', `${controlPath}/GetStatus`],
      ...fields,
      ['content-type', 'application/json'],
    ]);
    await client.request(block, Buffer.from('{}')).catch(() => {}); // it may refuse as it likes
    client.destroy();
    await checkAlive();
  });
}

test('the control port refuses bodies above 64 KiB, also those that are small on the wire', async () => {
  const { operator } = await controlCertificates();
  const client = await ControlClient.connect(control.port, operator);
  const message = JSON.stringify({ reason: 'x'.repeat(8 * 1024 * 1024) });
  const headers = { 'content-type': 'application/json' };
  const path = `${controlPath}/ClearOverride`;
  try {
    const small = gzipSync(message);
    assert.ok(small.length < 64 * 1024, 'it is small on the wire');
    const bomb = { ...headers, 'content-encoding': 'gzip' };
    const reply = await client.request({ method: 'POST', path, headers: bomb, body: small });
    assert.notEqual(reply.status, 200);
    assert.match(reply.body, /resource_exhausted|unimplemented/);
    const plain = client.request({ method: 'POST', path, headers, body: message });
    const status = await plain.then(
      (answer) => answer.status,
      () => 0, // the stream was reset, which is an answer, too
    );
    assert.notEqual(status, 200);
  } finally {
    client.close();
  }
  await checkAlive();
});

test('the control port refuses messages that are none', async () => {
  const { operator } = await controlCertificates();
  const client = await ControlClient.connect(control.port, operator);
  const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  const bad = [
    ['application/json', '{"zone"'],
    ['application/json', '[]'],
    ['application/json', '{"zone":"ZONE_BLUE"}'],
    ['application/json', '{"duration":"soon"}'],
    ['application/json', `{"zone":${deep}}`],
  ] as const;
  try {
    for (const [type, body] of bad) {
      const { status, body: text } = await client.request({
        ...{ method: 'POST', path: `${controlPath}/SetOverride` },
        ...{ headers: { 'content-type': type }, body: Buffer.from(body, 'latin1') },
      });
      assert.equal(status, 400, body.slice(0, 40));
      assert.equal(JSON.parse(text).code, 'invalid_argument', body.slice(0, 40));
    }
    const binary = await client.request({
      ...{ method: 'POST', path: `${controlPath}/SetOverride`, body: Buffer.alloc(3, 0xff) },
      headers: { 'content-type': 'application/proto' },
    });
    // What gRPC says of a request that is no message.
    assert.equal(JSON.parse(binary.body).code, 'internal');
    assert.equal((await client.call('GetStatus')).message.status.zone.override, undefined);
  } finally {
    client.close();
  }
});
