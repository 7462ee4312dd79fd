// Scenario: frames and header blocks that come in pieces, slowly, or not to their end.
// Guarantees: what we have to keep until it is whole has 10 s, counted from its first byte and only
// while we read; DATA, which is handed on as it comes, is not under this rule.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Setting } from '../../src/http2/frame-format.ts';
import { KiB } from '../../src/limits.ts';
import { answerLines, Http2Rig, postBlock } from '../support/http2-rig.ts';
import {
  frame as anyFrame,
  continuationFrame,
  dataFrame,
  headersFrame,
  pingFrame,
  settingsFrame,
} from '../support/raw-frames.ts';
import { ScriptedLanding } from '../support/scripted-landing.ts';
import { checkCalm, checkFine, repeat } from './limit-checks.ts';

test('a header block that was begun before we stopped to read has its 10 s after it', () => {
  const pool = new ScriptedLanding(64 * KiB);
  const rig = new Http2Rig({ landing: pool });
  const streamId = rig.takeStreamId();
  rig.send(
    headersFrame(streamId, postBlock.subarray(0, 4), { endHeaders: false, endStream: true }),
  );
  rig.clock.advance(5_000);
  pool.roomBytes = 0;
  rig.send(continuationFrame(streamId, postBlock.subarray(4, 8), false));
  assert.equal(rig.socket.isPaused, true);
  rig.clock.advance(100_000);
  assert.deepEqual(rig.abuse, {});
  assert.equal(rig.readPauseMs, 0, 'it goes on');
  pool.give(64 * KiB);
  assert.equal(rig.socket.isPaused, false);
  assert.equal(rig.readPauseMs, 100_000);
  rig.clock.advance(4_999);
  rig.send(continuationFrame(streamId, postBlock.subarray(8)));
  assert.deepEqual(rig.read(), answerLines(streamId));
});

test('a frame that has begun, other than DATA, is complete within 10 s or the connection fails', () => {
  const cut: readonly ((streamId: number) => Buffer)[] = [
    (streamId) => headersFrame(streamId, postBlock, { endStream: true }),
    () => pingFrame(),
    () => settingsFrame([[Setting.InitialWindowSize, 1_000]]),
    () => anyFrame(0xff, 0, 0, Buffer.alloc(16_384)),
  ];
  for (const frameOf of cut) {
    for (const sentBytes of [4, 9, 10]) {
      const slow = new Http2Rig();
      const whole = frameOf(slow.takeStreamId());
      slow.send(whole.subarray(0, sentBytes));
      slow.clock.advance(9_999);
      slow.send(whole.subarray(sentBytes));
      slow.clock.advance(300_000);
      checkFine(slow);

      const rig = new Http2Rig();
      const frame = frameOf(rig.takeStreamId());
      for (let at = 0; at < sentBytes; at += 1) rig.send(frame.subarray(at, at + 1));
      rig.clock.advance(9_999);
      rig.send(frame.subarray(sentBytes, sentBytes + 1)); // is no help
      assert.deepEqual(rig.abuse, {});
      rig.clock.advance(1);
      checkCalm(rig, 'ContinuationFlood');
    }
  }
});

test('chunks that all end inside of frames are fine as long as the frames end', () => {
  const rig = new Http2Rig();
  const wire = Buffer.concat(repeat(100, () => pingFrame()));
  const chunkSizeBytes = pingFrame().length;
  for (let at = 10; at < wire.length - chunkSizeBytes; at += chunkSizeBytes) {
    rig.send(wire.subarray(at === 10 ? 0 : at, at + chunkSizeBytes));
    rig.clock.advance(9_000);
    assert.equal(rig.read().length, 1);
  }
  assert.deepEqual(rig.abuse, {});
});

test('a header block has its 10 s from its first byte, also when its first frame drips in', () => {
  const rig = new Http2Rig();
  const streamId = rig.takeStreamId();
  const frame = headersFrame(streamId, postBlock.subarray(0, 4), { endHeaders: false });
  rig.send(frame.subarray(0, 10));
  rig.clock.advance(6_000);
  rig.send(frame.subarray(10));
  rig.clock.advance(3_000);
  const rest = continuationFrame(streamId, postBlock.subarray(4, 8), false);
  rig.send(rest.subarray(0, 10));
  rig.send(rest.subarray(10));
  rig.clock.advance(999);
  assert.deepEqual(rig.abuse, {});
  rig.clock.advance(1);
  checkCalm(rig, 'ContinuationFlood');
});

test('DATA that drips in, and the first bytes of a frame of no type yet, have time', () => {
  const rig = new Http2Rig({ answers: false });
  const frame = dataFrame(rig.open(), new Uint8Array(100), { endStream: true });
  for (const byte of frame) {
    rig.send(Buffer.from([byte]));
    rig.clock.advance(11_000);
  }
  assert.deepEqual([rig.handlers[0]?.isEnded, rig.abuse], [true, {}]);
  const ping = pingFrame();
  for (const [from, to] of [
    [0, 10],
    [10, 17],
    [0, 3],
  ] as const)
    rig.send(ping.subarray(from, to));
  rig.clock.advance(300_000);
  assert.deepEqual(rig.abuse, {});
});

test('time in which we do not read is counted, also of a connection that ends so', () => {
  const pool = new ScriptedLanding(64 * KiB);
  const rig = new Http2Rig({ landing: pool });
  pool.roomBytes = 0;
  rig.open();
  assert.equal(rig.socket.isPaused, true);
  rig.clock.advance(3_000);
  rig.close();
  rig.close();
  assert.equal(rig.readPauseMs, 3_000);
});

test('time in which we do not read is not held against a frame that has begun', () => {
  const pool = new ScriptedLanding(64 * KiB);
  const rig = new Http2Rig({ landing: pool });
  const frame = headersFrame(rig.takeStreamId(), postBlock, { endStream: true });
  rig.send(frame.subarray(0, 12));
  rig.clock.advance(5_000);
  pool.roomBytes = 0;
  rig.send(frame.subarray(12, 13));
  assert.equal(rig.socket.isPaused, true);
  rig.clock.advance(100_000);
  pool.give(64 * KiB);
  rig.clock.advance(4_999);
  assert.deepEqual(rig.abuse, {});
  rig.send(frame.subarray(13));
  assert.deepEqual(rig.read(), answerLines(1));
  assert.deepEqual(rig.abuse, {});
});
