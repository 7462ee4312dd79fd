// Scenario: a producer with 24 connections keeps 96 calls of 100 KB open at an engine that holds
// four of them at a time; another, with a certificate of its own, sends one call after the other on
// one connection.
// Guarantees: once the modest one's connection is read, each of its calls gets one of the next
// slabs that become free, however many connections the greedy one has; nobody is refused.

import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { connect } from 'node:http2';
import { after, before, test } from 'node:test';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import type { IngestCall } from '../../src/ingester/ingest-call.ts';
import { issue } from '../../src/tls/certificate-authority.ts';
import { call, ListenerHarness } from '../support/listener-harness.ts';

const greedyConnections = 24;
const callsPerConnection = 4;
const modestCalls = 12;

let harness: ListenerHarness;
const held: IngestCall[] = [];
/** Producers in the order in which the engine got their calls. */
const order: string[] = [];

before(async () => {
  harness = await ListenerHarness.start({
    arena: { spanCount: 4 },
    memory: { admissionTimeoutMs: 60_000 },
    accept: (accepted) => {
      held.push(accepted);
      order.push(accepted.producer);
    },
  });
});
after(() => harness.stop());

async function producer(commonName: string): Promise<() => ClientHttp2Session> {
  const { ca, caPem } = harness.certificates;
  const pair = await issue({ ca, commonName, usage: 'client', daysValid: 1 });
  return () => {
    const session = connect(`https://127.0.0.1:${harness.port}`, {
      ...{ ca: caPem, cert: pair.certPem, key: pair.keyPem, servername: 'localhost' },
    });
    session.on('error', () => {});
    return session;
  };
}

test('one identity with many connections does not starve another with one', async (context) => {
  const greedy = await producer('greedy');
  const modest = await producer('modest');
  const body = frameMessage(Buffer.alloc(200_000, 'x')); // a span each
  const sessions = Array.from({ length: greedyConnections }, greedy);
  let goesOn = true;
  const outcomes = new Set<string>();
  const keepsOpen = async (session: ClientHttp2Session) => {
    while (goesOn) outcomes.add((await call(session, body)).outcome);
  };
  const greedyWork = sessions.flatMap((session) =>
    Array.from({ length: callsPerConnection }, () => keepsOpen(session)),
  );
  let finished = false;
  const engine = async () => {
    while (!finished) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      const [oldest] = held.splice(0, 1);
      if (oldest !== undefined) harness.finish(oldest);
    }
  };
  const engineWork = engine();
  while (order.length < 2 * greedyConnections)
    await new Promise((resolve) => setTimeout(resolve, 5));

  const session = modest();
  const waits: number[] = [];
  for (let count = 0; count < modestCalls; count += 1) {
    const before = order.length;
    outcomes.add((await call(session, body)).outcome);
    const at = order.findIndex((who, index) => index >= before && who.includes('modest'));
    waits.push(at - before);
  }
  goesOn = false;
  await Promise.all(greedyWork);
  finished = true;
  await engineWork;
  for (const one of [...sessions, session]) one.destroy();

  context.diagnostic(`calls of the greedy one that went first: ${waits}`);
  assert.deepEqual([...outcomes], ['0']);
  // Those that the engine got while the call was on its way count, too: four slabs are out.
  const worst = Math.max(...waits.slice(1));
  assert.ok(worst <= 24, `${waits}: by connections it would be ${greedyConnections} at least`);
  const sorted = waits.toSorted((a, b) => a - b);
  assert.ok(sorted[modestCalls / 2]! <= 10, `${waits}`);
});
