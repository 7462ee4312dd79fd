import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { closeOf, firstBytes, SecurePort } from '../../test/support/secure-port.ts';
import { ConnectionGate, type GateExits } from './connection-gate.ts';

class SeenGate extends ConnectionGate<Socket> {
  readonly sockets: Socket[] = [];

  override arrived(socket: Socket, exits: GateExits<Socket>, nowMs: number): void {
    this.sockets.push(socket);
    super.arrived(socket, exits, nowMs);
  }
}

function gateOf(placesMax: number, handshakesMax = 64, slowHandshakesMax = 0): SeenGate {
  return new SeenGate({ placesMax, handshakesMax, slowHandshakesMax, parkedMax: 1_024 });
}

async function open(context: TestContext, gate: SeenGate): Promise<SecurePort> {
  const port = await SecurePort.start({ gate });
  context.after(() => port.stop());
  return port;
}

/** A peer that begins a handshake and says no more; resolves when its beginning was read. */
async function drip(port: SecurePort, { sockets }: SeenGate): Promise<Socket> {
  const count = sockets.length;
  const peer = await port.dialTcp();
  peer.write(Buffer.from([22, 3, 1])); // the start of a record
  while ((sockets[count]?.bytesRead ?? 0) === 0) await new Promise(setImmediate);
  return peer;
}

test('Handshake ends a silent peer after one second when others wait', async (context) => {
  const port = await open(context, gateOf(9, 1));
  const silent = await port.dialTcp();
  while (port.gate.placedCount === 0) await new Promise(setImmediate);
  const parked = port.reported('parked');
  const other = port.dial();
  await parked;
  port.clock.advance(999);
  assert.deepEqual(port.events, ['parked']);
  const failed = port.reported('failed ERR_TLS_HANDSHAKE_TIMEOUT 127.0.0.1');
  port.clock.advance(1);
  await failed;
  assert.equal(await firstBytes(other), 'hello');
  await closeOf(silent);
  assert.deepEqual(port.events, [
    'parked',
    'timeout',
    'failed ERR_TLS_HANDSHAKE_TIMEOUT 127.0.0.1',
    'unparked',
    'secured 127.0.0.1 h2',
  ]);
});

test('Handshake ends a peer that drips after two seconds when others wait', async (context) => {
  const gate = gateOf(9, 1);
  const port = await open(context, gate);
  await drip(port, gate);
  const parked = port.reported('parked');
  const other = port.dial();
  await parked;
  port.clock.advance(1_999);
  assert.deepEqual(port.events, ['parked']);
  port.clock.advance(1);
  assert.equal(await firstBytes(other), 'hello');
  assert.deepEqual(port.events.slice(1), [
    'timeout',
    'failed ERR_TLS_HANDSHAKE_TIMEOUT 127.0.0.1',
    'unparked',
    'secured 127.0.0.1 h2',
  ]);
});

test('Handshake makes way at once for who comes, in place of the oldest that has had its time', async (context) => {
  const gate = gateOf(9, 3);
  const port = await open(context, gate);
  const oldest = await drip(port, gate);
  port.clock.advance(500);
  const old = await drip(port, gate);
  port.clock.advance(2_000);
  const young = await drip(port, gate);
  assert.equal(await firstBytes(port.dial()), 'hello');
  await closeOf(oldest);
  assert.deepEqual([old.destroyed, young.destroyed], [false, false]);
  assert.deepEqual(port.events, [
    'timeout',
    'failed ERR_TLS_HANDSHAKE_TIMEOUT 127.0.0.1',
    'secured 127.0.0.1 h2',
  ]);
});

test('Handshake has one second, whatever its peer sends, while a crowd waits', async (context) => {
  const gate = gateOf(9, 1);
  const port = await open(context, gate);
  await drip(port, gate);
  while (gate.parkedCount < 65) {
    const parked = port.reported('parked');
    await port.dialTcp();
    await parked;
  }
  port.clock.advance(999);
  assert.equal(gate.parkedCount, 65);
  port.clock.advance(1);
  assert.equal(gate.parkedCount, 64);
});

test('Handshake has ten seconds when nobody waits', async (context) => {
  const gate = gateOf(9);
  const port = await open(context, gate);
  const peer = await drip(port, gate);
  const closed = closeOf(peer);
  port.clock.advance(9_999);
  assert.deepEqual(port.events, []);
  port.clock.advance(1);
  await closed;
  assert.deepEqual(port.events, ['timeout', 'failed ERR_TLS_HANDSHAKE_TIMEOUT 127.0.0.1']);
  assert.equal(port.clock.pendingCount, 0);
});

test('Handshake lets others by after its time while there are places, and may still end well', async (context) => {
  const gate = gateOf(3, 1, 2);
  const port = await open(context, gate);
  const silent = await port.dialTcp();
  while (gate.placedCount === 0) await new Promise(setImmediate);
  const parked = port.reported('parked');
  const other = port.dial();
  await parked;
  port.clock.advance(1_000);
  assert.equal(await firstBytes(other), 'hello');
  assert.deepEqual(port.events, ['parked', 'unparked', 'secured 127.0.0.1 h2']);
  port.clock.advance(8_999);
  assert.equal(silent.destroyed, false);
  const failed = port.reported('failed ERR_TLS_HANDSHAKE_TIMEOUT 127.0.0.1');
  port.clock.advance(1);
  await failed;
  await closeOf(silent);
});

test('Handshake that let others by is over when all places are taken and others wait', async (context) => {
  const gate = gateOf(2, 1, 2);
  const port = await open(context, gate);
  const silent = await port.dialTcp();
  while (gate.placedCount === 0) await new Promise(setImmediate);
  const second = port.dial();
  while (gate.parkedCount === 0) await new Promise(setImmediate);
  port.clock.advance(1_000);
  assert.equal(await firstBytes(second), 'hello');
  const third = port.dial();
  while (gate.parkedCount === 0) await new Promise(setImmediate);
  port.clock.advance(1_000);
  assert.equal(await firstBytes(third), 'hello');
  await closeOf(silent);
});
