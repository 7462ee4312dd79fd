import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import {
  closeOf,
  firstBytes,
  material,
  readToEnd,
  SecurePort,
  type SecurePortOptions,
} from '../../test/support/secure-port.ts';
import { issue } from './certificate-authority.ts';
import { ConnectionGate } from './connection-gate.ts';
import { listenerContext } from './server-context.ts';
import { endUnknownProtocol } from './unknown-protocol.ts';

async function open(context: TestContext, options: SecurePortOptions = {}): Promise<SecurePort> {
  const port = await SecurePort.start(options);
  context.after(() => port.stop());
  return port;
}

function gateOf(placesMax: number, handshakesMax = 64, parkedMax = 1_024): ConnectionGate<Socket> {
  return new ConnectionGate<Socket>({
    ...{ placesMax, handshakesMax, slowHandshakesMax: 0, parkedMax },
  });
}

/** What the listener reports of a client that it does not let in. */
async function checkRefused(
  context: TestContext,
  options: ConnectionOptions,
  reason: string,
): Promise<void> {
  const port = await open(context);
  const reported = port.reported(`failed ${reason} 127.0.0.1`);
  port.dial(options);
  await reported;
  assert.deepEqual(port.events, [`failed ${reason} 127.0.0.1`], 'once, and nobody is secured');
  assert.equal(await firstBytes(port.dial()), 'hello', 'others still come in');
}

test('SecureListener hands over a verified connection with its address and protocol', async (context) => {
  const port = await open(context, { alpnProtocols: ['h2', 'http/1.1'] });
  assert.equal(await firstBytes(port.dial()), 'hello');
  assert.equal(await firstBytes(port.dial({ ALPNProtocols: ['http/1.1'] })), 'hello');
  assert.deepEqual(port.events, ['secured 127.0.0.1 h2', 'secured 127.0.0.1 http/1.1']);
  assert.equal(port.listener.connectionCount, 2);
});

test('SecureListener refuses a client without a certificate', (context) =>
  checkRefused(
    context,
    { cert: undefined, key: undefined },
    'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE',
  ));

test('SecureListener refuses a certificate of another authority, with reason and address', async (context) => {
  const { certificates } = await open(context);
  const { certPem: cert, keyPem: key } = certificates.otherClient;
  await checkRefused(context, { cert, key }, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE');
});

test('SecureListener refuses an expired certificate', async (context) => {
  const { ca } = (await open(context)).certificates;
  const wallMs = Date.now() - 30 * 86_400_000;
  const old = await issue({ ca, commonName: 'old', usage: 'client', daysValid: 1, wallMs });
  await checkRefused(context, { cert: old.certPem, key: old.keyPem }, 'CERT_HAS_EXPIRED');
});

test('SecureListener refuses TLS 1.2', (context) =>
  checkRefused(
    context,
    { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    'ERR_SSL_UNSUPPORTED_PROTOCOL',
  ));

test('SecureListener refuses a client that offers other protocols only', (context) =>
  checkRefused(context, { ALPNProtocols: ['http/1.1'] }, 'ERR_SSL_NO_APPLICATION_PROTOCOL'));

test('SecureListener refuses what is no TLS', async (context) => {
  const port = await open(context);
  const reported = port.reported('failed ERR_SSL_HTTP_REQUEST 127.0.0.1');
  (await port.dialTcp()).write('GET / HTTP/1.1\r\n\r\n');
  await reported;
});

for (const wideSocketsMax of [0, 1]) {
  const kind = wideSocketsMax === 0 ? 'narrow' : 'wide';

  test(`SecureListener reports a peer that leaves during the handshake (${kind})`, async (context) => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      for (const said of ['', '\x16\x03\x01']) {
        const port = await open(context, { wideSocketsMax });
        const reported = port.reported('failed ECONNRESET 127.0.0.1');
        const peer = await port.dialTcp();
        while (port.listener.connectionCount === 0) await new Promise(setImmediate);
        if (said !== '') peer.write(Buffer.from(said, 'latin1'));
        for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
        peer[leave]();
        await reported;
        while (port.listener.connectionCount > 0) await new Promise(setImmediate);
        assert.deepEqual(port.events, ['failed ECONNRESET 127.0.0.1']);
        assert.deepEqual([port.gate.placedCount, port.clock.pendingCount], [0, 0]);
      }
    }
  });

  test(`SecureListener reads what a client sends, in order (${kind})`, async (context) => {
    const sent = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 251));
    const received = Promise.withResolvers<Buffer>();
    const port = await open(context, {
      wideSocketsMax,
      secured: (socket) => {
        const chunks: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => chunks.push(chunk));
        socket.on('end', () => received.resolve(Buffer.concat(chunks)));
      },
    });
    port.dial().end(sent);
    assert.ok((await received.promise).equals(sent));
  });
}

test('endUnknownProtocol() tells a client without ALPN what the port speaks', async (context) => {
  const port = await open(context, {
    secured: (socket) => {
      assert.equal(socket.alpnProtocol, false);
      endUnknownProtocol(socket, port.clock, 'This port speaks HTTP/2.');
    },
  });
  const client = port.dial({ ALPNProtocols: [] });
  client.write('POST /v1/logs HTTP/1.1\r\nhost: a\r\n\r\n');
  const text = await readToEnd(client);
  assert.match(
    text,
    /^HTTP\/1\.1 505 .*\r\nconnection: close\r\n.*\r\n\r\nThis port speaks HTTP\/2\.\n$/s,
  );
});

test('endUnknownProtocol() does not wait for a client that stays', async (context) => {
  let served: TLSSocket | undefined;
  const port = await open(context, {
    secured: (socket) => {
      served = socket;
      endUnknownProtocol(socket, port.clock, 'This port speaks HTTP/2.');
    },
  });
  const client = port.dial({ ALPNProtocols: [], allowHalfOpen: true });
  await firstBytes(client);
  assert.equal(served?.destroyed, false);
  port.clock.advance(1_000);
  assert.equal(served?.destroyed, true);
});

test('SecureListener parks above the places, unread, and starts the oldest on its own port', async (context) => {
  const gate = gateOf(1);
  const one = await open(context, { gate });
  const two = await open(context, { gate });
  const first = one.dial();
  assert.equal(await firstBytes(first), 'hello');
  const parked = two.reported('parked');
  const second = two.dial();
  await parked;
  const third = one.dial();
  await one.reported('parked');
  assert.deepEqual([one.parkedCount, two.parkedCount, gate.parkedCount], [1, 1, 2]);
  assert.equal(two.listener.connectionCount, 0, 'the place of the other port counts');
  first.destroy();
  assert.equal(await firstBytes(second), 'hello');
  assert.equal(two.parkedCount, 0);
  assert.equal(one.parkedCount, 1, 'it came later');
  second.destroy();
  assert.equal(await firstBytes(third), 'hello');
  assert.equal(one.parkedCount, 0);
});

test('SecureListener closes what the park cannot hold', async (context) => {
  const port = await open(context, { gate: gateOf(1, 64, 1) });
  await firstBytes(port.dial());
  const parked = port.reported('parked');
  port.dial();
  await parked;
  const refused = port.reported('refused 127.0.0.1');
  assert.equal(await firstBytes(port.dial()), 'closed');
  await refused;
});

test('SecureListener.close() ends what is not verified yet and leaves the others alone', async (context) => {
  const port = await open(context, { gate: gateOf(2, 1) });
  const served = port.dial();
  await firstBytes(served);
  const handshaking = await port.dialTcp();
  const parked = port.reported('parked');
  const waiting = port.dial();
  await parked;
  port.events.length = 0;
  port.listener.close();
  await Promise.all([closeOf(handshaking), closeOf(waiting)]);
  assert.deepEqual(port.events, ['unparked'], 'nobody failed');
  assert.equal(served.destroyed, false);
  assert.equal(await firstBytes(port.dial()), 'closed');
  served.end();
  await port.listener.ended();
  assert.equal(port.gate.placedCount, 0);
  assert.equal(port.clock.pendingCount, 0);
});

test('SecureListener.setSecureContext() is for those who come after it', async (context) => {
  const port = await open(context);
  const { otherCaPem, otherServer, otherClient } = port.certificates;
  const before = port.dial();
  await firstBytes(before);
  port.listener.setSecureContext(listenerContext(material(otherCaPem, otherServer)));
  const { certPem: cert, keyPem: key } = otherClient;
  assert.equal(await firstBytes(port.dial({ ca: otherCaPem, cert, key })), 'hello');
  assert.equal(await firstBytes(port.dial({ ca: otherCaPem })), 'closed');
  assert.equal(before.destroyed, false);
});

test('SecureListener.listen() says which address is not to be had', async () => {
  // An address for documentation, which no host has.
  await assert.rejects(SecurePort.start({ host: '192.0.2.1' }), {
    code: 'PORT_TAKEN',
    message: 'cannot listen on 192.0.2.1:0: EADDRNOTAVAIL',
  });
});
