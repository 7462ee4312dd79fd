// Scenario: a connection is to end, because we drain or it is old, because its client says so, or
// because its stream identifiers are used up.
// Guarantees: what was opened before the client could know is served; what is opened later is
// passed over without harm to the rest; the socket ends when the last answer is out.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http2Error } from '../../src/http2/frame-format.ts';
import { answerLines, Http2Rig, postBlock } from '../support/http2-rig.ts';
import {
  dataFrame,
  goawayFrame,
  headerBlock,
  headersFrame,
  pingFrame,
  resetFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import { indexed, literal } from './hpack-blocks.ts';
import { repeat } from './limit-checks.ts';

const announcement = ['GOAWAY 2147483647 NO_ERROR', `PING ${'00'.repeat(8)}`];
const pingAck = pingFrame(new Uint8Array(8), true);

function checkEnded(rig: Http2Rig): void {
  assert.equal(rig.socket.isEnded, true);
  assert.deepEqual(rig.abuse, {});
  assert.deepEqual(
    rig.handlers.map((handler) => handler.closedCount),
    rig.handlers.map(() => 1),
  );
  rig.close();
  assert.equal(rig.clock.pendingCount, 0);
}

test('closeGracefully() gives the client one round trip, and serves what it opens meanwhile', () => {
  const rig = new Http2Rig({ answers: false });
  const before = rig.open();
  rig.connection.closeGracefully();
  assert.deepEqual(rig.read(), announcement);
  const between = rig.post();
  rig.handler(between).answer();
  assert.deepEqual(rig.read(), answerLines(between));
  rig.send(pingAck);
  assert.deepEqual(rig.read(), [`GOAWAY ${between} NO_ERROR`]);
  assert.equal(rig.socket.isEnded, false);
  rig.send(dataFrame(before, new Uint8Array(10), { endStream: true }));
  rig.handler(before).answer();
  assert.deepEqual(rig.read(), answerLines(before));
  checkEnded(rig);
});

test('streams above the last one are passed over, their bodies and HPACK tables are not', () => {
  const rig = new Http2Rig({ answers: false });
  const last = rig.open();
  rig.connection.closeNow();
  assert.deepEqual(rig.read(), [`GOAWAY ${last} NO_ERROR`]);
  const ignored = repeat(300, () => rig.takeStreamId());
  const block = Buffer.from([...postBlock, ...literal('x-kept', 'value')]);
  for (const streamId of ignored) {
    rig.send(headersFrame(streamId, block), dataFrame(streamId, new Uint8Array(500)));
    rig.send(dataFrame(streamId, new Uint8Array(500), { endStream: true }));
  }
  const said = rig.read();
  assert.deepEqual(
    said.filter((line) => !line.startsWith('WINDOW_UPDATE 0 ')),
    [],
  );
  assert.ok(said.length > 0, 'the credit of what was passed over comes back');
  assert.equal(rig.handlers.length, 1);
  rig.send(headersFrame(last, Buffer.from(indexed(62)), { endStream: true })); // as a trailer
  rig.handler(last).answer();
  assert.deepEqual(rig.read(), answerLines(last));
  checkEnded(rig);
});

test('a connection that fails after GOAWAY does not take its last stream back', () => {
  const rig = new Http2Rig({ answers: false });
  const last = rig.open();
  rig.connection.closeNow();
  rig.open();
  rig.send(dataFrame(0, new Uint8Array(1)));
  assert.deepEqual(rig.read(), [`GOAWAY ${last} NO_ERROR`, `GOAWAY ${last} PROTOCOL_ERROR`]);
});

test('closeNow() ends an idle connection at once, closeGracefully() after its round trip', () => {
  const rig = new Http2Rig();
  rig.connection.closeNow();
  assert.deepEqual(rig.read(), ['GOAWAY 0 NO_ERROR']);
  checkEnded(rig);
  const other = new Http2Rig();
  other.connection.closeGracefully();
  other.connection.closeGracefully();
  assert.deepEqual(other.read(), announcement);
  other.send(pingAck);
  assert.deepEqual(other.read(), ['GOAWAY 0 NO_ERROR']);
  checkEnded(other);
});

test('an old connection is sent away within 10 % of its age, and an idle one after its time', () => {
  const bounds = [{ connectionAgeMsMax: 100_000 }, { connectionIdleMsMax: 100_000 }];
  for (const keepalive of bounds) {
    const rig = new Http2Rig({ keepalive });
    rig.clock.advance(99_999);
    assert.deepEqual(rig.read(), []);
    rig.clock.advance(20);
    assert.deepEqual(rig.read(), announcement);
  }
});

test('a silent client is asked, and closed when it does not answer', () => {
  const rig = new Http2Rig({ keepalive: { timeMs: 60_000, timeoutMs: 20_000 } });
  const ping = [`PING ${'00'.repeat(8)}`];
  rig.clock.advance(71_000); // its SETTINGS were seen at the first look, after 10 s
  assert.deepEqual(rig.read(), ping);
  rig.send(pingAck);
  rig.clock.advance(80_000); // this at the next one, 19 s later
  assert.deepEqual(rig.read(), ping);
  rig.clock.advance(18_000);
  assert.equal(rig.socket.isDestroyed, false);
  rig.clock.advance(2_000);
  assert.equal(rig.socket.isDestroyed, true);
});

test('GOAWAY of the client ends the connection once its streams are answered', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.open();
  rig.send(goawayFrame(0, Http2Error.NoError));
  assert.deepEqual([rig.read(), rig.socket.isEnded], [[], false]);
  rig.send(dataFrame(streamId, new Uint8Array(5), { endStream: true }));
  rig.handler(streamId).answer();
  assert.deepEqual(rig.read(), [...answerLines(streamId), `GOAWAY ${streamId} NO_ERROR`]);
  const late = rig.open();
  assert.equal(rig.handlers.length, 1, `${late} would never be answered`);
  checkEnded(rig);
});

test('streams that are open when the socket goes are closed once, and nothing is left', () => {
  const endings: readonly ((rig: Http2Rig) => void)[] = [
    () => {},
    (rig) => rig.connection.closeGracefully(),
    (rig) => rig.connection.closeNow(),
    (rig) => rig.send(goawayFrame(0, Http2Error.NoError)),
    (rig) => rig.send(dataFrame(0, new Uint8Array(1))),
  ];
  for (const ending of endings) {
    const rig = new Http2Rig({ answers: false });
    rig.post();
    rig.handler(rig.open()).stream.expect(1_000_000);
    rig.handler(rig.open()).stream.hold(0);
    rig.send(headersFrame(rig.takeStreamId(), postBlock.subarray(0, 3), { endHeaders: false }));
    ending(rig);
    rig.close();
    rig.close();
    assert.deepEqual(
      rig.handlers.map(({ closedCount }) => closedCount),
      [1, 1, 1],
    );
    assert.equal(rig.clock.pendingCount, 0);
    assert.deepEqual(
      [rig.connection.credit.heldBytes, rig.connection.credit.promisedBytes],
      [0, 0],
    );
  }
});

test('an answer before the end of the request stops the request politely', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.open();
  rig.send(dataFrame(streamId, new Uint8Array(1_000)));
  rig.handler(streamId).refuse();
  assert.deepEqual(rig.read(), [
    `HEADERS ${streamId} :status=413 END`,
    `RST_STREAM ${streamId} NO_ERROR`,
  ]);
  rig.send(dataFrame(streamId, new Uint8Array(1_000)));
  rig.send(dataFrame(streamId, new Uint8Array(1_000), { endStream: true }));
  assert.deepEqual(rig.read(), []);
  assert.equal(rig.handler(streamId).bodySizeBytes, 1_000);
  rig.send(dataFrame(streamId, new Uint8Array(1)));
  assert.deepEqual(rig.read(), [`RST_STREAM ${streamId} STREAM_CLOSED`], 'it had ended it');
});

test('what comes late on a stream that we have ended has to be right all the same', () => {
  const trailers = headerBlock([['x', 'y']]);
  const cases = {
    PROTOCOL_ERROR: [
      [windowUpdateFrame(1, 0)],
      [headersFrame(1, trailers)],
      [headersFrame(1, postBlock, { endStream: true })],
    ],
    STREAM_CLOSED: [
      [resetFrame(1, Http2Error.Cancel), dataFrame(1, new Uint8Array(1))],
      [dataFrame(1, new Uint8Array(0), { endStream: true }), dataFrame(1, new Uint8Array(1))],
      [headersFrame(1, trailers, { endStream: true }), dataFrame(1, new Uint8Array(1))],
    ],
  };
  for (const [error, sent] of Object.entries(cases)) {
    for (const frames of sent) {
      const rig = new Http2Rig({ answers: false });
      rig.handler(rig.open()).refuse();
      rig.read();
      rig.send(windowUpdateFrame(1, 5), ...frames);
      assert.deepEqual(rig.read(), [`RST_STREAM 1 ${error}`]);
    }
  }
});

test('a client that has ended its request gets its answer much later, and no reset', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.post(new Uint8Array(10));
  rig.clock.advance(500_000);
  rig.handler(streamId).answer();
  assert.deepEqual(rig.read(), answerLines(streamId));
});

test('the last stream identifier serves, and there is none after it', () => {
  const rig = new Http2Rig();
  const last = 2 ** 31 - 1;
  rig.send(headersFrame(last - 2, postBlock, { endStream: true }));
  rig.send(headersFrame(last, postBlock, { endStream: true }));
  assert.deepEqual(rig.read(), [...answerLines(last - 2), ...answerLines(last)]);
  rig.send(headersFrame(1, postBlock, { endStream: true }));
  assert.deepEqual(rig.read(), [`GOAWAY ${last} PROTOCOL_ERROR`], 'passed over');
});
