import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { createInterface, type Interface } from 'node:readline';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { controlRpc, DashboardRig } from '../../../test/support/dashboard-rig.ts';
import { answerJson, answerMessages, sendMessage } from '../../../test/support/scripted-engine.ts';
import { dashboardIdleMsMax, dashboardStreamsMax, KiB } from '../../limits.ts';

// Of those that tabs do not share.
const tap = { method: 'POST', path: '/stream/gophership.control.v1.TapService/Tap', body: '{}' };

interface OpenTap {
  readonly response: IncomingMessage;
  readonly lines: AsyncIterator<string>;
  /** The engine's side. */
  readonly stream: ServerHttp2Stream;
}

async function openTap(rig: DashboardRig, headers: Record<string, string>): Promise<OpenTap> {
  const { promise, resolve } = Promise.withResolvers<ServerHttp2Stream>();
  rig.engine.script = ({ stream }) => {
    answerMessages(stream);
    resolve(stream);
  };
  const response = await rig.respond({ ...tap, headers });
  const lines: Interface = createInterface({ input: response });
  return { response, lines: lines[Symbol.asyncIterator](), stream: await promise };
}

async function next({ lines }: OpenTap): Promise<unknown> {
  const { value, done } = await lines.next();
  return done === true ? undefined : JSON.parse(value);
}

test('a stream of the page is the messages of the engine, a line each, and its end', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  assert.equal(open.response.headers['content-type'], 'application/x-ndjson');
  assert.equal(open.response.headers['cache-control'], 'no-store');
  const [call] = rig.engine.calls;
  assert.equal(call?.headers['content-type'], 'application/connect+json');
  assert.equal(call?.body.toString('latin1'), '\0\0\0\0\u0002{}');
  sendMessage(open.stream, { status: { host: 'a\nb' } });
  sendMessage(open.stream, { heartbeat: 'ZONE_RED' });
  assert.deepEqual(await next(open), { message: { status: { host: 'a\nb' } } });
  assert.deepEqual(await next(open), { message: { heartbeat: 'ZONE_RED' } });
  sendMessage(open.stream, {}, 2);
  assert.deepEqual(await next(open), { end: true });
  assert.equal(await next(open), undefined);
});

test('a stream of the page ends with the error that the engine gives', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  const error = { code: 'unavailable', message: 'DRAINING: the engine has stopped' };
  sendMessage(open.stream, { error }, 2);
  assert.deepEqual([await next(open), await next(open)], [{ error }, undefined]);
});

test('a stream of the page says that the engine has gone', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  open.stream.session?.destroy();
  const last = JSON.stringify(await next(open));
  assert.match(last, /^\{"error":\{"code":"unavailable","message":"UNREACHABLE: engine:4319: /);
  assert.equal(await next(open), undefined);
});

test('a stream of the page ends when what comes is no message', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  open.stream.write(Buffer.from([4, 0, 0, 0, 1, 0]));
  assert.match(JSON.stringify(await next(open)), /"code":"internal","message":"ENGINE: /);
  const other = await openTap(rig, await rig.tab());
  sendMessage(other.stream, 'x', 2);
  assert.deepEqual(await next(other), { end: true });
});

test('a stream that the engine refuses is refused with its words', async (context) => {
  const rig = await DashboardRig.start(context);
  const error = { code: 'resource_exhausted', message: 'CONTROL_BUSY: too many taps' };
  rig.engine.script = ({ stream }) => answerJson(stream, 429, error);
  const refused = await rig.request({ ...tap, headers: await rig.tab() });
  assert.deepEqual([refused.status, JSON.parse(refused.text)], [429, error]);
});

test('a stream may have nothing to say for longer than a call may take', async (context) => {
  const rig = await DashboardRig.start(context);
  const headers = await rig.tab();
  // The connection has a deadline; here it is there.
  await rig.request({ ...tap, path: `${controlRpc}/GetStatus`, headers });
  const { promise: asked, resolve } = Promise.withResolvers<ServerHttp2Stream>();
  rig.engine.script = ({ stream }) => resolve(stream);
  const answered = rig.respond({ ...tap, headers });
  const stream = await asked;
  // Of Connect's server the head of an answer comes with the first message.
  rig.clock.advance(60_000);
  answerMessages(stream);
  sendMessage(stream, { heartbeat: 'ZONE_RED' });
  assert.equal((await answered).statusCode, 200);
});

test('a tab that leaves before the first message ends the stream too', async (context) => {
  const rig = await DashboardRig.start(context);
  const { promise: asked, resolve } = Promise.withResolvers<ServerHttp2Stream>();
  rig.engine.script = ({ stream }) => resolve(stream);
  const sent = rig.send({ ...tap, headers: await rig.tab() });
  sent.end(tap.body);
  const stream = await asked;
  const closed = once(stream, 'close');
  sent.destroy();
  await closed;
});

test('a tab that leaves ends the stream of the engine', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  const closed = once(open.stream, 'close');
  open.response.destroy();
  await closed;
});

test('the tabs together have so many streams and no more, so that calls get through', async (context) => {
  const rig = await DashboardRig.start(context);
  const [one, other] = [await rig.tab(), await rig.tab()];
  const opened: OpenTap[] = [];
  for (let count = 0; count < dashboardStreamsMax; count += 1) {
    opened.push(await openTap(rig, count % 2 === 0 ? one : other));
  }
  const refused = await rig.request({ ...tap, headers: one });
  assert.deepEqual([refused.status, JSON.parse(refused.text).code], [429, 'resource_exhausted']);
  const [first] = opened;
  sendMessage(first!.stream, {}, 2);
  await next(first!);
  await next(first!);
  await openTap(rig, one);
});

test('a tab that reads slowly stops the engine, and goes on where it reads again', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  open.response.pause();
  const message = { text: 'x'.repeat(256 * KiB) };
  let sentCount = 0;
  // Until what is sent stays here: the tab's own connection holds some, and the window of one.
  while (open.stream.writableLength < 4 * message.text.length) {
    sendMessage(open.stream, message);
    sentCount += 1;
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    assert.ok(sentCount < 1_000, 'nothing stops the engine');
  }
  open.response.resume();
  for (let count = 0; count < sentCount; count += 1) {
    assert.deepEqual(await next(open), { message });
  }
});

test('a tab that does not read at all is cut off', async (context) => {
  const rig = await DashboardRig.start(context);
  const open = await openTap(rig, await rig.tab());
  open.response.pause();
  const closed = once(open.stream, 'close');
  while (open.stream.writableLength < 1_024 * KiB) {
    sendMessage(open.stream, { text: 'x'.repeat(256 * KiB) });
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
  }
  rig.clock.advance(30_000);
  await closed;
});

test('a dashboard with an open stream is not idle', async (context) => {
  const rig = await DashboardRig.start(context);
  const headers = await rig.tab();
  const open = await openTap(rig, headers);
  let isIdle = false;
  void rig.server.idle.then(() => {
    isIdle = true;
  });
  rig.clock.advance(2 * dashboardIdleMsMax);
  sendMessage(open.stream, { heartbeat: 'ZONE_RED' });
  assert.deepEqual(await next(open), { message: { heartbeat: 'ZONE_RED' } });
  assert.equal((await rig.request({ ...tap, path: '/link', headers })).status, 200);
  assert.equal(isIdle, false);
});
