import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { testCertificates } from '../../test/support/certificates.ts';
import { listenerOptions } from './server-context.ts';
import { SocketReader } from './socket-reader.ts';

test('SocketReader.read() uses one buffer for what all accepted TLS sockets receive', async (context) => {
  const reader = new SocketReader();
  const buffers = new Set<ArrayBufferLike>();
  for (let count = 0; count < 3; count += 1) {
    const { accepted, client } = await tlsPair(context);
    const received: string[] = [];
    const isShared = reader.read(accepted, (chunk) => {
      received.push(String(Buffer.from(chunk)));
      buffers.add(chunk.buffer);
    });
    assert.equal(isShared, true, 'this Node has no such fields: the engine is only slower for it');
    client.end('x'.repeat(100_000));
    await once(accepted, 'end');
    assert.equal(received.join('').length, 100_000);
  }
  assert.equal(buffers.size, 1);
});

test('SocketReader.read() loses nothing that came before it, and nothing while the socket is paused', async (context) => {
  const { accepted, client } = await tcpPair(context);
  client.write('before');
  await once(accepted, 'readable');
  let text = '';
  new SocketReader().read(accepted, (chunk) => {
    text += String(Buffer.from(chunk));
  });
  while (text !== 'before') await new Promise(setImmediate);
  accepted.pause();
  client.write('while paused');
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  assert.equal(text, 'before');
  accepted.resume();
  client.end(', after');
  await once(accepted, 'end');
  assert.equal(text, 'beforewhile paused, after');
});

test('SocketReader.read() takes any stream', async () => {
  const stream = new PassThrough();
  let text = '';
  const isShared = new SocketReader().read(stream, (chunk) => {
    text += String(Buffer.from(chunk));
  });
  stream.end('no socket');
  await once(stream, 'end');
  assert.equal(isShared, false);
  assert.equal(text, 'no socket');
});

async function tcpPair(context: TestContext): Promise<{ accepted: Socket; client: Socket }> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const client = connect(port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket]; // what the event gives
  context.after(() => {
    client.destroy();
    server.close();
  });
  return { accepted, client };
}

async function tlsPair(context: TestContext): Promise<{ accepted: TLSSocket; client: TLSSocket }> {
  const { caPem, server: own, client: peer } = await testCertificates();
  const material = {
    ...{ ca: caPem, cert: own.certPem, key: own.keyPem },
    ...{ warnings: [], expiresWallMs: undefined },
  };
  const server = createTlsServer(listenerOptions(material, ['h2']));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const client = connectTls({
    ...{ port, host: '127.0.0.1', servername: 'localhost', ALPNProtocols: ['h2'] },
    ...{ ca: caPem, cert: peer.certPem, key: peer.keyPem },
  });
  const [accepted] = (await once(server, 'secureConnection')) as [TLSSocket]; // as above
  context.after(() => {
    client.destroy();
    server.close();
  });
  return { accepted, client };
}
