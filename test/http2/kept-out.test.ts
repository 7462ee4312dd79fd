// Scenario: a client has four connections, each of which brings one long message slowly and has had
// four streams at once before; its fifth has one short message. Eight connections of a client send
// as much as they may, of which four fill the landing pool. And of 257 connections of a port as
// many wait for memory as may, when the last one comes.
// Guarantees: who may still send more keeps others out only for a while, and not any more when it
// has broken the rules; and who comes while many wait is not read in vain.

import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { clientPreface } from '../../src/http2/frame-format.ts';
import { Http2Server } from '../../src/http2/http2-server.ts';
import { OpenRequests } from '../../src/http2/open-requests.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { RigHandler } from '../support/http2-rig.ts';
import { pingFrame, settingsFrame } from '../support/raw-frames.ts';
import { ScriptedLanding } from '../support/scripted-landing.ts';
import { FlowControlModel } from './flow-control-model.ts';
import type { OpenCall } from './model-requests.ts';

const short: OpenCall = {
  ...{ message: 2, compression: 'identity', lengthIsKnown: true },
  ...{ endsApart: false, cancelsAtGrant: false },
};
const long: OpenCall = { ...short, message: 3 };
const slow = [0, 1, 2, 3];
const kept = 4;

/** The slow ones have begun, and what else they may send needs the whole landing pool. */
function slowUploads(): FlowControlModel {
  const model = new FlowControlModel([...slow, kept].map(() => 'grpc'));
  for (const index of slow) {
    model.open(index, 4, short);
    model.pump(index, MiB);
  }
  while (model.harness.accepted.length > 0) model.answer(0);
  for (const index of slow) {
    model.open(index, 1, long);
    sendSome(model, index);
  }
  const { landing, slabs } = model.harness;
  assert.equal(landing.freeBytes, landing.sizeBytes);
  assert.equal(landing.firstRoomBytes, 0);
  assert.ok(slabs.occupancyPercent < 50, 'memory is not short');
  return model;
}

function sendSome(model: FlowControlModel, index: number): void {
  model.send(index, 0, 100, 100);
  model.deliver(index, MiB, 64 * KiB);
}

async function waitFor(model: FlowControlModel, ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 500) {
    for (const index of slow) sendSome(model, index);
    model.wait(500);
    model.pump(kept, MiB);
    await model.turn();
    while (model.harness.accepted.length > 0) model.answer(0);
    model.check();
  }
}

test('who is kept out by what others may send is read within seconds, however long they take', async () => {
  const model = slowUploads();
  const { client } = model.producers[kept]!; // of five
  model.open(kept, 1, short);
  await waitFor(model, 1_500);
  assert.equal(client.okCount, 1);
  model.open(kept, 1, short);
  await waitFor(model, 1_500);
  assert.equal(client.okCount, 2);
  await model.finish();
});

test('each connection of a client gets its turns, although some have always a message under way', async () => {
  const model = new FlowControlModel(
    Array.from({ length: 8 }, () => 'grpc'),
    512 * KiB,
  );
  const opens = { ...long, message: 4 };
  for (let round = 0; round < 400; round += 1) {
    for (const [index, { client }] of model.producers.entries()) {
      const moreCount = Math.min(8, client.concurrentStreamsMax) - client.openCalls.length;
      model.open(index, round === 0 ? moreCount : Math.sign(Math.max(0, moreCount)), opens);
      for (const call of client.openCalls) {
        if ((call.id + round) % 3 !== 0) client.send(call, 16 * KiB, 16 * KiB);
      }
      model.deliver(index, 64 * KiB, 64 * KiB);
    }
    for (let count = 0; count < 2; count += 1) model.answer(round);
    model.harness.clock.advance(50);
    await model.turn();
  }
  const okCounts = model.producers.map(({ client }) => client.okCount);
  assert.ok(Math.min(...okCounts) >= 5, `${okCounts}`);
  await model.finish();
  assert.equal(model.refusedCount, 0);
});

test('a client counts for no more streams than it has had at once lately', async () => {
  const model = slowUploads();
  const { landing } = model.harness;
  await waitFor(model, 20_500);
  assert.ok(landing.roomBytes >= 64 * KiB, `${landing.roomBytes}`);
  await model.finish();
});

test('a connection that has failed keeps nobody out until its socket is closed', () => {
  const model = slowUploads();
  const { landing } = model.harness;
  for (const index of slow) {
    const { rig } = model.producers[index]!.client; // of five
    rig.send(pingFrame().fill(0xff, 0, 3)); // too long for any frame
    assert.deepEqual(rig.socket.isDestroyed, false);
  }
  assert.equal(landing.roomBytes, landing.sizeBytes / 2);
});

test('a connection that comes while as many wait as may is not read', async (context) => {
  const landing = new ScriptedLanding(0);
  const http2 = new Http2Server({
    accept: (stream) => new RigHandler(stream, true),
    clock: new FakeClock(),
    random: () => 0.5,
    keepalive: {
      ...{ connectionAgeMsMax: 1e9, connectionAgeGraceMs: 1e9, connectionIdleMsMax: 1e9 },
      ...{ timeMs: 1e9, timeoutMs: 1e9 },
    },
    ...{ concurrentStreamsMax: 4, landing, openRequests: new OpenRequests() },
    counters: { add() {}, addAbuse() {} },
  });
  const served: Socket[] = [];
  const server = createServer((socket) => {
    served.push(socket);
    http2.serve(socket, { peerSubject: 'CN=a', remoteAddress: '' });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clients: Socket[] = [];
  context.after(() => {
    for (const socket of [...clients, ...served]) socket.destroy();
    server.close();
  });
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const come = async (bytes: Uint8Array) => {
    const client = connect(address.port, '127.0.0.1');
    client.on('error', () => {});
    clients.push(client);
    await new Promise<void>((resolve) => client.once('connect', () => resolve()));
    client.write(bytes);
  };
  const greeting = Buffer.concat([clientPreface, settingsFrame()]);
  for (let count = 0; count < 256; count += 1) await come(greeting);
  while (landing.waiting.size < 256) await turn();
  await come(Buffer.concat([greeting, Buffer.alloc(4 * MiB)]));
  while (served.length < 257) await turn();
  for (let count = 0; count < 50; count += 1) await turn();
  assert.equal(landing.waiting.size, 256);
  assert.ok(served[256]!.bytesRead <= 64 * KiB, `${served[256]!.bytesRead} bytes`); // 257 came
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
