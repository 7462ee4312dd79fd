// Scenario: producers cancel 10,000 calls, or GOPHERSHIP_SOAK_FACTOR times as many: right after the
// headers, with a part of the body (small, middling or huge messages, before or after the engine
// has made room), and after the engine kept them waiting for a slow destination for more than a
// second. No connection cancels more young streams than protocols allow at once. Guarantees: no
// connection is punished, memory and descriptors stay as they are after the first tenth, and in the
// end as many messages at once as ever find room.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as elapsed } from 'node:timers/promises';
import { Http2Error } from '../../src/http2/frame-format.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import { dataFrame, headersFrame, resetFrame } from '../support/raw-frames.ts';
import type { RawHttp2Client } from '../support/raw-http2-client.ts';
import { ResourceWatch } from './resource-watch.ts';
import {
  exportBlock,
  exporterTo,
  okBody,
  oneRecordMessage,
  type SoakRig,
  soakFactor,
  startSoak,
} from './soak-rig.ts';

const roundCount = 10 * soakFactor;
/** Of one round: 400 with headers only, 400 with a part of the body, 200 that waited. */
const cancelsPerRound = 1_000;
const youngCancelsPerConnection = 100; // 200 at once are allowed
// What the heaps of two threads still grow after the first round: 12 MiB were seen.
const warmingSizeBytes = 24 * MiB;
const waitMs = 1_100; // streams older than a second are no abuse
const answerAfterMs = 1_500;

const small = oneRecordMessage(200);
const announced = [20 * KiB, 200 * KiB, 3 * MiB].map(oneRecordMessage);
const partSizeBytes = 1_000;

test('N4 the engine gives back all that cancelled calls had, and punishes nobody', async (context) => {
  const sink = await startSink({ clientCertificate: true });
  context.after(() => sink.close());
  const rig = await startSoak(context, (files) => exporterTo(files, sink.port));
  sink.mode = { kind: 'late', answerAfterMs };
  const watch = new ResourceWatch(rig.engine.pid, roundCount * cancelsPerRound);
  for (let round = 0; round < roundCount; round += 1) {
    await Promise.all([
      eachConnection(rig, 4, cancelAfterHeaders),
      eachConnection(rig, 2, cancelAfterPart),
      eachConnection(rig, 2, cancelAfterRoom),
      eachConnection(rig, 2, cancelAfterWait),
    ]);
    forget(sink);
    watch.note((round + 1) * cancelsPerRound);
    if (round === Math.ceil(roundCount / 10) - 1) await watch.rememberIdle();
  }
  await watch.checkDescriptors();
  context.diagnostic(watch.checkMemory({ constantBytes: warmingSizeBytes, slopeBytes: 32 }));
  sink.mode = { kind: 'ok' };
  await fillArena(rig);
  const books = await rig.stop();
  const waitedCount = roundCount * 200;
  assert.ok(Number(books.gone_batches) >= 0.9 * waitedCount, `${books.gone_batches} were kept`);
});

/** Opens so many connections at once, and ends them in peace. */
async function eachConnection(
  rig: SoakRig,
  count: number,
  cancel: (client: RawHttp2Client) => Promise<void>,
): Promise<void> {
  const one = async () => {
    const client = await rig.connect();
    await cancel(client);
    await client.roundTrip();
    assert.equal(client.goaway, undefined, 'the connection was punished');
    await client.end();
  };
  await Promise.all(Array.from({ length: count }, one));
}

async function cancelAfterHeaders(client: RawHttp2Client): Promise<void> {
  for (let call = 0; call < youngCancelsPerConnection; call += 1) {
    const streamId = client.takeStreamId();
    client.write(headersFrame(streamId, exportBlock), resetFrame(streamId, Http2Error.Cancel));
  }
}

async function cancelAfterPart(client: RawHttp2Client): Promise<void> {
  for (let call = 0; call < youngCancelsPerConnection; call += 1) {
    const streamId = client.takeStreamId();
    client.write(
      headersFrame(streamId, exportBlock),
      dataFrame(streamId, partOf(call)),
      resetFrame(streamId, Http2Error.Cancel),
    );
    if (call % 20 === 0) await client.roundTrip(); // the credit for what was thrown away
  }
}

/** The engine has read the part, and has made room for the whole if there was any. */
async function cancelAfterRoom(client: RawHttp2Client): Promise<void> {
  for (let call = 0; call < youngCancelsPerConnection; call += 1) {
    const streamId = client.open(exportBlock);
    client.write(dataFrame(streamId, partOf(call)));
    if (call % 4 === 0) await client.roundTrip();
    client.reset(streamId);
    if (call % 20 === 0) await client.roundTrip();
  }
}

async function cancelAfterWait(client: RawHttp2Client): Promise<void> {
  const calls = Array.from({ length: youngCancelsPerConnection }, () => {
    const { streamId } = client.call(exportBlock);
    void client.data(streamId, small);
    return streamId;
  });
  await elapsed(waitMs);
  for (const streamId of calls) client.reset(streamId);
}

function partOf(call: number): Buffer {
  const message = announced[call % announced.length]!; // not empty
  return message.subarray(0, partSizeBytes);
}

/** Messages that fit into the arena together, all of them in it but for their last byte. */
async function fillArena(rig: SoakRig): Promise<void> {
  const [huge, middling] = [oneRecordMessage(3.8 * MiB), oneRecordMessage(250 * KiB)];
  const messages = [huge, huge, huge, ...Array.from({ length: 40 }, () => middling)];
  const calls = await Promise.all(
    messages.map(async (message) => {
      const client = await rig.connect();
      const { streamId, answer } = client.call(exportBlock);
      await client.data(streamId, message.subarray(0, -1), false);
      return { client, streamId, answer, message };
    }),
  );
  for (const { client, streamId, message } of calls) {
    await client.data(streamId, message.subarray(-1));
  }
  for (const { client, answer } of calls) {
    assert.ok((await answer).body.equals(okBody), 'not answered OK');
    await client.end();
  }
}

/** What the sink keeps would fill our own memory. */
function forget(sink: OtlpSink): void {
  sink.requests.length = 0;
  sink.arrivals.length = 0;
}
