// Scenario: a client is silent, or sends PINGs without end, or does not read what it is sent.
// Guarantees: it gets the time that the table of abuses gives it, to the millisecond, then the end
// that stands there, counted once; PINGs are answered always and punished never; and time in which
// we ourselves did not read is not held against anybody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientPreface, Setting } from '../../src/http2/frame-format.ts';
import { KiB } from '../../src/limits.ts';
import { answerLines, Http2Rig, postBlock, RigHandler } from '../support/http2-rig.ts';
import {
  headersFrame,
  pingFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import { ScriptedLanding } from '../support/scripted-landing.ts';
import { checkCalm, checkFine, checkWorks, repeat } from './limit-checks.ts';

function checkCut(rig: Http2Rig, counter: string): void {
  assert.equal(rig.socket.isDestroyed, true);
  assert.deepEqual(rig.abuse, { [counter]: 1 });
  rig.close();
  assert.equal(rig.clock.pendingCount, 0);
}

test('the preface is due within 10 s', () => {
  const slow = new Http2Rig({ settings: false });
  slow.clock.advance(9_999);
  slow.send(clientPreface, settingsFrame(), settingsAckFrame());
  slow.clock.advance(300_000);
  assert.equal(slow.socket.isDestroyed, false);
  checkFine(slow);
  for (const sent of [[], [clientPreface], [clientPreface, settingsFrame().subarray(0, 5)]]) {
    const rig = new Http2Rig({ settings: false });
    rig.send(...sent);
    rig.clock.advance(9_999);
    assert.equal(rig.socket.isDestroyed, false);
    rig.clock.advance(1);
    checkCut(rig, 'Preface');
  }
});

test('what is no preface, or no SETTINGS after it, is a PROTOCOL_ERROR', () => {
  const wrong = {
    'HTTP/1.1': [Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    'a wrong last byte': [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\r')],
    'PING first': [clientPreface, pingFrame()],
    'a request first': [clientPreface, headersFrame(1, postBlock)],
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    const rig = new Http2Rig({ settings: false });
    rig.send(...bytes);
    assert.deepEqual(rig.abuse, { Preface: 1 }, what);
    checkCalm(rig, 'Preface', 'PROTOCOL_ERROR');
  }
});

test('our SETTINGS are to be acknowledged within 30 s', () => {
  const rig = new Http2Rig({ settings: false });
  rig.send(clientPreface, settingsFrame());
  rig.clock.advance(29_999);
  checkFine(rig);
  rig.clock.advance(1);
  checkCalm(rig, 'SettingsTimeout', 'SETTINGS_TIMEOUT');
});

test('N2 PINGs, one a second without streams, are answered and never punished', () => {
  const rig = new Http2Rig();
  const content = Buffer.from('keepaliv');
  for (let second = 0; second < 1_700; second += 1) {
    rig.clock.advance(1_000);
    rig.send(pingFrame(content));
    assert.deepEqual(rig.read(), [`PING ${content.toString('hex')} ACK`]);
  }
  assert.equal(rig.socket.isPaused, false);
  assert.deepEqual(rig.abuse, {});
});

test('N2 beyond 100 PINGs at once and 100 a second, reading slows down to that rate', () => {
  const rig = new Http2Rig();
  const ours = 1; // SETTINGS
  rig.send(...repeat(ours + 100, () => pingFrame()));
  assert.equal(rig.read().length, 101);
  assert.deepEqual([rig.socket.isPaused, rig.abuse], [false, {}]);
  rig.send(...repeat(1_000, () => pingFrame()));
  assert.equal(rig.socket.isPaused, true);
  let answered = rig.read().length;
  for (let second = 1; second <= 10; second += 1) {
    rig.clock.advance(1_000);
    answered += rig.read().length;
    assert.ok(answered >= 100 * second - 1 && answered <= 100 * second + 2, `${answered}`);
  }
  rig.clock.advance(100);
  assert.equal(answered + rig.read().length, 1_000);
  assert.equal(rig.socket.isPaused, false);
  assert.deepEqual(Object.keys(rig.abuse), ['PingFlood']);
  rig.clock.advance(1_000);
  checkWorks(rig);
  assert.ok(
    rig.frames.every(({ type }) => type !== 7),
    'no GOAWAY',
  );
});

test('a flood of PINGs leaves no timer behind', () => {
  const rig = new Http2Rig();
  rig.send(...repeat(1_000, () => pingFrame()));
  rig.close();
  assert.equal(rig.clock.pendingCount, 0);
});

test('time in which we do not read is not held against the client', () => {
  const pool = new ScriptedLanding(0);
  const rig = new Http2Rig({ settings: false, landing: pool });
  rig.send(clientPreface, settingsFrame());
  rig.clock.advance(1_000_000);
  assert.deepEqual([rig.abuse, rig.socket.isDestroyed], [{}, false]);
  pool.give(64 * KiB);
  rig.clock.advance(29_999);
  assert.deepEqual(rig.abuse, {});
  rig.clock.advance(2);
  checkCalm(rig, 'SettingsTimeout', 'SETTINGS_TIMEOUT');
});

test('without room in the landing pool nothing is read, and all of it afterwards', () => {
  const pool = new ScriptedLanding(64 * KiB);
  const rig = new Http2Rig({ landing: pool });
  pool.roomBytes = 60 * KiB;
  const streamId = rig.post(new Uint8Array(1_000));
  assert.deepEqual([rig.read(), rig.socket.isPaused], [[], true]);
  rig.connection.receive(pingFrame()); // what a paused socket had still to give
  assert.equal(pool.waiting.size, 1);
  pool.give(64 * KiB);
  assert.deepEqual(rig.read(), [...answerLines(streamId), `PING ${'00'.repeat(8)} ACK`]);
  assert.equal(rig.socket.isPaused, false);
  pool.roomBytes = 0;
  rig.post();
  rig.close();
  assert.equal(pool.waiting.size, 0);
});

test('64 KiB of unread answers may wait; with more we stop reading, and close after 30 s', () => {
  const rig = new Http2Rig({ answers: false });
  rig.socket.drains = false;
  const bodies = [16_000, 16_000, 16_000, 16_000, 1_536 - 5 * 100];
  rig.send(windowUpdateFrame(0, 100_000));
  const streamIds = repeat(6, () => rig.post());
  for (const [index, sizeBytes] of bodies.entries())
    rig.handler(streamIds[index]!).answer(new Uint8Array(sizeBytes));
  rig.read();
  assert.equal(rig.socket.isPaused, false);
  rig.clock.advance(100_000);
  assert.deepEqual(rig.abuse, {}, 'who has little to read has time');
  rig.handler(streamIds[5]!).answer(new Uint8Array(1_000));
  rig.read();
  assert.equal(rig.socket.isPaused, true);
  rig.clock.advance(29_999);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(1);
  checkCut(rig, 'SlowReader');
});

test('a client that reads in time is read from again', () => {
  const rig = new Http2Rig({ answers: false });
  rig.socket.drains = false;
  rig.send(windowUpdateFrame(0, 1_000_000));
  for (let round = 0; round < 5; round += 1) {
    const streamIds = repeat(5, () => rig.post());
    for (const id of streamIds) rig.handler(id).answer(new Uint8Array(16_000));
    rig.read();
    assert.equal(rig.socket.isPaused, true);
    rig.clock.advance(29_000);
    rig.socket.drains = true;
    rig.read();
    rig.socket.drains = false;
    assert.equal(rig.socket.isPaused, false);
  }
  assert.deepEqual(rig.abuse, {});
});

test('requests that are answered at once do not make more than 64 KiB of answers wait', () => {
  const answer = new Uint8Array(4_000);
  const handlers: RigHandler[] = [];
  const rig = new Http2Rig({
    accept(stream) {
      const handler = new RigHandler(stream, false);
      handlers.push(handler);
      handler.answer(answer);
      return handler;
    },
  });
  rig.send(windowUpdateFrame(0, 2 ** 30));
  rig.socket.drains = false;
  rig.send(...repeat(500, () => headersFrame(rig.takeStreamId(), postBlock, { endStream: true })));
  rig.read();
  assert.equal(handlers.length, 17); // 16 of them are less than 64 KiB
  assert.equal(rig.socket.isPaused, true);
  rig.socket.drains = true;
  rig.read();
  assert.equal(handlers.length, 500, 'nothing of the chunk is lost');
  assert.equal(rig.socket.isPaused, false);
  assert.deepEqual(rig.abuse, {});
});

test('a client that does not grant the credit for an answer in 30 s is closed', () => {
  const rig = new Http2Rig({ settings: [[Setting.InitialWindowSize, 2]] });
  const streamId = rig.post();
  assert.deepEqual(rig.read(), [`HEADERS ${streamId} :status=200`, `DATA ${streamId} 2`]);
  rig.clock.advance(20_000);
  const other = rig.post();
  assert.deepEqual(rig.read(), [`HEADERS ${other} :status=200`, `DATA ${other} 2`]);
  rig.clock.advance(9_999);
  rig.send(windowUpdateFrame(streamId, 1)); // not all that is missing
  rig.send(windowUpdateFrame(other, 100)); // is no help for the first
  assert.deepEqual(rig.read().slice(0, 1), [`DATA ${streamId} 1`]);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(1);
  checkCut(rig, 'SlowReader');
});

test('each answer has 30 s of its own', () => {
  const rig = new Http2Rig({ settings: [[Setting.InitialWindowSize, 0]] });
  for (let second = 0; second < 100; second += 20) {
    const streamId = rig.post();
    rig.clock.advance(20_000);
    rig.send(windowUpdateFrame(streamId, 5));
  }
  assert.equal(rig.socket.isDestroyed, false);
  assert.deepEqual(rig.abuse, {});
});

test('a client that grants credit late but in time gets its answer', () => {
  const rig = new Http2Rig({ settings: [[Setting.InitialWindowSize, 0]] });
  const streamId = rig.post();
  rig.read();
  for (let byte = 0; byte < 5; byte += 1) {
    rig.clock.advance(5_000);
    rig.send(windowUpdateFrame(streamId, 1));
  }
  assert.deepEqual(rig.read().slice(-2), [
    `DATA ${streamId} 1`,
    `HEADERS ${streamId} grpc-status=0 END`,
  ]);
  rig.clock.advance(100_000);
  assert.equal(rig.socket.isDestroyed, false);
  assert.deepEqual(rig.abuse, {});
});
