// Scenario: clients that grant little credit for answers, or none, or take it back.
// Guarantees: no byte is sent without credit, every byte is sent once there is some, frames come in
// order, and headers and trailers need no credit (RFC 9113 section 6.9).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Http2Error, Setting } from '../../src/http2/frame-format.ts';
import { answerLines, Http2Rig } from '../support/http2-rig.ts';
import { resetFrame, settingsFrame, windowUpdateFrame } from '../support/raw-frames.ts';
import { testSeed } from '../support/seed.ts';

const headers = (streamId: number) => `HEADERS ${streamId} :status=200`;
const trailers = (streamId: number) => `HEADERS ${streamId} grpc-status=0 END`;

function rigWith(windowSizeBytes: number, answers = true): Http2Rig {
  return new Http2Rig({ answers, settings: [[Setting.InitialWindowSize, windowSizeBytes]] });
}

test('a window of 0 lets the headers through, and the rest once it opens', () => {
  const rig = rigWith(0);
  const streamId = rig.post(new Uint8Array(10));
  assert.deepEqual(rig.read(), [headers(streamId)]);
  assert.equal(rig.connection.openStreamCount, 1);
  rig.send(windowUpdateFrame(streamId, 100));
  assert.deepEqual(rig.read(), [`DATA ${streamId} 5`, trailers(streamId)]);
  assert.equal(rig.connection.openStreamCount, 0);
});

test('a window of 1 gives frames of 1', () => {
  const rig = rigWith(1);
  const streamId = rig.post();
  const said = rig.read();
  for (let byte = 0; byte < 4; byte += 1) {
    rig.send(windowUpdateFrame(streamId, 1));
    said.push(...rig.read());
  }
  assert.deepEqual(said, [
    headers(streamId),
    ...Array(5).fill(`DATA ${streamId} 1`),
    trailers(streamId),
  ]);
});

test('SETTINGS open the windows of all streams that wait', () => {
  const rig = rigWith(0);
  const [first, second] = [rig.post(), rig.post()];
  rig.read();
  rig.send(settingsFrame([[Setting.InitialWindowSize, 3]]));
  assert.deepEqual(rig.read(), ['SETTINGS ACK', `DATA ${first} 3`, `DATA ${second} 3`]);
  const third = rig.post();
  assert.deepEqual(rig.read(), [headers(third), `DATA ${third} 3`]);
});

test('a window that SETTINGS made negative has to become positive first', () => {
  const rig = rigWith(4);
  const streamId = rig.post();
  assert.deepEqual(rig.read(), [headers(streamId), `DATA ${streamId} 4`]);
  rig.send(settingsFrame([[Setting.InitialWindowSize, 0]])); // the window is -4
  rig.send(windowUpdateFrame(streamId, 4));
  assert.deepEqual(rig.read(), ['SETTINGS ACK']);
  rig.send(windowUpdateFrame(streamId, 1));
  assert.deepEqual(rig.read(), [`DATA ${streamId} 1`, trailers(streamId)]);
});

test('credit of the connection goes to whoever waited first', () => {
  const rig = rigWith(2 ** 31 - 1, false);
  const streamIds = [rig.post(), rig.post(), rig.post()];
  for (const streamId of streamIds) rig.handler(streamId).answer(new Uint8Array(40_000));
  const said = rig.read();
  assert.equal(dataSizeBytes(said, 1), 40_000);
  assert.equal(dataSizeBytes(said, 3), 25_535);
  assert.equal(dataSizeBytes(said, 5), 0);
  rig.send(windowUpdateFrame(0, 20_000));
  assert.deepEqual(rig.read(), ['DATA 3 14465', trailers(3), 'DATA 5 5535']);
  rig.send(windowUpdateFrame(5, 1_000));
  assert.deepEqual(rig.read(), [], 'it has no lack of that');
  rig.send(windowUpdateFrame(0, 1_000_000));
  assert.equal(dataSizeBytes(rig.read(), 5), 34_465);
});

test('a stream that waits does not keep others from their answers', () => {
  const rig = rigWith(0);
  const waits = rig.post();
  rig.read();
  rig.send(settingsFrame([[Setting.InitialWindowSize, 1]]));
  assert.deepEqual(rig.read(), ['SETTINGS ACK', `DATA ${waits} 1`]);
  const next = rig.post();
  rig.send(windowUpdateFrame(next, 4));
  assert.deepEqual(rig.read(), [headers(next), `DATA ${next} 1`, `DATA ${next} 4`, trailers(next)]);
});

test('an answer that waits ends with its stream, and what waits behind it goes on', () => {
  const rig = rigWith(0);
  const [first, second] = [rig.post(), rig.post()];
  rig.read();
  rig.send(resetFrame(first, Http2Error.Cancel), windowUpdateFrame(second, 5));
  assert.deepEqual(rig.read(), [`DATA ${second} 5`, trailers(second)]);
  assert.deepEqual(
    rig.handlers.map((handler) => handler.closedCount),
    [1, 1],
  );
  rig.send(windowUpdateFrame(first, 5));
  assert.deepEqual(rig.read(), [], 'late');
});

test('an answer without a body, or with an empty one, needs no credit', () => {
  const rig = rigWith(0, false);
  const [first, second] = [rig.post(), rig.post()];
  rig.handler(first).refuse();
  rig.handler(second).answer(new Uint8Array(0));
  assert.deepEqual(rig.read(), [
    `HEADERS ${first} :status=413 END`,
    headers(second),
    `DATA ${second} 0`,
    trailers(second),
  ]);
});

test('a second answer, and one after the end of the stream, says nothing', () => {
  const rig = rigWith(100, false);
  const streamId = rig.post();
  const handler = rig.handler(streamId);
  handler.answer();
  handler.answer();
  handler.refuse();
  handler.stream.reset(Http2Error.InternalError);
  handler.stream.hold(10);
  handler.stream.expect(1_000_000);
  assert.deepEqual(rig.read(), answerLines(streamId));
  assert.deepEqual(rig.connection.credit.promisedBytes, 0);
});

test('whatever the credit, it is never exceeded, and all is sent once there is enough', (context) => {
  const grant = fc.oneof(
    fc.record({
      kind: fc.constant('connection' as const),
      sizeBytes: fc.integer({ min: 1, max: 30_000 }),
    }),
    fc.record({
      kind: fc.constant('stream' as const),
      sizeBytes: fc.integer({ min: 1, max: 30_000 }),
    }),
    fc.record({
      kind: fc.constant('settings' as const),
      sizeBytes: fc.integer({ min: 0, max: 60_000 }),
    }),
    fc.record({
      kind: fc.constant('answer' as const),
      sizeBytes: fc.integer({ min: 0, max: 40_000 }),
    }),
  );
  const run = (grants: readonly { kind: string; sizeBytes: number }[]) => {
    const rig = rigWith(0, false);
    const bodies = new Map<number, number>();
    const sent = new Map<number, number>();
    const offsets = new Map<number, number>();
    let [initialBytes, connectionBytes] = [0, 65_535];
    const take = () => {
      for (const line of rig.read()) {
        const [type, id, size] = line.split(' ');
        if (type !== 'DATA') continue;
        sent.set(Number(id), (sent.get(Number(id)) ?? 0) + Number(size));
        connectionBytes -= Number(size);
      }
      assert.ok(connectionBytes >= 0);
    };
    for (const { kind, sizeBytes } of grants) {
      const before = new Map(sent);
      const streamId = 1 + 2 * (sizeBytes % Math.max(1, bodies.size));
      if (kind === 'answer') {
        const id = rig.post();
        bodies.set(id, sizeBytes);
        offsets.set(id, 0);
        rig.handler(id).answer(new Uint8Array(sizeBytes));
      } else if (kind === 'settings') {
        initialBytes = sizeBytes;
        rig.send(settingsFrame([[Setting.InitialWindowSize, sizeBytes]]));
      } else if (kind === 'connection') {
        connectionBytes += sizeBytes;
        rig.send(windowUpdateFrame(0, sizeBytes));
      } else if (bodies.has(streamId)) {
        offsets.set(streamId, offsets.get(streamId)! + sizeBytes);
        rig.send(windowUpdateFrame(streamId, sizeBytes));
      }
      take();
      for (const [id, offset] of offsets) {
        const [nowBytes, beforeBytes] = [sent.get(id) ?? 0, before.get(id) ?? 0];
        assert.ok(nowBytes === beforeBytes || nowBytes <= initialBytes + offset, 'beyond a window');
      }
    }
    connectionBytes += 2 ** 30;
    rig.send(windowUpdateFrame(0, 2 ** 30));
    for (const [id] of bodies) rig.send(windowUpdateFrame(id, 2 ** 20));
    take();
    assert.deepEqual(
      [...bodies.keys()].map((id) => sent.get(id) ?? 0),
      [...bodies.values()],
    );
    assert.equal(rig.connection.openStreamCount, 0);
    assert.deepEqual(rig.abuse, {});
  };
  fc.assert(fc.property(fc.array(grant, { maxLength: 40 }), run), {
    seed: testSeed(context),
    numRuns: 200,
  });
});

function dataSizeBytes(lines: readonly string[], streamId: number): number {
  const frames = lines.filter((line) => line.startsWith(`DATA ${streamId} `));
  return frames.reduce((sum, line) => sum + Number(line.split(' ')[2]), 0);
}
