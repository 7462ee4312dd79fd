// What clients write on one connection each, preface included: some by node:http2 against our own
// server, with Huffman code and a table, the others by hand, with every frame that a client may
// send.

import { once } from 'node:events';
import { type ClientHttp2Session, connect } from 'node:http2';
import { duplexPair } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { systemClock } from '../../src/clock.ts';
import { clientPreface, Http2Error, Setting } from '../../src/http2/frame-format.ts';
import { Http2Server } from '../../src/http2/http2-server.ts';
import { OpenRequests } from '../../src/http2/open-requests.ts';
import { exportPath } from '../support/fake-server-stream.ts';
import {
  continuationFrame,
  dataFrame,
  frame,
  goawayFrame,
  headerBlock,
  headersFrame,
  pingFrame,
  priorityFrame,
  resetFrame,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../support/raw-frames.ts';
import { ReceiverHarness } from '../support/receiver-harness.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import { typicalRequest } from '../support/typical-request.ts';

const callFields = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', exportPath],
  [':authority', 'localhost:4317'],
  ['te', 'trailers'],
  ['content-type', 'application/grpc'],
] as const;

/** Of valid connections; the larger ones last. */
export async function recordedClients(random: SeededRandom): Promise<Uint8Array[]> {
  const recorded: Uint8Array[] = [];
  for (let count = 0; count < 12; count += 1) recorded.push(await recordNodeClient(random));
  for (let count = 0; count < 30; count += 1) recorded.push(handMade(random));
  return recorded.sort((a, b) => a.length - b.length);
}

/** One message as gRPC sends it. */
function grpcBody(random: SeededRandom, sizeBytesMax: number): { bytes: Buffer; zipped: boolean } {
  const request = typicalRequest(1 + random.below(Math.max(1, sizeBytesMax / 400)));
  const zipped = random.oneIn(5);
  const message = zipped ? gzipSync(request) : request;
  const prefix = Buffer.alloc(5);
  prefix[0] = zipped ? 1 : 0;
  prefix.writeUInt32BE(message.length, 1);
  return { bytes: Buffer.concat([prefix, message]), zipped };
}

async function recordNodeClient(random: SeededRandom): Promise<Uint8Array> {
  const harness = new ReceiverHarness();
  const server = new Http2Server({
    accept: (stream) => harness.receiver.accept(stream),
    clock: systemClock,
    random: () => 0.5,
    keepalive: {
      connectionAgeMsMax: 3_600_000,
      connectionAgeGraceMs: 30_000,
      connectionIdleMsMax: 1_800_000,
      timeMs: 60_000,
      timeoutMs: 20_000,
    },
    concurrentStreamsMax: 256,
    landing: harness.landing,
    openRequests: new OpenRequests(),
    counters: harness.counters,
  });
  const [client, wire] = duplexPair();
  const written: Buffer[] = [];
  wire.on('data', (chunk: Buffer) => written.push(chunk));
  server.serve(wire, { peerSubject: 'CN=recorded', remoteAddress: '127.0.0.1' });
  const session = connect('http://localhost', { createConnection: () => client });
  session.on('error', () => {});
  const finish = setInterval(() => harness.finishOldest(), 1);
  for (let call = 1 + random.below(4); call > 0; call -= 1) await nodeCall(session, random);
  clearInterval(finish);
  session.close();
  await once(session, 'close');
  return Buffer.concat(written);
}

async function nodeCall(session: ClientHttp2Session, random: SeededRandom): Promise<void> {
  const sizeBytesMax = random.oneIn(8) ? 100_000 : 2_000;
  const { bytes, zipped } = grpcBody(random, sizeBytesMax);
  const headers: Record<string, string> = Object.fromEntries(callFields);
  headers['x-trace'] = `trace-${random.below(4)}`;
  if (zipped) headers['grpc-encoding'] = 'gzip';
  if (random.oneIn(6)) headers['x-long'] = 'long'.repeat(4_500); // needs CONTINUATION
  const stream = session.request(headers);
  stream.on('error', () => {});
  stream.resume();
  if (random.oneIn(4)) session.ping(() => {});
  if (random.oneIn(6)) {
    stream.write(bytes.subarray(0, bytes.length / 2));
    setImmediate(() => stream.close(Http2Error.Cancel));
  } else {
    stream.end(bytes);
  }
  await once(stream, 'close').catch(() => {});
}

function handMade(random: SeededRandom): Uint8Array {
  const settings = random.pick([
    [],
    [[Setting.InitialWindowSize, 3]],
    [[Setting.HeaderTableSize, 0]],
  ] as const);
  const frames: Buffer[] = [clientPreface, settingsFrame(settings), settingsAckFrame()];
  let streamId = -1;
  for (let call = 1 + random.below(6); call > 0; call -= 1) {
    streamId += random.pick([2, 2, 2, 6]);
    if (random.oneIn(3)) frames.push(randomControlFrame(random, streamId));
    frames.push(...randomCall(random, streamId));
  }
  if (random.oneIn(5)) frames.push(goawayFrame(0, Http2Error.NoError, 'bye'));
  return Buffer.concat(frames);
}

/** Not on an idle stream, where most of them would be errors: the one before, or none. */
function randomControlFrame(random: SeededRandom, nextStreamId: number): Buffer {
  const before = nextStreamId - 2;
  return random.pick([
    () => pingFrame(Buffer.from('12345678')),
    () => pingFrame(Buffer.alloc(8), true),
    () => settingsFrame([[Setting.InitialWindowSize, random.below(100_000)]]),
    () => windowUpdateFrame(0, 1 + random.below(1_000)),
    () => priorityFrame(nextStreamId, { dependsOn: 0, weight: 1 + random.below(256) }),
    () => frame(0xb7, 0x55, Math.max(before, 0), Buffer.from('unknown')),
  ])();
}

function randomCall(random: SeededRandom, streamId: number): Buffer[] {
  const { bytes, zipped } = grpcBody(random, random.oneIn(12) ? 40_000 : 1_000);
  const fields: (readonly [string, string])[] = [...callFields];
  if (zipped) fields.push(['grpc-encoding', 'gzip']);
  if (random.oneIn(3)) fields.push(['grpc-timeout', '5S']);
  if (random.oneIn(8)) fields.push(['content-length', String(bytes.length)]);
  if (random.oneIn(10)) fields.splice(2, 1, [':path', '/unknown/Path']);
  const block = headerBlock(fields);
  const isEmpty = random.oneIn(12);
  const frames = randomHeaders(random, streamId, block, isEmpty);
  if (isEmpty) return frames;
  const hasTrailers = random.oneIn(6);
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + 1 + random.below(random.oneIn(3) ? 16_000 : 700));
    const endStream = to === bytes.length && !hasTrailers;
    const part = bytes.subarray(from, to);
    const isPadded = random.oneIn(4);
    frames.push(
      dataFrame(streamId, part, {
        endStream,
        ...(isPadded && { padSizeBytes: random.below(256) }),
      }),
    );
    from = to;
    if (random.oneIn(20)) return [...frames, resetFrame(streamId, Http2Error.Cancel)];
    if (random.oneIn(20)) frames.push(pingFrame(Buffer.from('in a cal')));
    if (random.oneIn(20)) frames.push(windowUpdateFrame(streamId, 1 + random.below(1_000)));
  }
  if (hasTrailers) {
    frames.push(headersFrame(streamId, headerBlock([['x-end', 'yes']]), { endStream: true }));
  }
  return frames;
}

/** In one frame or in several, with padding and priority or without. */
function randomHeaders(
  random: SeededRandom,
  streamId: number,
  block: Buffer,
  endStream: boolean,
): Buffer[] {
  const options = {
    endStream,
    ...(random.oneIn(4) && { padSizeBytes: random.below(100) }),
    ...(random.oneIn(4) && { priority: { dependsOn: 0, exclusive: random.oneIn(2) } }),
  };
  if (!random.oneIn(4)) return [headersFrame(streamId, block, options)];
  const cuts = Array.from({ length: 1 + random.below(4) }, () => random.below(block.length));
  cuts.sort((a, b) => a - b).push(block.length);
  const frames = [
    headersFrame(streamId, block.subarray(0, cuts[0]), { ...options, endHeaders: false }),
  ];
  for (const [index, cut] of cuts.slice(0, -1).entries()) {
    const isLast = index === cuts.length - 2;
    frames.push(continuationFrame(streamId, block.subarray(cut, cuts[index + 1]), isLast));
  }
  return frames;
}
