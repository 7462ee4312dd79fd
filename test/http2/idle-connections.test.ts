// Scenario: a thousand producers send once and go quiet; others cancel their calls the moment that
// they were given credit for the largest message; others wait with all the streams they may have.
// Guarantees: no byte of the arena belongs to a connection without an open message, so the next
// largest message is admitted at once, on whichever connection; credit that cancels have left
// overruns nothing; and who has one message to send does not wait for all that another connection
// has.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { KiB, MiB } from '../../src/limits.ts';
import { FlowControlModel, type Producer } from './flow-control-model.ts';
import { messages, type OpenCall, requestOf } from './model-requests.ts';

const largest: OpenCall = {
  message: messages.length - 1,
  ...{ compression: 'identity', lengthIsKnown: true, endsApart: false, cancelsAtGrant: false },
};
const cancelled: OpenCall = { ...largest, cancelsAtGrant: true };
const small: OpenCall = { ...largest, message: 2 };
const everything = Number.MAX_SAFE_INTEGER;
const connectionCount = 1_000;

/** What goes back and forth on one connection until it is quiet; the engine answers at once. */
function exchange(model: FlowControlModel, { client }: Producer): void {
  do {
    client.pump(everything);
    while (model.harness.accepted.length > 0) model.harness.finishOldest();
  } while (client.read());
}

/** Without any time going by. */
function checkAdmitted(model: FlowControlModel, producer: Producer): void {
  const { client, port } = producer;
  const { okCount } = client;
  client.open(requestOf(port, largest));
  exchange(model, producer);
  assert.equal(client.okCount, okCount + 1, 'not admitted at once');
}

function checkNothingHeld(model: FlowControlModel): void {
  const { slabs, landing } = model.harness;
  assert.equal(slabs.reservedBytes, 0);
  assert.equal(landing.freeBytes, landing.sizeBytes);
}

test('1,000 connections that were busy once hold nothing', async (context) => {
  const model = new FlowControlModel([]);
  const before = await usedSizeBytes();
  for (let count = 0; count < connectionCount; count += 1) model.add('grpc');
  const idle = await usedSizeBytes();
  for (const [index, producer] of model.producers.entries()) {
    producer.client.open(requestOf('grpc', index % 10 === 0 ? largest : small));
    exchange(model, producer);
    assert.equal(producer.client.okCount, 1);
    producer.client.forget();
  }
  model.check();
  checkNothingHeld(model);
  const quiet = await usedSizeBytes();
  const perConnection = (sizeBytes: number) => Math.round((sizeBytes - before) / connectionCount);
  const text = `${perConnection(idle)} bytes before, ${perConnection(quiet)} bytes after`;
  context.diagnostic(`a connection and its model client: ${text}`);
  assert.ok(perConnection(quiet) < 24 * KiB, text);
  checkAdmitted(model, model.producers[0]!); // there are 1,000
  checkAdmitted(model, model.add('grpc'));
});

test('1,000 cancels right after a grant for the largest message leave nothing', () => {
  const model = new FlowControlModel([]);
  const producer = model.add('grpc');
  for (let count = 0; count < 1_000; count += 1) {
    producer.client.open(requestOf('grpc', cancelled));
    exchange(model, producer);
    checkNothingHeld(model);
    model.wait(50); // 20 a second are allowed
  }
  model.check();
  const { creditBytes } = producer.client;
  assert.ok(creditBytes <= 64 * KiB + MiB, 'each leaves more, instead of what the last one left');
  checkAdmitted(model, producer);
  checkAdmitted(model, model.add('grpc'));
});

test('a cancel on each of 1,000 connections leaves credit, but takes no memory', () => {
  const model = new FlowControlModel([]);
  for (let count = 0; count < connectionCount; count += 1) {
    const producer = model.add('grpc');
    producer.client.open(requestOf('grpc', cancelled));
    exchange(model, producer);
    assert.ok(producer.client.creditBytes > 900 * KiB);
    checkNothingHeld(model);
  }
  model.check();
  checkAdmitted(model, model.producers[0]!); // there are 1,000
  checkAdmitted(model, model.add('grpc'));
});

test('credit that many cancels have left, used all at once, overruns nothing', async () => {
  const model = new FlowControlModel([]);
  for (let count = 0; count < 20; count += 1) {
    const producer = model.add('grpc');
    producer.client.open(requestOf('grpc', cancelled));
    exchange(model, producer);
  }
  for (const index of model.producers.keys()) {
    model.open(index, 20, { ...largest, message: 4 }); // 70 KiB each, 65,535 bytes of which go now
    model.pump(index, everything);
    model.check();
  }
  await model.finish();
  assert.ok(model.okCount > 0);
  assert.ok(model.pausedCount > 0, 'it was no more than there is room for');
});

test('the first message of a connection does not wait for 256 of another', async () => {
  const model = new FlowControlModel(['grpc', 'grpc', 'grpc'], 2 * MiB);
  const { admission } = model.harness;
  model.open(0, 2, largest);
  while (model.harness.accepted.length < 2) model.pump(0, everything); // all there is room for
  model.open(1, 256, { ...largest, message: 13 });
  const [, busy, other] = model.producers;
  for (const call of busy!.client.openCalls) busy!.client.send(call, 100, 100);
  model.deliver(1, everything, 64 * KiB);
  assert.equal(admission.waitingCount, 256);
  model.open(2, 1, largest);
  model.pump(2, everything);
  assert.equal(admission.waitingCount, 257);
  while (other!.client.openCalls.length > 0) {
    for (const index of model.producers.keys()) model.pump(index, everything);
    model.answer(0);
    await model.turn();
    model.check();
  }
  assert.ok(busy!.client.okCount <= 2, `${busy!.client.okCount} others first`);
  model.lose(1);
  await model.finish();
});

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
