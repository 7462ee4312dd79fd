import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import {
  type ConnectionOptions,
  connect,
  createServer,
  type Server,
  type TLSSocket,
} from 'node:tls';
import { testCertificates } from '../../test/support/certificates.ts';
import { createAuthority, issue, type PemPair } from './certificate-authority.ts';
import { createClientContext } from './client-context.ts';
import { peerIdentity } from './peer-identity.ts';
import { peerRefusal } from './peer-refusal.ts';
import type { PemMaterial } from './pem-material.ts';
import { listenerContext, listenerOptions } from './server-context.ts';

const dayMs = 24 * 3_600_000;
let server: Server;
const refusals: string[] = [];

before(async () => {
  const certificates = await testCertificates();
  server = createServer(listenerOptions(material(certificates.caPem, certificates.server), ['h2']));
  // The server's first bytes are the client's proof that its certificate was accepted.
  server.on('secureConnection', (socket) => {
    socket.on('error', () => {});
    socket.write(peerIdentity(socket)?.producerName ?? 'nobody');
  });
  server.on('tlsClientError', (error, socket) => refusals.push(peerRefusal(error, socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

after(() => {
  server.close();
});

function material(ca: string | undefined, pair: PemPair | undefined): PemMaterial {
  return { ca, cert: pair?.certPem, key: pair?.keyPem, warnings: [], expiresWallMs: undefined };
}

interface Seen {
  /** First bytes from the server, or the code of the error that came instead. */
  readonly answer: string;
  readonly socket: TLSSocket;
  /** What a later connection resumes with. */
  readonly session: Promise<Buffer>;
}

/**
 * Connects with a good client unless `options` says otherwise, and waits for the first bytes or an
 * error.
 */
async function dial(options: ConnectionOptions = {}, port = portOf(server)): Promise<Seen> {
  const { caPem, client } = await testCertificates();
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca: caPem,
    cert: client.certPem,
    key: client.keyPem,
    servername: 'localhost',
    ALPNProtocols: ['h2'],
    ...options,
  });
  const session = new Promise<Buffer>((resolve) => {
    socket.once('session', resolve);
  });
  const answer = await new Promise<string>((resolve) => {
    socket.on('data', (bytes) => resolve(bytes.toString()));
    socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message));
    socket.on('close', () => resolve('closed'));
  });
  return { answer, socket, session };
}

/** What the client sees, and what the listener's log says when it refuses. */
async function checkRefused(
  options: ConnectionOptions,
  expected: string,
  refusal: string,
): Promise<void> {
  refusals.length = 0;
  const decided = Promise.race([once(server, 'tlsClientError'), once(server, 'secureConnection')]);
  const { answer, socket } = await dial(options);
  socket.destroy();
  await decided;
  assert.deepEqual([answer, ...refusals], [expected, refusal]);
}

async function check(options: ConnectionOptions, expected: RegExp): Promise<void> {
  const { answer, socket } = await dial(options);
  socket.destroy();
  assert.match(answer, expected);
}

function portOf(of: Server): number {
  return (of.address() as AddressInfo).port; // listening on TCP, so never a string or null
}

test('listenerOptions() speaks TLS 1.3 with a verified client', async () => {
  const { answer, socket } = await dial();
  assert.equal(answer, 'test-producer');
  assert.equal(socket.getProtocol(), 'TLSv1.3');
  assert.equal(socket.alpnProtocol, 'h2');
  socket.destroy();
});

test('listenerOptions() refuses TLS 1.2', () =>
  checkRefused(
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
  ));

test('listenerOptions() refuses a client without a certificate', () =>
  checkRefused(
    { cert: undefined, key: undefined },
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
  ));

test('listenerOptions() refuses a certificate of another authority', async () => {
  const { otherClient } = await testCertificates();
  const options = { cert: otherClient.certPem, key: otherClient.keyPem };
  await checkRefused(options, 'closed', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('listenerOptions() refuses an authority that the client brings along', async () => {
  const { otherCa, otherClient } = await testCertificates();
  const chain = otherClient.certPem + otherCa.certPem;
  const options = { cert: chain, key: otherClient.keyPem };
  await checkRefused(options, 'closed', 'SELF_SIGNED_CERT_IN_CHAIN');
});

test('listenerOptions() refuses an authority that only shares the name', async () => {
  const twin = await createAuthority({ commonName: 'test authority', daysValid: 1 });
  const pair = await issue({ ca: twin, commonName: 'x', usage: 'client', daysValid: 1 });
  const options = { cert: pair.certPem, key: pair.keyPem };
  await checkRefused(options, 'closed', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('listenerOptions() refuses an expired client certificate', async () => {
  const { ca } = await testCertificates();
  const wallMs = Date.now() - 30 * dayMs;
  const old = await issue({ ca, commonName: 'old', usage: 'client', daysValid: 1, wallMs });
  await checkRefused({ cert: old.certPem, key: old.keyPem }, 'closed', 'CERT_HAS_EXPIRED');
});

test('listenerOptions() refuses a server certificate shown by a client', async () => {
  const { server: pair } = await testCertificates();
  await checkRefused({ cert: pair.certPem, key: pair.keyPem }, 'closed', 'INVALID_PURPOSE');
});

test('listenerOptions() refuses a client that offers other protocols only', () =>
  checkRefused(
    { ALPNProtocols: ['http/1.1'] },
    'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    'ERR_SSL_NO_APPLICATION_PROTOCOL',
  ));

test('peerIdentity() knows the client of a resumed session', async () => {
  const first = await dial();
  const session = await first.session;
  first.socket.destroy();
  const second = await dial({ session });
  assert.equal(second.socket.isSessionReused(), true);
  assert.equal(second.answer, 'test-producer');
  second.socket.destroy();
});

test('listenerContext() leaves live connections alone and forgets sessions of the old authority', async () => {
  const { caPem, server: pair, otherCaPem, otherServer, otherClient } = await testCertificates();
  const alive = await dial();
  const session = await alive.session;
  server.setSecureContext(listenerContext(material(otherCaPem, otherServer)));
  try {
    const resumed = await dial({ session, ca: otherCaPem });
    assert.notEqual(resumed.answer, 'test-producer');
    const fresh = await dial({
      ca: otherCaPem,
      cert: otherClient.certPem,
      key: otherClient.keyPem,
    });
    assert.equal(fresh.answer, 'test-producer');
    assert.equal(alive.socket.destroyed, false);
    for (const { socket } of [alive, resumed, fresh]) socket.destroy();
  } finally {
    server.setSecureContext(listenerContext(material(caPem, pair)));
  }
});

test('listenerContext() with the same ticket keys lets another listener resume the session', async () => {
  const { caPem, server: pair } = await testCertificates();
  const ticketKeys = Buffer.alloc(48, 7);
  const listeners = [1, 2].map(() =>
    createServer(listenerOptions(material(caPem, pair), ['h2'], ticketKeys), (socket) => {
      socket.on('error', () => {});
      socket.write('hello');
    }),
  );
  for (const listener of listeners) {
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
  }
  const first = await dial({}, portOf(listeners[0]!));
  const session = await first.session;
  const second = await dial({ session }, portOf(listeners[1]!));
  assert.equal(second.socket.isSessionReused(), true);
  for (const { socket } of [first, second]) socket.destroy();
  for (const listener of listeners) listener.close();
});

test('createClientContext() verifies the name of the server, an address too', async () => {
  const { caPem, client } = await testCertificates();
  const context = (serverName: string | undefined) =>
    createClientContext({ serverName, versionMin: 'TLSv1.3' }, material(caPem, client));
  await check(context(undefined).connectionOptions('127.0.0.1', ['h2']), /^test-producer$/);
  await check(context('localhost').connectionOptions('127.0.0.1', ['h2']), /^test-producer$/);
  await check(context('other.example').connectionOptions('127.0.0.1', ['h2']), /ALTNAME_INVALID/);
  await check(context('127.0.0.2').connectionOptions('127.0.0.1', ['h2']), /ALTNAME_INVALID/);
});

test('createClientContext() refuses a server of another authority, and of none', async () => {
  const { otherCaPem, client } = await testCertificates();
  const tls = { serverName: undefined, versionMin: 'TLSv1.3' } as const;
  const strange = createClientContext(tls, material(otherCaPem, client));
  await check(
    strange.connectionOptions('127.0.0.1', ['h2']),
    /UNABLE_TO_VERIFY|SELF_SIGNED|ISSUER/,
  );
  const bundled = createClientContext(tls, material(undefined, undefined));
  await check(
    bundled.connectionOptions('127.0.0.1', ['h2']),
    /UNABLE_TO_VERIFY|SELF_SIGNED|ISSUER/,
  );
});

test('createClientContext() speaks TLS 1.2 only when told to', async () => {
  const { caPem, server: pair, client } = await testCertificates();
  const old = createServer({ ...pairOptions(pair), maxVersion: 'TLSv1.2' }, (socket) => {
    socket.on('error', () => {});
    socket.write('old');
  });
  old.on('tlsClientError', () => {});
  old.listen(0, '127.0.0.1');
  await once(old, 'listening');
  const answers: string[] = [];
  for (const versionMin of ['TLSv1.2', 'TLSv1.3'] as const) {
    const tls = createClientContext({ serverName: undefined, versionMin }, material(caPem, client));
    const { answer, socket } = await dial(tls.connectionOptions('127.0.0.1', []), portOf(old));
    answers.push(answer);
    socket.destroy();
  }
  old.close();
  assert.equal(answers[0], 'old');
  assert.match(answers[1]!, /PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
});

function pairOptions(pair: PemPair) {
  return { cert: pair.certPem, key: pair.keyPem };
}
