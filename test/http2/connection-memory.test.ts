// Scenario: a thousand connections stand idle, and some of them keep as many streams waiting as
// they may.
// Guarantees: what a connection and a stream cost is bounded, and all of it is free again when the
// connection is gone. TLS and the socket are not in these figures.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { OutputTurn } from '../../src/http2/connection-output.ts';
import { clientPreface } from '../../src/http2/frame-format.ts';
import { OpenRequests } from '../../src/http2/open-requests.ts';
import { OutputBuffers } from '../../src/http2/output-buffers.ts';
import { ReadCrowd } from '../../src/http2/read-crowd.ts';
import { ServerConnection } from '../../src/http2/server-connection.ts';
import type { ServerStream } from '../../src/http2/server-stream.ts';
import { KiB } from '../../src/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { exportPath } from '../support/fake-server-stream.ts';
import { roomyLanding } from '../support/http2-rig.ts';
import { headersFrame, settingsAckFrame, settingsFrame } from '../support/raw-frames.ts';
import { literal } from './hpack-blocks.ts';

const connectionCount = 1_000;
const fullCount = 100;
const streamCount = 256;

test('an idle connection costs less than 8 KiB, a stream that waits less than 2', async (context) => {
  const connections: ServerConnection[] = [];
  const rest = await usedSizeBytes();
  for (let count = 0; count < connectionCount; count += 1) connections.push(idleConnection());
  const idle = await usedSizeBytes();
  for (const connection of connections.slice(0, fullCount)) openStreams(connection);
  const full = await usedSizeBytes();
  const idleSizeBytes = (idle - rest) / connectionCount;
  const streamSizeBytes = (full - idle) / fullCount / streamCount;
  context.diagnostic(
    `idle ${Math.round(idleSizeBytes)}, a stream ${Math.round(streamSizeBytes)} bytes`,
  );
  assert.ok(idleSizeBytes < 8 * KiB, `${idleSizeBytes}`);
  assert.ok(streamSizeBytes < 2 * KiB, `${streamSizeBytes}`);
  for (const connection of connections) connection.socketClosed();
  connections.length = 0;
  const leftSizeBytes = (await usedSizeBytes()) - rest;
  context.diagnostic(`${leftSizeBytes} bytes are left of all`);
  assert.ok(leftSizeBytes < (idle - rest) / 4, `${leftSizeBytes}`);
  assert.equal(parts.clock.pendingCount, 0);
});

function idleConnection(): ServerConnection {
  const connection = new ServerConnection(socket(), { peerSubject: '', remoteAddress: '' }, parts);
  connection.receive(Buffer.concat([clientPreface, settingsFrame(), settingsAckFrame()]));
  flush();
  return connection;
}

/** As SDKs do it: the first request fills the table, the others refer to it. */
function openStreams(connection: ServerConnection): void {
  const fields = [
    [':path', exportPath],
    [':authority', 'gophership.observability.svc:4317'],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ['user-agent', 'OTel-OTLP-Exporter-Go/1.39.0 grpc-go/1.78.0'],
    ['grpc-timeout', '9999m'],
  ] as const;
  const first = [0x83, 0x87, ...fields.flatMap(([name, value]) => literal(name, value))];
  const others = [0x83, 0x87, ...fields.map((_, index) => 0x80 + 61 + fields.length - index)];
  for (let stream = 0; stream < streamCount; stream += 1) {
    connection.receive(headersFrame(1 + 2 * stream, Buffer.from(stream === 0 ? first : others)));
  }
  flush();
  assert.equal(connection.openStreamCount, streamCount);
}

const flushes: (() => void)[] = [];

const parts = {
  accept: (stream: ServerStream) => {
    stream.hold(0);
    return { data() {}, end() {}, closed() {} };
  },
  clock: new FakeClock(),
  random: () => 0.5,
  keepalive: {
    connectionAgeMsMax: 3_600_000,
    connectionAgeGraceMs: 30_000,
    connectionIdleMsMax: 1_800_000,
    timeMs: 60_000,
    timeoutMs: 20_000,
  },
  concurrentStreamsMax: streamCount,
  earlyStreamsMax: streamCount,
  landing: roomyLanding,
  openRequests: new OpenRequests(1_000_000),
  counters: { add() {}, addAbuse() {} },
  crowd: new ReadCrowd(),
  buffers: new OutputBuffers(),
  turn: new OutputTurn((run) => flushes.push(run)),
};

function flush(): void {
  for (const run of flushes.splice(0)) run();
}

function socket() {
  return {
    write: (_bytes: Uint8Array, written: () => void) => written(),
    pause() {},
    resume() {},
    end() {},
    destroy() {},
  };
}

/** Of heap and of buffers, after what nobody holds is gone. */
async function usedSizeBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  assert.ok(typeof collect === 'function');
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
