// Scenario: a client does what is harmless in small numbers, exactly as often as it may, and then
// once more.
// Guarantees: at the bound nothing happens, beyond it the client gets what the table of abuses
// says, and the counter of that row, and no other, has counted it once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameType, Http2Error, Setting } from '../../src/http2/frame-format.ts';
import { KiB } from '../../src/limits.ts';
import { Http2Rig, postBlock } from '../support/http2-rig.ts';
import {
  continuationFrame,
  dataFrame,
  frame,
  goawayFrame,
  headersFrame,
  pingFrame,
  priorityFrame,
  resetFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import { ScriptedLanding } from '../support/scripted-landing.ts';
import { checkCalm, checkFine, checkWorks, repeat } from './limit-checks.ts';

test('200 young streams may be reset at once, and 20 a second more', () => {
  const rig = new Http2Rig();
  const resetOne = () => rig.send(resetFrame(rig.open(), Http2Error.Cancel));
  repeat(200, resetOne);
  rig.clock.advance(1_000);
  repeat(20, resetOne);
  checkFine(rig);
  resetOne();
  checkCalm(rig, 'RapidReset');
});

test('streams that are a second old, or that we keep waiting, may be reset at will', () => {
  const rig = new Http2Rig({ answers: false });
  for (let round = 0; round < 3; round += 1) {
    const old = repeat(200, () => rig.open());
    rig.clock.advance(1_000);
    rig.send(...old.map((streamId) => resetFrame(streamId, Http2Error.Cancel)));
    const waiting = repeat(200, () => rig.open());
    for (const streamId of waiting) rig.handler(streamId).stream.hold(0);
    rig.send(...waiting.map((streamId) => resetFrame(streamId, Http2Error.Cancel)));
  }
  assert.equal(rig.connection.openStreamCount, 0);
  assert.deepEqual(rig.abuse, {});
  assert.deepEqual(rig.read(), []);
});

test('stream errors count as resets', () => {
  const rig = new Http2Rig();
  const offend = () => {
    const id = rig.takeStreamId();
    rig.send(headersFrame(id, postBlock, { priority: { dependsOn: id } }));
  };
  repeat(200, offend);
  assert.equal(rig.read().length, 200);
  checkWorks(rig);
  offend();
  const { FrameSyntax, ...others } = rig.abuse;
  assert.equal(FrameSyntax, 201);
  assert.deepEqual(others, { RapidReset: 1 });
  assert.match(rig.read().at(-1) ?? '', /^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
});

test('100 SETTINGS may come at once, and one a second more', () => {
  const rig = new Http2Rig();
  repeat(99, () => rig.send(settingsFrame())); // the rig has sent the first
  rig.clock.advance(1_000);
  rig.send(settingsFrame());
  assert.equal(rig.read().filter((line) => line === 'SETTINGS ACK').length, 100);
  checkFine(rig);
  rig.send(settingsFrame());
  checkCalm(rig, 'SettingsFlood');
});

test('100 empty frames may come, and 10 a second more', () => {
  const empty: Readonly<Record<string, (streamId: number) => Buffer[]>> = {
    DATA: () => [dataFrame(1, nothing)],
    'DATA of padding': () => [dataFrame(1, nothing, { padSizeBytes: 0 })],
    HEADERS: (id) => [
      headersFrame(id, nothing, { endHeaders: false }),
      continuationFrame(id, postBlock),
    ],
    CONTINUATION: (id) => [
      headersFrame(id, postBlock.subarray(0, 5), { endHeaders: false }),
      continuationFrame(id, nothing, false),
      continuationFrame(id, postBlock.subarray(5)),
    ],
  };
  for (const [what, make] of Object.entries(empty)) {
    const rig = new Http2Rig();
    rig.open();
    const send = () => rig.send(...make(rig.takeStreamId()));
    repeat(100, send);
    rig.clock.advance(1_000);
    repeat(10, send);
    assert.deepEqual(rig.abuse, {}, what);
    checkFine(rig);
    send();
    checkCalm(rig, 'EmptyFrames');
  }
});

test('frames that move nothing may come 200 times, twice a stream and 20 a second more', () => {
  const kinds = {
    PriorityFlood: () => priorityFrame(99, { dependsOn: 0 }),
    UnknownFrames: () => frame(0xfa, 0, 0, Buffer.from('whatever')),
  };
  for (const [counter, make] of Object.entries(kinds)) {
    const rig = new Http2Rig();
    rig.send(...repeat(200, make));
    rig.clock.advance(1_000);
    rig.send(...repeat(20, make));
    checkFine(rig); // a stream: two more
    rig.send(make(), make());
    checkFine(rig);
    rig.send(make(), make(), make());
    checkCalm(rig, counter);
  }
});

test('acknowledgements, GOAWAY and RST_STREAM that move nothing count as unknown frames', () => {
  const kinds = {
    'SETTINGS ACK': settingsAckFrame(),
    'PING ACK': pingFrame(new Uint8Array(8), true),
    'RST_STREAM of a closed stream': resetFrame(1, Http2Error.Cancel),
    'DATA of a stream that we have closed': dataFrame(3, new Uint8Array(1)),
  };
  for (const [what, bytes] of Object.entries(kinds)) {
    const rig = new Http2Rig();
    rig.post();
    rig.handler(rig.open()).refuse();
    rig.read();
    rig.send(...repeat(204, () => bytes));
    assert.deepEqual(
      rig.read().filter((line) => !line.startsWith('WINDOW')),
      [],
      what,
    );
    assert.deepEqual(rig.abuse, {}, what);
    rig.send(bytes);
    checkCalm(rig, 'UnknownFrames');
  }
});

test('a stream that is said to be the last of all does not raise any bound', () => {
  const rig = new Http2Rig();
  rig.send(headersFrame(2 ** 31 - 1, postBlock, { endStream: true }));
  rig.read();
  rig.send(...repeat(202, () => priorityFrame(1, { dependsOn: 0 })));
  assert.deepEqual(rig.read(), []);
  rig.send(priorityFrame(1, { dependsOn: 0 }));
  checkCalm(rig, 'PriorityFlood');
});

test('10 WINDOW_UPDATE a frame of ours and 1,000 may come, and 100 a second more', () => {
  const rig = new Http2Rig();
  const ours = 1; // SETTINGS; acknowledgements do not count
  rig.send(...repeat(10 * ours + 1_000, () => windowUpdateFrame(0, 1)));
  rig.clock.advance(1_000);
  rig.send(...repeat(100, () => windowUpdateFrame(0, 1)));
  checkFine(rig); // three frames of ours
  rig.send(...repeat(30, () => windowUpdateFrame(0, 1)));
  checkFine(rig);
  rig.send(...repeat(31, () => windowUpdateFrame(0, 1)));
  checkCalm(rig, 'WindowUpdateFlood');
});

test('256 streams may be open, one more is refused and can be tried again', () => {
  const rig = new Http2Rig({ answers: false });
  const open = repeat(256, () => rig.open());
  assert.deepEqual(rig.abuse, {});
  const refused = rig.post(new Uint8Array(1_000), new Uint8Array(1_000));
  assert.deepEqual(rig.read(), [`RST_STREAM ${refused} REFUSED_STREAM`]);
  assert.deepEqual(rig.abuse, { ConcurrentStreams: 1 });
  rig.handler(open[7]!).answer(); // there are 256
  rig.open();
  assert.equal(rig.connection.openStreamCount, 256);
  assert.deepEqual(rig.abuse, { ConcurrentStreams: 1 });
});

test('1,000 streams may be refused within a moment, then the connection ends', () => {
  const rig = new Http2Rig({ answers: false, concurrentStreamsMax: 1 });
  rig.open();
  repeat(1_000, () => rig.open());
  assert.equal(rig.read().length, 1_000);
  rig.clock.advance(1_000);
  repeat(100, () => rig.open());
  rig.handler(1).answer();
  assert.equal(rig.connection.openStreamCount, 0);
  rig.open();
  rig.read();
  rig.open();
  const { ConcurrentStreams, ...others } = rig.abuse;
  assert.equal(ConcurrentStreams, 1_101);
  assert.deepEqual(others, { RefusedStreamFlood: 1 });
  assert.match(rig.read().at(-1) ?? '', /^GOAWAY \d+ ENHANCE_YOUR_CALM$/);
});

test('GOAWAY may come again while streams are open', () => {
  const rig = new Http2Rig({ answers: false });
  rig.open();
  rig.send(...repeat(202, () => goawayFrame(0, Http2Error.NoError)));
  assert.deepEqual(rig.read(), []);
  rig.send(goawayFrame(0, Http2Error.NoError));
  checkCalm(rig, 'UnknownFrames');
});

test('the client may ask for no table and gets answers without one', () => {
  const rig = new Http2Rig({ settings: [[Setting.HeaderTableSize, 0]] });
  const streamId = rig.post();
  const blocks = rig.readFrames().filter(({ type }) => type === FrameType.Headers);
  assert.deepEqual(
    blocks.map(({ payload }) => payload[0] === 0x20),
    [true, false],
    'the first block, and only the first, says that the table has no bytes',
  );
  assert.equal(rig.handler(streamId).closedCount, 1);
});

const nothing = new Uint8Array(0);

test('one connection may hold half of the landing pool, and what is more it must let go', () => {
  const rig = new Http2Rig({ answers: false, landing: new ScriptedLanding(512 * KiB) });
  const id = rig.open();
  const { stream } = rig.handler(id);
  assert.equal(stream.hold(256 * KiB + 65_535), true, 'beside what the protocol gives');
  assert.equal(stream.hold(1), false);
  stream.expect(0);
  assert.equal(stream.hold(1), true);
});
