// Scenario: memory.max_connections is 3, and three producers that have sent hold all places,
// without a request under way. A fourth one comes.
// Guarantees: the fourth is served within seconds, whichever protocol the others speak; the one
// that has been idle longest is told to go (GOAWAY, or the end of an HTTP/1.1 connection), nobody
// else, and one that has a call under way never.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { type TestContext, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { ShardCounter } from '../../src/memory/state-page.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { Http1Client, post, until } from '../support/http1-port.ts';
import { call, ListenerHarness } from '../support/listener-harness.ts';

const body = frameMessage(new Uint8Array(10));

async function start(context: TestContext) {
  const clock = new FakeClock();
  const harness = await ListenerHarness.start({ clock, memory: { connectionsMax: 3 } });
  context.after(async () => {
    const stopped = harness.stop();
    clock.advance(10_000);
    await stopped;
  });
  return { clock, harness };
}

/** A producer over gRPC that has sent once. */
async function producer(harness: ListenerHarness): Promise<ClientHttp2Session> {
  const client = harness.client();
  assert.equal((await call(client, body)).outcome, '0');
  return client;
}

/** The same over HTTP/1.1. */
async function http1Producer(context: TestContext, harness: ListenerHarness) {
  const socket: TLSSocket = connect({
    host: '127.0.0.1',
    port: harness.httpPort,
    ALPNProtocols: ['http/1.1'],
    ...harness.clientTls(),
  });
  context.after(() => socket.destroy());
  const client = new Http1Client(socket);
  client.send(post('/v1/logs', '', 'content-type: application/x-protobuf\r\n'));
  assert.equal((await client.answer())?.status, 200);
  return client;
}

function isParked({ counters }: ListenerHarness): boolean {
  return counters.get(ShardCounter.OpenParkedConnections) === 1;
}

test('PlaceKeeper makes room for a producer where idle HTTP/2 and HTTP/1.1 connections hold all places', async (context) => {
  const { clock, harness } = await start(context);
  const first = await producer(harness);
  clock.advance(1_000);
  const second = await http1Producer(context, harness);
  clock.advance(1_000);
  const third = await producer(harness);
  const goaway = once(first, 'goaway');
  const fourth = producer(harness);
  await until(() => isParked(harness));
  clock.advance(57_000);
  assert.equal(isParked(harness), true, 'nobody has been idle for long');
  clock.advance(2_000);
  await goaway;
  await fourth;
  assert.equal(isParked(harness), false);
  const fifth = producer(harness);
  await until(() => isParked(harness));
  clock.advance(9_000);
  assert.equal(isParked(harness), true, 'it has not waited for long');
  clock.advance(2_000);
  await second.closed();
  await fifth;
  assert.equal((await call(third, body)).outcome, '0', 'was not sent away');
});

test('PlaceKeeper leaves a connection with a call under way its place, and then some time', async (context) => {
  const { clock, harness } = await start(context);
  const busy = await producer(harness);
  for (const other of [await producer(harness), await producer(harness)]) {
    await call(other, body); // by now our SETTINGS are acknowledged, too
  }
  clock.advance(61_000);
  const stalled = call(busy, body.subarray(0, 8), {}, true);
  await until(() => harness.slabs.reservedBytes > 0);
  const fourth = producer(harness);
  await until(() => isParked(harness));
  let isBusySentAway = false;
  busy.once('goaway', () => {
    isBusySentAway = true;
  });
  clock.advance(9_500); // less than stall_timeout
  clock.advance(2_500);
  await fourth;
  assert.equal((await stalled).outcome, '4 PRODUCER_STALLED');
  assert.equal(isBusySentAway, false);
  assert.equal((await call(busy, body)).outcome, '0');
});
