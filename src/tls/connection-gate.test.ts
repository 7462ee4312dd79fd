import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionGate } from './connection-gate.ts';

function gateOf(
  placesMax: number,
  handshakesMax: number,
  parkedMax: number,
  slowHandshakesMax = 0,
) {
  const admitted: string[] = [];
  const refused: string[] = [];
  const hurried: string[] = [];
  /** Handshakes that have had their time. */
  const late = new Set<string>();
  const gate = new ConnectionGate<string>({
    ...{ placesMax, handshakesMax, slowHandshakesMax, parkedMax },
  });
  const exits = {
    admit: (socket: string) => admitted.push(socket),
    hurry(socket: string) {
      hurried.push(socket);
      if (late.has(socket)) gate.handshakeEnded(socket);
      return late.has(socket);
    },
    refuse: (socket: string) => refused.push(socket),
  };
  return { gate, exits, admitted, refused, hurried, late };
}

test('ConnectionGate parks above the places and admits the oldest when one is free', () => {
  const { gate, exits, admitted, refused } = gateOf(2, 9, 2);
  for (const socket of ['a', 'b', 'c', 'd', 'e']) gate.arrived(socket, exits, 0);
  assert.deepEqual(admitted, ['a', 'b']);
  assert.deepEqual(refused, ['e']);
  gate.handshakeEnded('a');
  assert.deepEqual(admitted, ['a', 'b'], 'a finished handshake is still a place taken');
  gate.left('a');
  assert.deepEqual(admitted, ['a', 'b', 'c']);
  gate.left('d'); // while parked
  gate.left('b');
  assert.deepEqual(admitted, ['a', 'b', 'c']);
  assert.equal(gate.parkedCount, 0);
  assert.equal(gate.placedCount, 1);
});

test('ConnectionGate bounds the handshakes under way', () => {
  const { gate, exits, admitted } = gateOf(9, 2, 9);
  for (const socket of ['a', 'b', 'c', 'd']) gate.arrived(socket, exits, 0);
  assert.deepEqual(admitted, ['a', 'b']);
  gate.handshakeEnded('b');
  assert.deepEqual(admitted, ['a', 'b', 'c']);
  gate.left('a'); // failed before it was secure
  assert.deepEqual(admitted, ['a', 'b', 'c', 'd']);
  gate.handshakeEnded('b');
  assert.equal(gate.isHandshaking('c'), true);
  assert.equal(gate.isHandshaking('b'), false);
});

test('ConnectionGate hands out what is parked and admits none of it later', () => {
  const { gate, exits, admitted } = gateOf(1, 1, 9);
  for (const socket of ['a', 'b', 'c']) gate.arrived(socket, exits, 0);
  assert.deepEqual(gate.takeParked(exits), ['b', 'c']);
  gate.left('a');
  assert.deepEqual(admitted, ['a']);
});

test('ConnectionGate counts for all its listeners and starts a socket on its own one', () => {
  const { gate, exits, admitted } = gateOf(2, 9, 3);
  const others: string[] = [];
  const other = {
    admit: (socket: string) => others.push(socket),
    hurry: () => false,
    refuse: () => {},
  };
  gate.arrived('a', exits, 0);
  gate.arrived('B', other, 0);
  for (const socket of ['C', 'D']) gate.arrived(socket, other, 0);
  gate.arrived('e', exits, 0);
  assert.deepEqual([admitted, others], [['a'], ['B']]);
  gate.left('a');
  assert.deepEqual([admitted, others], [['a'], ['B', 'C']], 'the oldest, whoever it belongs to');
  assert.equal(gate.isParked('D'), true);
  assert.deepEqual(gate.takeParked(exits), ['e'], 'the other one keeps what it has parked');
  gate.left('B');
  assert.deepEqual([admitted, others], [['a'], ['B', 'C', 'D']]);
  assert.equal(gate.isParked('D'), false);
});

test('ConnectionGate ends the oldest handshake that has had its time for one that comes', () => {
  const { gate, exits, admitted, hurried, late } = gateOf(9, 3, 9);
  for (const socket of ['a', 'b', 'c', 'd']) gate.arrived(socket, exits, 0);
  assert.equal(gate.isParked('d'), true, 'all have time left');
  late.add('c').add('b');
  hurried.length = 0;
  gate.arrived('e', exits, 0);
  assert.deepEqual(hurried, ['a', 'b'], 'one for one');
  assert.deepEqual(admitted, ['a', 'b', 'c', 'd']);
  assert.equal(gate.isParked('e'), true, 'behind the one that has waited longer');
});

test('lackingPlaceCount is who would start if connections left, and never more than may handshake', () => {
  const { gate, exits } = gateOf(4, 2, 9);
  const arrive = (...sockets: string[]) => {
    for (const socket of sockets) gate.arrived(socket, exits, 0);
  };
  arrive('a', 'b', 'c');
  assert.deepEqual([gate.parkedCount, gate.lackingPlaceCount], [1, 0], 'handshakes are lacking');
  gate.handshakeEnded('a');
  arrive('d');
  gate.handshakeEnded('b');
  assert.deepEqual([gate.placedCount, gate.parkedCount, gate.lackingPlaceCount], [4, 0, 0]);
  arrive('e', 'f', 'g');
  assert.equal(gate.lackingPlaceCount, 0, 'two are at their handshakes');
  gate.handshakeEnded('c');
  assert.equal(gate.lackingPlaceCount, 1);
  gate.handshakeEnded('d');
  assert.equal(gate.lackingPlaceCount, 2);
});

test('letOthersBy() frees the turn of a handshake that takes long, while there are places', () => {
  const { gate, exits, admitted } = gateOf(4, 1, 9, 2);
  for (const socket of ['a', 'b', 'c', 'd', 'e', 'f']) gate.arrived(socket, exits, 0);
  assert.deepEqual(admitted, ['a']);
  assert.equal(gate.letOthersBy('a'), true);
  assert.equal(gate.letOthersBy('a'), false, 'it has');
  assert.deepEqual(admitted, ['a', 'b']);
  assert.equal(gate.letOthersBy('b'), true);
  assert.deepEqual(admitted, ['a', 'b', 'c']);
  assert.equal(gate.letOthersBy('c'), false, 'two are as many as may be slow');
  gate.handshakeEnded('a');
  assert.equal(gate.letOthersBy('c'), true);
  assert.deepEqual(admitted, ['a', 'b', 'c', 'd']);
  assert.equal(gate.isFull, true);
  gate.left('b');
  assert.deepEqual(admitted, ['a', 'b', 'c', 'd'], 'd is at its handshake');
  gate.handshakeEnded('d');
  assert.deepEqual(admitted, ['a', 'b', 'c', 'd', 'e']);
  assert.equal(gate.letOthersBy('e'), false, 'all places are taken');
});

test('parkedForMs() is the age of the oldest that is parked', () => {
  const { gate, exits } = gateOf(1, 1, 9);
  gate.arrived('a', exits, 1_000);
  assert.equal(gate.parkedForMs(9_000), 0);
  gate.arrived('b', exits, 2_000);
  gate.arrived('c', exits, 3_000);
  assert.equal(gate.parkedForMs(9_000), 7_000);
  gate.left('a');
  assert.equal(gate.parkedForMs(9_000), 6_000);
});
