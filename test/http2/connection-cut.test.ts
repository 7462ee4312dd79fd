// Scenario: a connection ends, and its client does not take the last answers, or does not end its
// side, or talks on.
// Guarantees: an answer that is out for a slow client is not lost by our haste; nobody keeps a
// connection that has ended for long; what comes on it costs nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http2Rig } from '../support/http2-rig.ts';
import { dataFrame, pingFrame } from '../support/raw-frames.ts';
import { repeat } from './limit-checks.ts';

test('a client that does not answer is cut after the grace time', () => {
  const rig = new Http2Rig({ answers: false });
  rig.open();
  rig.connection.closeGracefully();
  rig.clock.advance(29_999);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(11);
  assert.equal(rig.socket.isDestroyed, true);
});

test('a client that does not end its side is cut a second after the end of ours', () => {
  const rig = new Http2Rig();
  rig.connection.closeNow();
  rig.read();
  rig.clock.advance(999);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(1);
  assert.equal(rig.socket.isDestroyed, true);
});

test('a client that is slow to take its last answers gets them, and a second to end its side', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.post();
  rig.socket.drains = false;
  rig.handler(streamId).answer(new Uint8Array(10_000));
  rig.read();
  rig.handler(rig.post()).answer(new Uint8Array(10_000)); // waits for the first
  rig.connection.closeNow();
  rig.clock.advance(25_000);
  assert.deepEqual([rig.socket.isEnded, rig.socket.isDestroyed], [false, false]);
  rig.socket.drains = true;
  assert.equal(rig.read().at(-1), `GOAWAY ${streamId + 2} NO_ERROR`);
  assert.equal(rig.socket.isEnded, true);
  rig.clock.advance(999);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(1);
  assert.equal(rig.socket.isDestroyed, true);
  rig.close();
  assert.equal(rig.clock.pendingCount, 0);
});

test('a client that never takes its last answers is cut after 30 s, not after its grace time', () => {
  const rig = new Http2Rig({ keepalive: { connectionAgeGraceMs: 300_000 } });
  rig.socket.drains = false;
  rig.post();
  rig.connection.closeNow();
  rig.clock.advance(29_999);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(1);
  assert.deepEqual([rig.socket.isEnded, rig.socket.isDestroyed], [false, true]);
});

test('a client that breaks the rules has one second, whatever it has not read', () => {
  for (const isEnding of [false, true]) {
    const rig = new Http2Rig();
    rig.socket.drains = false;
    rig.post();
    if (isEnding) rig.connection.closeNow();
    rig.clock.advance(20_000);
    rig.send(dataFrame(0, new Uint8Array(1)));
    rig.clock.advance(999);
    assert.equal(rig.socket.isDestroyed, false);
    rig.clock.advance(1);
    assert.equal(rig.socket.isDestroyed, true);
    rig.close();
    assert.equal(rig.clock.pendingCount, 0);
  }
});

test('what comes after the end of our side is read and thrown away', () => {
  const rig = new Http2Rig();
  rig.connection.closeNow();
  rig.read();
  rig.send(...repeat(20_000, () => pingFrame()));
  rig.send(dataFrame(0, new Uint8Array(1)));
  assert.deepEqual([rig.read(), rig.socket.isPaused], [[], false]);
  rig.close();
  assert.equal(rig.clock.pendingCount, 0);
});
