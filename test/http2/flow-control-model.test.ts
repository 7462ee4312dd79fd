// Scenario: producers on five connections send as much as their credit allows, in any order, into a
// shard with little memory: messages of all sizes, compressed, of unknown length; they stall,
// cancel, break off and vanish, and the engine answers late and out of order.
// Guarantees: no credit is ever granted without a slab or the free 65,535 bytes behind it; the
// books of both sides agree; nobody is punished for load; PINGs are answered; nobody waits for ever
// for somebody who waits, without any help of time; in the end all memory is free and all credit
// back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KiB, MiB } from '../../src/limits.ts';
import { landingRoomBytesMin } from '../../src/memory/landing-pool.ts';
import { testSeed } from '../support/seed.ts';
import { FlowControlModel } from './flow-control-model.ts';
import { messages, type OpenCall, type Port } from './model-requests.ts';

const ports: readonly Port[] = ['grpc', 'grpc', 'grpc', 'http', 'http'];

type Step = (model: FlowControlModel) => void | Promise<void>;

const openCall: fc.Arbitrary<OpenCall> = fc.record({
  message: fc.nat(messages.length - 1),
  compression: fc.constantFrom('identity', 'identity', 'gzip', 'zstd'),
  lengthIsKnown: fc.boolean(),
  endsApart: fc.boolean(),
  cancelsAtGrant: fc.nat(9).map((number) => number === 0),
});
const connection = fc.nat(ports.length - 1);
const which = fc.nat(200);
const sizeBytes = fc.constantFrom(1, 5, 700, 16 * KiB, 64 * KiB, 2 * MiB);
const chunkSizeBytes = fc.constantFrom(9, 100, 16_393, 64 * KiB);

const open = fc.tuple(connection, fc.constantFrom(1, 1, 2, 6, 16), openCall);
const send = fc.tuple(connection, which, sizeBytes, fc.constantFrom(100, 16_384));
const deliver = fc.tuple(connection, sizeBytes, chunkSizeBytes);
const pump = fc.tuple(connection, fc.constantFrom(40_000, 4 * MiB));
const one = fc.tuple(connection, which);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: open.map((args) => named('open', args, (model) => model.open(...args))) },
  { weight: 9, arbitrary: send.map((args) => named('send', args, (model) => model.send(...args))) },
  {
    weight: 9,
    arbitrary: deliver.map((args) => named('deliver', args, (model) => model.deliver(...args))),
  },
  { weight: 5, arbitrary: pump.map((args) => named('pump', args, (model) => model.pump(...args))) },
  { weight: 1, arbitrary: one.map((args) => named('cancel', args, (m) => m.cancel(...args))) },
  { weight: 1, arbitrary: one.map((args) => named('cutOff', args, (m) => m.cutOff(...args))) },
  { weight: 1, arbitrary: connection.map((at) => named('ping', at, (model) => model.ping(at))) },
  { weight: 1, arbitrary: connection.map((at) => named('lose', at, (model) => model.lose(at))) },
  { weight: 2, arbitrary: which.map((at) => named('answer', at, (model) => model.answer(at))) },
  { weight: 3, arbitrary: fc.constant(named('turn', '', (model) => model.turn())) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(1, 100, 1_000, 3_100, 11_000)
      .map((ms) => named('wait', ms, (model) => model.wait(ms))),
  },
);

/** As fast-check shows it when a run has failed. */
function named(name: string, args: unknown, step: Step): Step {
  return Object.assign(step, { [fc.toStringMethod]: () => `${name} ${JSON.stringify(args)}` });
}

test('flow control neither over-commits nor locks up, whatever interleaves', async (context) => {
  const numRuns = Number(process.env.GOPHERSHIP_FUZZ_COUNT ?? 60);
  const sums = { accepted: 0, ok: 0, refused: 0, paused: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120 }), async (steps) => {
      const model = new FlowControlModel(ports);
      for (const take of steps) {
        await take(model);
        model.check();
      }
      await model.finish();
      sums.accepted += model.acceptedCount;
      sums.ok += model.okCount;
      sums.refused += model.refusedCount;
      sums.paused += model.pausedCount;
    }),
    { seed: testSeed(context), numRuns },
  );
  context.diagnostic(JSON.stringify(sums));
  assert.ok(sums.ok >= numRuns, 'hardly anything got through');
  assert.ok(sums.refused > 0 && sums.paused > 0, 'memory was never short');
});

test('a message that has its memory is read to its END_STREAM, however full the landing pool is', async () => {
  const model = new FlowControlModel(['grpc', 'grpc', 'grpc', 'grpc']);
  const { harness, producers } = model;
  const call: OpenCall = {
    ...{ message: 2, compression: 'identity', lengthIsKnown: true },
    ...{ endsApart: true, cancelsAtGrant: false },
  };
  const { client } = producers[0]!; // one of four
  while (harness.admission.waitingCount === 0) {
    model.open(0, 1, call);
    for (const opened of client.openCalls) {
      if (opened.restBytes > 0) client.send(opened, 16 * KiB, 16 * KiB);
    }
    model.deliver(0, MiB, 64 * KiB);
  }
  const admittedCount = client.openCalls.length - 1;
  assert.ok(admittedCount > 100, 'as many as there are slabs of this size');
  for (const index of [1, 2, 3]) {
    model.open(index, 16, { ...call, message: 4 });
    model.pump(index, MiB);
  }
  assert.ok(harness.landing.roomBytes < landingRoomBytesMin);
  await model.finish();
  assert.ok(client.okCount >= admittedCount);
});

test('many connections that come at once, with several large messages each, are all taken', async () => {
  const model = new FlowControlModel(Array.from({ length: 24 }, () => 'grpc'));
  const call: OpenCall = {
    ...{ message: 6, compression: 'identity', lengthIsKnown: true },
    ...{ endsApart: false, cancelsAtGrant: false },
  };
  for (const index of model.producers.keys()) model.open(index, 8, call);
  for (let round = 0; round < 16; round += 1) {
    for (const index of model.producers.keys()) {
      for (const opened of model.producers[index]!.client.openCalls) {
        if (opened.restBytes > 0) model.producers[index]!.client.send(opened, 16 * KiB, 16 * KiB);
      }
      model.deliver(index, 64 * KiB, 64 * KiB);
    }
    await model.turn();
  }
  await model.finish();
  assert.deepEqual([model.refusedCount, model.okCount], [0, 24 * 8]);
});
