import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { controlRpc, DashboardRig, untilClosed } from '../../../test/support/dashboard-rig.ts';
import { answerJson } from '../../../test/support/scripted-engine.ts';
import {
  controlBodySizeBytesMax,
  dashboardCallsMax,
  dashboardConnectionsMax,
  dashboardIdleMsMax,
  MiB,
} from '../../limits.ts';

// A call that tabs do not share.
const events = { method: 'POST', path: `${controlRpc}/ListEvents`, body: '{}' };

test('DashboardServer reads no more of a body than a call may have', async (context) => {
  const rig = await DashboardRig.start(context);
  const headers = await rig.tab();
  const fits = await rig.request({ ...events, headers, body: 'x'.repeat(controlBodySizeBytesMax) });
  assert.equal(fits.status, 200);
  const body = 'x'.repeat(controlBodySizeBytesMax + 1);
  const large = await rig.request({ ...events, headers, body });
  assert.deepEqual([large.status, large.headers.connection], [413, 'close']);
  const chunked = { ...headers, 'transfer-encoding': 'chunked' };
  assert.equal((await rig.request({ ...events, headers: chunked, body })).status, 413);
  // Who says how long it is need not send it.
  const announced = rig.send({ ...events, headers: { ...headers, 'content-length': '65537' } });
  announced.flushHeaders();
  const [early] = await once(announced, 'response');
  assert.equal(early.statusCode, 413);
  const session = { method: 'POST', path: '/session', body: 'x'.repeat(1_025) };
  assert.equal((await rig.request(session)).status, 413);
  assert.equal(rig.engine.calls.length, 1);
});

test('DashboardServer cuts off who sends a request slowly, or nothing at all', async (context) => {
  const rig = await DashboardRig.start(context);
  const head = `POST /session HTTP/1.1\r\nHost: ${rig.authority}\r\nOrigin: http://${rig.authority}\r\n`;
  const json = 'Content-Type: application/json\r\n';
  const slow = [
    '',
    'GET / HTTP/1.1\r\n',
    `${head}X-Slow: `,
    `${head}${json}Content-Length: 30\r\n\r\n{"to`,
    `${head}${json}Transfer-Encoding: chunked\r\n\r\n5\r\n{"to`,
  ];
  const sockets = await Promise.all(slow.map((text) => rig.socket(text)));
  // Each ends by itself, or this test does not.
  const answers = await Promise.all(sockets.map(untilClosed));
  for (const answer of answers) assert.doesNotMatch(answer, /^HTTP\/1\.1 200/);
});

test('DashboardServer cuts off who does not take an answer', async (context) => {
  const rig = await DashboardRig.start(context);
  const answerSizeBytes = 3 * MiB;
  rig.engine.script = ({ stream }) => answerJson(stream, 200, 'x'.repeat(answerSizeBytes));
  const { authorization } = await rig.tab();
  const fields = [
    `POST ${events.path} HTTP/1.1`,
    ...[`Host: ${rig.authority}`, `Origin: http://${rig.authority}`],
    ...['Content-Type: application/json', 'Content-Length: 2', `Authorization: ${authorization}`],
  ];
  // More than the kernel holds for a connection.
  const count = 8;
  const socket = await rig.socket(`${fields.join('\r\n')}\r\n\r\n{}`.repeat(count));
  while (rig.engine.calls.length < count) await setImmediate();
  rig.clock.advance(20_000);
  const taken = await untilClosed(socket);
  assert.ok(taken.length < count * answerSizeBytes);
});

test('DashboardServer has so many connections and no more, and serves again afterwards', async (context) => {
  const rig = await DashboardRig.start(context);
  const held = await Promise.all(
    Array.from({ length: dashboardConnectionsMax }, () => rig.socket('')),
  );
  const further = await rig.socket(`GET / HTTP/1.1\r\nHost: ${rig.authority}\r\n\r\n`);
  assert.equal(await untilClosed(further), '');
  await Promise.all(held.map(untilClosed));
  assert.equal((await rig.request({ path: '/' })).status, 200);
});

test('DashboardServer has so many calls under way and no more', async (context) => {
  const rig = await DashboardRig.start(context);
  const headers = await rig.tab();
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const answers: (() => void)[] = [];
  rig.engine.script = ({ stream }) => {
    answers.push(() => answerJson(stream, 200, {}));
    if (answers.length === dashboardCallsMax) resolve();
  };
  const under = Array.from({ length: dashboardCallsMax }, () =>
    rig.request({ ...events, headers }),
  );
  await all;
  const refused = await rig.request({ ...events, headers });
  assert.deepEqual([refused.status, JSON.parse(refused.text).code], [429, 'resource_exhausted']);
  for (const answer of answers) answer();
  assert.deepEqual(
    new Set((await Promise.all(under)).map((reply) => reply.status)),
    new Set([200]),
  );
  rig.engine.script = ({ stream }) => answerJson(stream, 200, {});
  assert.equal((await rig.request({ ...events, headers })).status, 200);
});

test('DashboardServer is idle when no tab has asked anything for long', async (context) => {
  const rig = await DashboardRig.start(context);
  let isIdle = false;
  void rig.server.idle.then(() => {
    isIdle = true;
  });
  const headers = await rig.tab();
  rig.clock.advance(dashboardIdleMsMax - 60_000);
  assert.equal((await rig.request({ ...events, headers })).status, 200);
  rig.clock.advance(dashboardIdleMsMax - 60_000);
  // Strangers do not keep it.
  await rig.request({ path: '/' });
  await rig.redeem('x');
  assert.equal(isIdle, false);
  rig.clock.advance(120_000);
  await rig.server.idle;
});
