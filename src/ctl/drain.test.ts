import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { durationFromMs, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { checkPrintable, fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { type DrainSchema, DrainService } from '../generated/gophership/control/v1/drain_pb.js';
import { drain, endDrain, startDrain } from './drain.ts';

type Drain = MessageInitShape<typeof DrainSchema>;

const full: Drain = {
  ...{ inFlightBatches: 3, queuedBatches: 12, vaultBatches: 1_234, openConnections: 5 },
  ...{ eta: durationFromMs(182_000), waitsFor: ['otlp_grpc/a is down'], deadLetterBatches: 4 },
};
const empty: Drain = { isEmpty: true };
const by = { isDraining: true, by: 'CN=ann', reason: 'kernel', since: timestampFromMs(0) };

/** An engine that is in these states, one after the other; the last one stays. */
function engine(states: readonly Drain[]) {
  const told: [string, string][] = [];
  let looks = 0;
  const now = () => states[Math.min(looks++, states.length - 1)] ?? {};
  const client = fakeControl({
    serve: (router) =>
      router.service(DrainService, {
        getDrain: () => ({ drain: now() }),
        startDrain({ reason }) {
          told.push(['start', reason]);
          return { drain: now() };
        },
        endDrain({ reason }) {
          told.push(['end', reason]);
          return { drain: now() };
        },
      }),
  });
  return { client, told, looks: () => looks };
}

const flags = { timeoutMs: 1_000, reason: 'kernel', yes: true };
const rest = async () => {};

test('startDrain() shows what is in the engine, drains it, and says how to undo it', async () => {
  const { client, told } = engine([full, { ...full, ...by }]);
  const terminal = fakeTerminal();
  assert.equal(await startDrain(client, { ...flags, context: 'prod' }, terminal, rest), 0);
  assert.deepEqual(told, [['start', 'kernel']]);
  const text = terminal.told();
  assert.match(text, /^plan: drain engine:4319: not ready from now on/m);
  assert.match(
    text,
    /^ +now: 3 batches in flight, 12 queued, 1,234 in the vault, about 3m2s; otlp_grpc\/a is d/m,
  );
  assert.match(text, /^undo: gs-ctl drain --end --context prod$/m);
  assert.match(terminal.shown(), /^yes +no +3 +12 +1,234 +3m2s +5$/m);
  assert.match(terminal.shown(), /^drained by CN=ann since 1970-01-01T00:00:00\.000Z: kernel$/m);
  assert.match(terminal.shown(), /^waits: otlp_grpc\/a is down$/m);
  assert.match(terminal.shown(), /^stays: 4 batches in the dead letter$/m);
});

test('startDrain() asks first, and not again when the engine is drained already', async () => {
  const { client, told } = engine([full]);
  const asking = { ...flags, yes: false };
  await assert.rejects(startDrain(client, asking, fakeTerminal('table', 'n'), rest), {
    code: 'NOT_CONFIRMED',
  });
  await assert.rejects(startDrain(client, asking, fakeTerminal(), rest), { exitCode: 64 });
  assert.deepEqual(told, []);
  const drained = engine([{ ...full, ...by }]);
  const terminal = fakeTerminal();
  assert.equal(await startDrain(drained.client, asking, terminal, rest), 0);
  assert.deepEqual(drained.told, []);
  assert.doesNotMatch(terminal.told(), /plan/);
});

test('drain --wait returns when nothing is left and nobody has sent anything', async () => {
  const busy = { ...by, isEmpty: true };
  const { client, looks } = engine([
    full,
    { ...full, ...by },
    { ...by, vaultBatches: 7 },
    { ...busy, receivedBatches: 10 },
    { ...busy, receivedBatches: 11 },
    { ...by, inFlightBatches: 1, receivedBatches: 12 },
    { ...busy, receivedBatches: 12 },
    { ...busy, receivedBatches: 12 },
    { ...full, ...by },
  ]);
  const terminal = fakeTerminal();
  assert.equal(await startDrain(client, { ...flags, wait: true }, terminal, rest), 0);
  assert.equal(looks(), 8);
  assert.match(terminal.told(), /^0 batches in flight, 0 queued, 7 in the vault$/m);
  assert.match(terminal.shown(), /^yes +yes +0 +0 +0 /m);
  const json = fakeTerminal('json');
  await startDrain(engine([empty, busy]).client, { ...flags, wait: true }, json, rest);
  const value = JSON.parse(json.shown());
  assert.deepEqual(
    [value.kind, value.drain.isEmpty, value.drain.since, json.told()],
    ['Drain', true, '1970-01-01T00:00:00.000Z', ''],
  );
});

test('drain --wait says each change once', async () => {
  const state = { ...by, vaultBatches: 7 };
  const { client } = engine([state, state, state, { ...by, isEmpty: true }]);
  const terminal = fakeTerminal();
  await startDrain(client, { ...flags, wait: true }, terminal, rest);
  const lines = terminal.told().split('\n').slice(0, -2);
  assert.deepEqual(lines, [
    '0 batches in flight, 0 queued, 7 in the vault',
    'nothing in flight, queued or in the vault',
  ]);
});

test('drain --wait ends with an error when somebody else ends the drain', async () => {
  const { client } = engine([{ ...full, ...by }, full]);
  await assert.rejects(startDrain(client, { ...flags, wait: true }, fakeTerminal(), rest), {
    ...{ code: 'CONTROL_CONFLICT', exitCode: 1, hint: /events/ },
    message: /somebody has ended the drain/,
  });
});

test('endDrain() makes the engine ready again, and exits with 5 when it is not drained', async () => {
  const { client, told } = engine([{ ...full, ...by }, full]);
  const terminal = fakeTerminal();
  assert.equal(await endDrain(client, flags, terminal), 0);
  assert.deepEqual(told, [['end', 'kernel']]);
  assert.match(terminal.told(), /^ +now: drained by CN=ann/m);
  assert.match(terminal.told(), /^undo: gs-ctl drain$/m);
  await assert.rejects(endDrain(engine([full]).client, flags, fakeTerminal()), {
    ...{ code: 'NOT_FOUND', exitCode: 5 },
  });
});

test('drain() refuses flags that exclude each other before it asks an engine', () => {
  const usage = { code: 'USAGE', exitCode: 64, message: /exclude each other/ };
  for (const wrong of [
    { wait: true, end: true },
    { end: true, status: true },
  ]) {
    assert.throws(() => drain({ ...flags, ...wrong }, fakeTerminal()), usage);
  }
});

test('text of an engine reaches no terminal unescaped', async () => {
  const evil = 'evil\u001b[2J\u202e';
  const terminal = fakeTerminal();
  const state = { ...full, ...by, by: evil, reason: evil, waitsFor: [evil] };
  await startDrain(engine([full, state]).client, { ...flags, reason: evil }, terminal, rest);
  await endDrain(engine([state]).client, flags, terminal);
  checkPrintable(terminal.told());
  checkPrintable(terminal.shown());
});
