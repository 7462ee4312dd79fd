// Scenario: the name of an HTTP destination leads elsewhere, cannot be looked up, or its
// connections get old. Guarantees: connections follow the name and their age without a failed
// request, the last answer serves while lookups fail or hang, and a request without any answer
// gives its memory and its turn back.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { OutcomeKind } from '../../src/exporter/destination.ts';
import { OtlpHttpExporter } from '../../src/exporter/otlp-http-exporter.ts';
import { silentLog } from '../../src/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import { ExporterRig, httpConfig, idsOf } from './exporter-rig.ts';

const delivered = { kind: OutcomeKind.Delivered, rejectedRecords: 0, message: '' };

test('N5 connections are used again, and replaced after 30 min +-10 %', async (t) => {
  for (const [random, ageMs] of [
    [0, 27 * 60_000],
    [0.9999, 33 * 60_000],
  ] as const) {
    const { clock, sinks, rig, names } = await start(t, random);
    const [sink] = sinks;
    assert.deepEqual(await rig.send(['a']).outcome, delivered);
    clock.advance(ageMs - 1_000);
    await settled();
    assert.deepEqual(await rig.send(['b']).outcome, delivered);
    assert.equal(sink.connectionCount, 1);
    names.lookups = 0;
    clock.advance(1_001);
    assert.deepEqual(await rig.send(['c']).outcome, delivered);
    assert.equal(sink.connectionCount, 2);
    assert.ok(names.lookups >= 1, 'looked up before the new connection');
    assert.equal(rig.count('FailedRequests'), 0);
  }
});

test('a busy connection that gets old answers first, and serves no other request', async (t) => {
  const { clock, sinks, rig } = await start(t, 0.5, 40 * 60_000);
  const [sink] = sinks;
  sink.mode = { kind: 'late', answerAfterMs: 50 };
  const busy = rig.send(['a']);
  await sink.until(() => sink.arrivals.length === 1);
  clock.advance(30 * 60_000);
  assert.deepEqual(await busy.outcome, delivered);
  sink.mode = { kind: 'ok' };
  assert.deepEqual(await rig.send(['b']).outcome, delivered);
  assert.equal(sink.connectionCount, 2);
  // The old one is closed.
  while (sink.openConnectionCount > 1) await settled();
  assert.deepEqual(idsOf(sink.requests), ['a', 'b']);
});

test('connections follow the name within a minute, and stay while it still leads to them', async (t) => {
  const { clock, sinks, rig, names } = await start(t, 0.5);
  const [first, second] = sinks;
  assert.deepEqual(await rig.send(['a']).outcome, delivered);
  names.answer = ['127.0.0.2', '127.0.0.1'];
  await lookUpAgain(clock);
  assert.deepEqual(await rig.send(['b']).outcome, delivered);
  assert.deepEqual([first.connectionCount, second.connectionCount], [1, 0]);
  names.answer = ['127.0.0.2'];
  await lookUpAgain(clock);
  assert.deepEqual(await rig.send(['c']).outcome, delivered);
  assert.deepEqual(idsOf(first.requests), ['a', 'b']);
  assert.deepEqual(idsOf(second.requests), ['c']);
  assert.equal(rig.count('FailedRequests'), 0);
});

test('while lookups fail or hang, new connections go where the last answer said', async (t) => {
  const { clock, sinks, rig, names } = await start(t, 0.5);
  const [sink] = sinks;
  assert.deepEqual(await rig.send(['a']).outcome, delivered);
  for (const answer of [new Error('SERVFAIL'), [], 'hangs'] as const) {
    names.answer = answer;
    await lookUpAgain(clock);
    const { connectionCount } = sink;
    sink.dropConnections();
    const { outcome } = rig.send([`after ${String(answer)}`]);
    await advanceUntil(clock, outcome, 20_000);
    assert.deepEqual(await outcome, delivered);
    assert.ok(sink.connectionCount > connectionCount);
  }
});

test('a name that never gets an answer holds its own requests only, and they arrive when it has one', async (t) => {
  const dead = await start(t, 0.5);
  const alive = await start(t, 0.5);
  dead.names.answer = 'hangs';
  const waiting = dead.rig.send(['a']);
  await settled();
  assert.deepEqual(await alive.rig.send(['b']).outcome, delivered);
  assert.equal(dead.names.lookups, 1);

  dead.clock.advance(2_000);
  await settled();
  assert.equal(dead.rig.count('FailedRequests'), 1, 'the timeout counts from the start');
  assert.equal(dead.rig.count('UnknownOutcomes'), 0, 'nothing was sent');
  assert.equal(dead.rig.count('InflightRequests'), 0);
  dead.names.answer = ['127.0.0.1'];
  dead.names.resume();
  await advanceUntil(dead.clock, waiting.outcome, 60_000);
  assert.deepEqual(await waiting.outcome, delivered);
  assert.deepEqual(idsOf(dead.sinks[0].requests), ['a']);
});

type Answer = readonly string[] | Error | 'hangs';

/** What a name leads to. */
class Names {
  answer: Answer = ['127.0.0.1'];
  lookups = 0;
  /** Answers the lookups that hang. */
  resume: () => void = () => {};

  lookUp(): Promise<readonly string[]> {
    this.lookups += 1;
    const { answer } = this;
    if (answer instanceof Error) return Promise.reject(answer);
    if (answer !== 'hangs') return Promise.resolve(answer);
    return new Promise((resolve) => {
      this.resume = () => resolve(this.answer as readonly string[]); // the test has set one before
    });
  }
}

/** Two sinks on the same port of two addresses; the name leads to the first. */
async function start(t: TestContext, random: number, timeoutMs = 2_000) {
  const first = await startSink({ transport: 'http' });
  const { port } = first;
  const second = await startSink({ transport: 'http', host: '127.0.0.2', port });
  const sinks: readonly [OtlpSink, OtlpSink] = [first, second];
  const clock = new FakeClock();
  const names = new Names();
  const config = await httpConfig(first, { timeoutMs });
  const lookup = () => names.lookUp();
  const deps = { clock, log: silentLog, random: () => random, version: '1', lookup };
  const rig = new ExporterRig(config, clock, new OtlpHttpExporter(config, deps));
  t.after(async () => {
    await rig.destination.close();
    for (const sink of sinks) await sink.close();
  });
  return { clock, sinks, rig, names };
}

/** A minute, and what a lookup is waited for; in steps, because answers come between timers. */
async function lookUpAgain(clock: FakeClock): Promise<void> {
  for (let second = 0; second < 62; second += 1) {
    clock.advance(1_000);
    await settled();
  }
}

/** Lets everything run that waits for no timer and no socket. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/**
 * Time goes on by steps that are small beside every timeout; what needs real sockets gets its
 * turns.
 */
async function advanceUntil(
  clock: FakeClock,
  outcome: Promise<unknown>,
  msMax: number,
): Promise<void> {
  let isDone = false;
  void outcome.then(() => {
    isDone = true;
  });
  for (let ms = 0; ms < msMax && !isDone; ms += 50) {
    clock.advance(50);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  assert.ok(isDone, `not done after ${msMax} ms`);
}
