import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http2Rig } from '../../test/support/http2-rig.ts';
import { OpenRequests } from './open-requests.ts';

test('OpenRequests are no more than the bound, but whoever has few may always open one', () => {
  const open = new OpenRequests(10);
  for (let count = 0; count < 10; count += 1) assert.equal(open.enter(count), true);
  assert.equal(open.isFull, true);
  assert.equal(open.enter(4), false);
  assert.equal(open.enter(3), true);
  assert.equal(open.count, 11);
});

test('OpenRequests.whenRoom() calls in order, once each, when there is room', async () => {
  const open = new OpenRequests(2);
  for (let count = 0; count < 3; count += 1) open.enter(0);
  const called: string[] = [];
  open.whenRoom(() => called.push('first'));
  const cancelled = open.whenRoom(() => called.push('cancelled'));
  open.whenRoom(() => called.push('last'));
  cancelled.cancel();
  open.leave();
  await new Promise(setImmediate);
  assert.deepEqual(called, []);
  open.leave();
  await new Promise(setImmediate);
  assert.deepEqual(called, ['first']);
  open.leave();
  await new Promise(setImmediate);
  assert.deepEqual(called, ['first', 'last']);
});

test('OpenRequests that are full refuse streams, which is no fault of the client', () => {
  const openRequests = new OpenRequests(300);
  const rigs = Array.from({ length: 3 }, () => new Http2Rig({ openRequests, answers: false }));
  for (const rig of rigs) for (let count = 0; count < 200; count += 1) rig.open();
  const refused = rigs.map((rig) => rig.refusedStreams);
  assert.deepEqual(refused, [0, 100, 196]);
  assert.equal(openRequests.count, 304);
  for (const rig of rigs) assert.deepEqual(rig.abuse, {});
  assert.match(rigs[2]!.read().join(), /RST_STREAM/); // three rigs
  for (const rig of rigs) rig.connection.socketClosed();
  assert.equal(openRequests.count, 0);
});
