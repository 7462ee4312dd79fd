// Scenario: a producer with 24 connections keeps 96 calls of 200 KB open at an engine that holds
// four of them at a time; another, with a certificate of its own, sends one call after the other on
// one connection, in each version of HTTP.
// Guarantees: once the modest one's connection is read, each of its calls gets one of the next
// slabs that become free, however many connections the greedy one has; nobody is refused.

import assert from 'node:assert/strict';
import { type ClientHttp2Session, connect } from 'node:http2';
import { Agent, request } from 'node:https';
import { after, before, type TestContext, test } from 'node:test';
import type { ConnectionOptions } from 'node:tls';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import type { IngestCall } from '../../src/ingester/ingest-call.ts';
import { issue } from '../../src/tls/certificate-authority.ts';
import { call, ListenerHarness } from '../support/listener-harness.ts';

const greedyConnections = 24;
const callsPerConnection = 4;
const modestCalls = 12;
const message = Buffer.alloc(200_000, 'x'); // a span each
const framed = frameMessage(message);

/** One connection: sends a call and says how it ended, 'OK' if well. */
type Producer = { send(): Promise<string>; close(): void };

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

async function tlsOf(commonName: string): Promise<ConnectionOptions> {
  const { ca, caPem } = harness.certificates;
  const pair = await issue({ ca, commonName, usage: 'client', daysValid: 1 });
  return { ca: caPem, cert: pair.certPem, key: pair.keyPem, servername: 'localhost' };
}

function overHttp2(tls: ConnectionOptions): Producer {
  const session: ClientHttp2Session = connect(`https://127.0.0.1:${harness.port}`, tls);
  session.on('error', () => {});
  const send = async () => {
    const { outcome } = await call(session, framed);
    return outcome === '0' ? 'OK' : outcome;
  };
  return { send, close: () => session.destroy() };
}

function overHttp1(tls: ConnectionOptions): Producer {
  const agent = new Agent({ ...tls, keepAlive: true, maxSockets: 1 });
  const headers = {
    'content-type': 'application/x-protobuf',
    'content-length': message.length,
  };
  const to = { host: '127.0.0.1', port: harness.httpPort, path: '/v1/logs', method: 'POST' };
  const send = () =>
    new Promise<string>((resolve, reject) => {
      const sent = request({ ...to, agent, headers }, (response) => {
        response.resume().on('end', () => resolve(statusText(response.statusCode)));
      });
      sent.on('error', reject).end(message);
    });
  return { send, close: () => agent.destroy() };
}

function statusText(status: number | undefined): string {
  return status === 200 ? 'OK' : `HTTP ${status}`;
}

async function turn(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

async function competes(context: TestContext, connectModest: (tls: ConnectionOptions) => Producer) {
  order.length = 0;
  const [greedyTls, modestTls] = [await tlsOf('greedy'), await tlsOf('modest')];
  const greedy = Array.from({ length: greedyConnections }, () => overHttp2(greedyTls));
  let goesOn = true;
  const outcomes = new Set<string>();
  const keepsOpen = async ({ send }: Producer) => {
    while (goesOn) outcomes.add(await send());
  };
  const greedyWork = greedy.flatMap((one) =>
    Array.from({ length: callsPerConnection }, () => keepsOpen(one)),
  );
  let finished = false;
  const engine = async () => {
    while (!finished) {
      await turn(1);
      const [oldest] = held.splice(0, 1);
      if (oldest !== undefined) harness.finish(oldest);
    }
  };
  const engineWork = engine();
  while (order.length < 2 * greedyConnections) await turn(5);

  const modest = connectModest(modestTls);
  const waits: number[] = [];
  for (let count = 0; count < modestCalls; count += 1) {
    const before = order.length;
    outcomes.add(await modest.send());
    const at = order.findIndex((who, index) => index >= before && who.includes('modest'));
    waits.push(at - before);
  }
  goesOn = false;
  await Promise.all(greedyWork);
  finished = true;
  await engineWork;
  for (const { close } of [...greedy, modest]) close();

  context.diagnostic(`calls of the greedy one that went first: ${waits}`);
  assert.deepEqual([...outcomes], ['OK']);
  // Those that the engine got while the call was on its way count, too: four slabs are out.
  const worst = Math.max(...waits.slice(1));
  assert.ok(worst <= 24, `${waits}: by connections it would be ${greedyConnections} at least`);
  const sorted = waits.toSorted((a, b) => a - b);
  assert.ok(sorted[modestCalls / 2]! <= 10, `${waits}`);
}

test('one identity with many connections does not starve another with one, over HTTP/2', (context) =>
  competes(context, overHttp2));

test('one identity with many connections does not starve another with one, over HTTP/1.1', (context) =>
  competes(context, overHttp1));
