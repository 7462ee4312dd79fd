// Scenario: a client sends DATA in ways that cost it little and us much, or more than it has credit
// for, or grants us impossible credit.
// Guarantees: at the bound nothing happens; beyond it the stream or the connection that it concerns
// ends as the table of abuses says, the rest goes on, and credit is not lost with what is refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientPreface,
  FrameFlag,
  FrameType,
  Setting,
  windowSizeBytesInitial,
  windowSizeBytesMax,
} from '../../src/http2/frame-format.ts';
import type { AcceptStream } from '../../src/http2/server-stream.ts';
import { streamWindowSizeBytes } from '../../src/http2/stream-window.ts';
import { KiB } from '../../src/limits.ts';
import { answerLines, Http2Rig, postBlock, postFields } from '../support/http2-rig.ts';
import {
  dataFrame,
  frame,
  headerBlock,
  headersFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import { checkCalm, checkFine, checkWorks, repeat } from './limit-checks.ts';

const free = windowSizeBytesInitial;

/** One stream has ended for this, and nothing else has. */
function checkStreamError(rig: Http2Rig, streamId: number, error: string, counter: string): void {
  const said = rig.read().filter((line) => !line.startsWith('WINDOW_UPDATE'));
  assert.deepEqual(said, [`RST_STREAM ${streamId} ${error}`]);
  assert.deepEqual(rig.abuse, { [counter]: 1 });
  assert.equal(rig.handler(streamId).closedCount, 1);
  assert.equal(rig.handler(streamId).isEnded, false);
  checkWorks(rig);
}

test('1,000 DATA frames below 64 bytes may carry one message, and the last one is free', () => {
  const rig = new Http2Rig();
  const small = new Uint8Array(63);
  const passes = rig.open();
  rig.handler(passes).stream.expect(64 * KiB);
  rig.send(...repeat(1_000, () => dataFrame(passes, small)));
  rig.send(dataFrame(passes, new Uint8Array(64)), dataFrame(passes, small, { endStream: true }));
  assert.equal(rig.handler(passes).bodySizeBytes, 1_000 * 63 + 64 + 63);
  assert.deepEqual(rig.read().slice(-3), answerLines(passes));
  checkFine(rig);
  const tooMany = rig.open();
  rig.handler(tooMany).stream.expect(64 * KiB);
  rig.send(...repeat(1_000, () => dataFrame(tooMany, new Uint8Array(5))));
  assert.deepEqual(rig.abuse, {});
  rig.send(dataFrame(tooMany, new Uint8Array(5)));
  checkStreamError(rig, tooMany, 'ENHANCE_YOUR_CALM', 'SmallData');
});

test('a message may have 64 KiB of padding', () => {
  const rig = new Http2Rig();
  const padded = (padSizeBytes: number) => dataFrame(1, new Uint8Array(64), { padSizeBytes });
  const streamId = rig.open();
  rig.handler(streamId).stream.expect(100_000);
  rig.send(...repeat(256, () => padded(255)));
  assert.deepEqual(rig.abuse, {});
  rig.send(padded(0)); // its length is padding, too
  checkStreamError(rig, streamId, 'ENHANCE_YOUR_CALM', 'ExcessPadding');
});

test('padding is no body, and its credit comes back', () => {
  const rig = new Http2Rig();
  const streamId = rig.open(headerBlock([...postFields, ['content-length', '20480']]));
  rig.handler(streamId).stream.expect(20_480);
  for (let round = 0; round < 20; round += 1) {
    rig.send(
      dataFrame(streamId, new Uint8Array(1_024), { padSizeBytes: 255, endStream: round === 19 }),
    );
  }
  assert.equal(rig.handler(streamId).bodySizeBytes, 20_480);
  assert.deepEqual(rig.read().slice(-3), answerLines(streamId));
  assert.ok(rig.connection.credit.outstandingBytes > free / 2);
});

test('a pad length that the payload does not hold ends the connection', () => {
  const lies = {
    DATA: frame(FrameType.Data, FrameFlag.Padded, 1, Buffer.of(5, 0, 0, 0, 0)),
    HEADERS: frame(
      FrameType.Headers,
      FrameFlag.Padded | FrameFlag.EndHeaders,
      3,
      Buffer.of(5, 0x82, 0x84, 0x86, 0x41),
    ),
  };
  for (const [what, bytes] of Object.entries(lies)) {
    const rig = new Http2Rig();
    rig.open();
    rig.send(bytes);
    assert.deepEqual(rig.abuse, { Padding: 1 }, what);
    checkCalm(rig, 'Padding', 'PROTOCOL_ERROR');
  }
  const rig = new Http2Rig();
  const streamId = rig.open();
  rig.send(
    frame(
      FrameType.Data,
      FrameFlag.Padded | FrameFlag.EndStream,
      streamId,
      Buffer.of(4, 0, 0, 0, 0),
    ),
  );
  assert.deepEqual(rig.read(), answerLines(streamId), 'padding and nothing else is allowed');
});

test('WINDOW_UPDATE of 0 is an error of the stream or of the connection', () => {
  const rig = new Http2Rig();
  const streamId = rig.open();
  rig.send(windowUpdateFrame(streamId, 0));
  checkStreamError(rig, streamId, 'PROTOCOL_ERROR', 'WindowUpdateZero');
  const other = new Http2Rig();
  other.open();
  other.send(windowUpdateFrame(0, 0));
  checkCalm(other, 'WindowUpdateZero', 'PROTOCOL_ERROR');
});

test('a window may have 2^31-1 bytes and not one more', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.open();
  rig.send(windowUpdateFrame(0, windowSizeBytesMax - free));
  rig.send(windowUpdateFrame(streamId, windowSizeBytesMax - free));
  checkEverythingOpen(rig);
  rig.send(windowUpdateFrame(streamId, 1));
  assert.deepEqual(rig.read(), [`RST_STREAM ${streamId} FLOW_CONTROL_ERROR`]);
  assert.deepEqual(rig.abuse, { WindowOverflow: 1 });
  const other = new Http2Rig({ answers: false });
  other.open();
  other.send(windowUpdateFrame(0, windowSizeBytesMax - free + 1));
  checkCalm(other, 'WindowOverflow', 'FLOW_CONTROL_ERROR');
});

test('SETTINGS may make windows as large as they can be and not larger', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.open();
  rig.send(windowUpdateFrame(streamId, 1));
  rig.send(settingsFrame([[Setting.InitialWindowSize, windowSizeBytesMax - 1]]));
  assert.deepEqual(rig.read(), ['SETTINGS ACK']);
  checkEverythingOpen(rig);
  rig.send(settingsFrame([[Setting.InitialWindowSize, windowSizeBytesMax]]));
  checkCalm(rig, 'WindowOverflow', 'FLOW_CONTROL_ERROR');
});

test('DATA may fill the window of a stream and not more', () => {
  const rig = new Http2Rig();
  const streamId = rig.open();
  rig.read();
  rig.send(dataFrame(streamId, new Uint8Array(streamWindowSizeBytes)));
  assert.deepEqual(rig.abuse, {});
  rig.send(dataFrame(streamId, new Uint8Array(1)));
  checkStreamError(rig, streamId, 'FLOW_CONTROL_ERROR', 'DataBeyondWindow');
  assert.equal(rig.handler(streamId).bodySizeBytes, streamWindowSizeBytes);
});

test('until the client has read our SETTINGS it has the windows of the protocol, and credit counts on it', () => {
  const rig = new Http2Rig({ settings: false });
  rig.send(clientPreface, settingsFrame());
  const [early, granted] = [rig.open(), rig.open()];
  rig.read();
  rig.send(...repeat(2, () => dataFrame(early, new Uint8Array(16_384))));
  rig.handler(granted).stream.expect(100_000);
  // Whoever reads credit has read our SETTINGS, which came before.
  assert.deepEqual(
    rig.read().filter((line) => line.startsWith(`WINDOW_UPDATE ${granted} `)),
    [`WINDOW_UPDATE ${granted} ${100_000 - streamWindowSizeBytes}`],
  );
  rig.send(settingsAckFrame());
  assert.deepEqual(rig.abuse, {});
  // More than it may have had, by now: nothing more before it gets credit.
  rig.send(dataFrame(early, new Uint8Array(1)));
  checkStreamError(rig, early, 'FLOW_CONTROL_ERROR', 'DataBeyondWindow');
  rig.send(...repeat(6, () => dataFrame(granted, new Uint8Array(16_384))));
  rig.send(dataFrame(granted, new Uint8Array(100_000 - 6 * 16_384)));
  rig.send(dataFrame(granted, new Uint8Array(1)));
  const said = rig.read().filter((line) => line.startsWith('RST_STREAM'));
  assert.deepEqual(said, [`RST_STREAM ${granted} FLOW_CONTROL_ERROR`]);
});

test('DATA beyond the credit of the connection ends it', () => {
  const rig = new Http2Rig({ accept: holder });
  for (let leftBytes = free; leftBytes > 0; leftBytes -= streamWindowSizeBytes) {
    const sizeBytes = Math.min(leftBytes, streamWindowSizeBytes);
    const streamId = rig.takeStreamId();
    rig.send(headersFrame(streamId, postBlock), dataFrame(streamId, new Uint8Array(sizeBytes)));
  }
  assert.equal(rig.connection.credit.outstandingBytes, 0);
  assert.equal(rig.connection.credit.heldBytes, free);
  assert.deepEqual(rig.read(), [], 'what is held earns no credit');
  const second = rig.takeStreamId();
  rig.send(
    headersFrame(second, postBlock),
    dataFrame(second, new Uint8Array(0), { endStream: true }),
  );
  assert.deepEqual(rig.abuse, {});
  rig.send(headersFrame(rig.takeStreamId(), postBlock), dataFrame(second + 2, new Uint8Array(1)));
  checkCalm(rig, 'DataBeyondWindow', 'FLOW_CONTROL_ERROR');
});

test('every byte of DATA that nobody wants earns its credit back', () => {
  const rig = new Http2Rig();
  for (let round = 0; round < 50; round += 1) {
    const streamId = rig.open();
    rig.handler(streamId).refuse(); // before the body
    rig.send(...repeat(3, () => dataFrame(streamId, new Uint8Array(1_000))));
    rig.send(dataFrame(streamId, new Uint8Array(1_000), { padSizeBytes: 200, endStream: true }));
    const said = rig.read().filter((line) => !line.startsWith('WINDOW_UPDATE 0 '));
    assert.deepEqual(said, [
      `HEADERS ${streamId} :status=413 END`,
      `RST_STREAM ${streamId} NO_ERROR`,
    ]);
  }
  assert.deepEqual(rig.abuse, {});
  checkWorks(rig);
});

test('a body longer than its content-length is refused before the handler sees it', () => {
  const rig = new Http2Rig();
  const streamId = rig.open(headerBlock([...postFields, ['content-length', '10']]));
  rig.send(dataFrame(streamId, new Uint8Array(10)));
  assert.equal(rig.handler(streamId).bodySizeBytes, 10);
  rig.send(dataFrame(streamId, new Uint8Array(1)));
  checkStreamError(rig, streamId, 'PROTOCOL_ERROR', 'FrameSyntax');
  assert.equal(rig.handler(streamId).bodySizeBytes, 10);
});

test('a body shorter than its content-length is no request', () => {
  const endings: Readonly<Record<string, (streamId: number) => Buffer>> = {
    DATA: (streamId) => dataFrame(streamId, new Uint8Array(4), { endStream: true }),
    trailers: (streamId) => headersFrame(streamId, headerBlock([['x', 'y']]), { endStream: true }),
  };
  for (const make of Object.values(endings)) {
    const rig = new Http2Rig();
    const streamId = rig.open(headerBlock([...postFields, ['content-length', '10']]));
    rig.send(dataFrame(streamId, new Uint8Array(5)), make(streamId));
    checkStreamError(rig, streamId, 'PROTOCOL_ERROR', 'FrameSyntax');
  }
});

test('trailers end a request, and bad ones end its stream', () => {
  const rig = new Http2Rig();
  const good = rig.open();
  const trailers = headerBlock([['grpc-trace', 'x']]);
  rig.send(dataFrame(good, new Uint8Array(9)), headersFrame(good, trailers, { endStream: true }));
  assert.deepEqual(rig.read(), answerLines(good));
  const bad = {
    'no END_STREAM': headersFrame(3, trailers),
    'a pseudo-header': headersFrame(3, headerBlock([[':path', '/']]), { endStream: true }),
    'an upper-case name': headersFrame(3, headerBlock([['X', 'y']]), { endStream: true }),
  };
  for (const [what, bytes] of Object.entries(bad)) {
    const other = new Http2Rig();
    other.open();
    const streamId = other.open();
    other.send(dataFrame(streamId, new Uint8Array(9)), bytes);
    assert.deepEqual(other.abuse, { FrameSyntax: 1 }, what);
    checkStreamError(other, streamId, 'PROTOCOL_ERROR', 'FrameSyntax');
  }
});

test('DATA and HEADERS after END_STREAM are errors', () => {
  const rig = new Http2Rig({ answers: false });
  const streamId = rig.post();
  rig.send(dataFrame(streamId, new Uint8Array(1)));
  assert.deepEqual(rig.read(), [`RST_STREAM ${streamId} STREAM_CLOSED`]);
  assert.equal(rig.handler(streamId).closedCount, 1);
  assert.equal(rig.handler(streamId).bodySizeBytes, 0);
  const answered = rig.post();
  rig.handler(answered).answer();
  rig.read();
  rig.send(headersFrame(answered, postBlock));
  checkCalm(rig, 'FrameSyntax', 'STREAM_CLOSED');
});

function checkEverythingOpen(rig: Http2Rig): void {
  assert.deepEqual(rig.abuse, {});
  assert.deepEqual(rig.read(), []);
  assert.ok(rig.connection.openStreamCount > 0);
}

const holder: AcceptStream = (stream) => ({
  data: (_source, from, to) => stream.hold(to - from),
  end() {},
  closed() {},
});
