// Scenario: field reports N3, N5, N7 and N9 against engines in processes of their own: a
// connection of thousands of exports; 256 MiB of them at once through a small arena while nobody
// reads the answers; connections that get old or idle just when the next request comes; a storm of
// handshakes.
// Guarantees: no stream and no connection is refused or reset, in any of it; memory stays below
// the limit; who is connected already goes on being served.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { connect, createSecureContext, type SecureContext } from 'node:tls';
import { MiB } from '../../src/limits.ts';
import { exportBlock, okBody, oneRecordMessage, soakFactor } from '../soak/soak-rig.ts';
import { testCertificates } from '../support/certificates.ts';
import { headerBlock } from '../support/raw-frames.ts';
import { RawHttp2Client } from '../support/raw-http2-client.ts';
import { type ConformanceRig, goodMessage, isOk, requestOf, startRig } from './conformance-rig.ts';
import { type Form, OtlpClient } from './otlp-client.ts';

const exporters = () => ({ debug: {} });
const limitMiB = 128; // the smallest that holds messages of 4 MiB

/** Its connections get old and idle in seconds, and it has little memory. */
let rig: ConformanceRig;
/** With the defaults. */
let steady: ConformanceRig;
let secureContext: SecureContext;
before(async () => {
  steady = await startRig({ exporters });
  rig = await startRig({
    exporters,
    grpc: { keepalive: { server_parameters: { max_connection_age: '2s' } } },
    http: { idle_timeout: '1s' },
    // On a busy machine 256 MiB take long; a stream that has to wait for the credit of the
    // connection looks like one that stalls.
    memory: { limit_mib: limitMiB, admission_timeout: '1m', stall_timeout: '1m' },
  });
  const { caPem, client } = await testCertificates();
  secureContext = createSecureContext({
    ...{ ca: caPem, cert: client.certPem, key: client.keyPem },
    minVersion: 'TLSv1.3',
  });
});
after(async () => {
  await rig.close();
  await steady.close();
});

function connectTo({ engine }: ConformanceRig, port = engine.port): Promise<RawHttp2Client> {
  return RawHttp2Client.connect({ port, servername: 'localhost', secureContext });
}

const postBlock = headerBlock([
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/v1/logs'],
  [':authority', 'localhost'],
  ['content-type', 'application/x-protobuf'],
]);

const message = oneRecordMessage(100);

async function exportOn(client: RawHttp2Client, body: Uint8Array = message): Promise<void> {
  const answer = await client.request(exportBlock, body);
  assert.equal(answer.resetCode, undefined);
  assert.ok(answer.body.equals(okBody), answer.headers.toString('latin1'));
}

// At once, because half of them wait for seconds.
describe('connections in use', { concurrency: true }, () => {
  // N3
  test('N3 one connection serves thousands of exports, one after the other', async () => {
    const count = 5_000 * soakFactor;
    const client = await connectTo(steady);
    for (let done = 0; done < count; done += 1) await exportOn(client);
    assert.equal(client.goaway, undefined);
    client.destroy();
  });

  // N3
  test('N3 64 exports of 4 MiB at once on one connection are all taken, while nobody reads', async () => {
    const { port } = rig.engine;
    const socket = connect({
      ...{ host: '127.0.0.1', port, servername: 'localhost', secureContext },
      ALPNProtocols: ['h2'],
    });
    await once(socket, 'secureConnect');
    const client = new RawHttp2Client(socket);
    const large = oneRecordMessage(4 * MiB - 100);
    const exports = Array.from({ length: 64 }, () => exportOn(client, large));
    for (let turn = 0; turn < 5; turn += 1) {
      socket.pause();
      await elapsed(50); // credit and answers wait in the socket
      socket.resume();
      await elapsed(10);
    }
    await Promise.all(exports);
    assert.equal(client.goaway?.errorCode ?? 0, 0);
    client.destroy();
    const { anonymousBytes } = rig.engine.usage();
    assert.ok(anonymousBytes < limitMiB * MiB, `${anonymousBytes} bytes`);
  });

  // N5
  test('N5 a connection that gets old is sent away, and every call on it is answered', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () => connectTo(rig)));
    const begunMs = performance.now();
    await Promise.all(
      clients.map(async (client) => {
        while (client.goaway === undefined) await exportOn(client);
        await client.closed;
        assert.equal(client.goaway.errorCode, 0);
        assert.equal(client.error, undefined, 'not reset');
      }),
    );
    assert.ok(performance.now() - begunMs > 1_700, 'at the age, within 10 %');
  });

  // N7: the idle time is a second here. Real clients, real time: what is tested is a race.
  test('N7 clients that post just when their connection gets idle see no reset', async () => {
    const ports = { grpc: rig.engine.port, http: rig.engine.httpPort };
    let closes = 0;
    const poster = async (form: Form, pauseMs: number) => {
      const client = await OtlpClient.create(ports);
      for (let turn = 0; turn < 4; turn += 1) {
        if (turn > 0) await elapsed(pauseMs);
        const { httpStatus, fields } = await client.exchange(form, requestOf(form, goodMessage));
        assert.equal(httpStatus, 200);
        if (fields.connection === 'close') closes += 1;
      }
      client.close();
    };
    // HTTP/2 by bytes: a library may give back requests that it has not sent when GOAWAY comes.
    const poster2 = async (pauseMs: number) => {
      let client = await connectTo(rig, rig.engine.httpPort);
      for (let turn = 0; turn < 4; turn += 1) {
        if (turn > 0) await elapsed(pauseMs);
        if (client.goaway !== undefined) client = await connectTo(rig, rig.engine.httpPort);
        const { resetCode } = await client.request(postBlock, new Uint8Array(0));
        assert.equal(resetCode, undefined);
      }
      client.destroy();
    };
    const pauses = [900, 980, 990, 995, 1_000, 1_005, 1_010, 1_100];
    await Promise.all([
      ...pauses.map((pauseMs) => poster('HTTP/1.1 JSON', pauseMs)),
      ...pauses.map((pauseMs) => poster('HTTP/1.1 protobuf', pauseMs)),
      ...pauses.map(poster2),
    ]);
    assert.ok(closes > 0, 'old connections are handed over with Connection: close');
  });
});

// N9. src/tls/connection-gate.test.ts has the bound of 64 handshakes at a time.
test('N9 1,000 new connections, 100 at once, are all served, and 20 old ones go on', async () => {
  const old = await Promise.all(Array.from({ length: 20 }, () => connectTo(steady)));
  let isOver = false;
  const going = old.map(async (client) => {
    let count = 0;
    for (; !isOver; count += 1) await exportOn(client);
    client.destroy();
    return count;
  });
  // Not all in one turn: a client that is late with its first bytes is taken for a silent one.
  let started = 0;
  const storm = Array.from({ length: 100 }, async () => {
    while (started++ < 1_000) {
      const client = await connectTo(steady);
      await exportOn(client);
      await client.end();
    }
  });
  await Promise.all(storm);
  isOver = true;
  for (const count of await Promise.all(going)) assert.ok(count >= 5, `${count} exports meanwhile`);
  const reply = await steady.send('gRPC', requestOf('gRPC', goodMessage));
  assert.ok(isOk(reply));
});
