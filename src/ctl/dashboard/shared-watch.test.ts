import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { controlStream, DashboardRig } from '../../../test/support/dashboard-rig.ts';
import { answerJson, answerMessages, sendMessage } from '../../../test/support/scripted-engine.ts';
import {
  dashboardSessionsMax,
  dashboardStreamsMax,
  dashboardWatchesMax,
  KiB,
} from '../../limits.ts';

const watch = { method: 'POST', path: `${controlStream}/WatchStatus`, body: '{}' };

/** One that answers each watch with this message first. */
async function watchedRig(context: TestContext, first: object) {
  const rig = await DashboardRig.start(context);
  const streams: ServerHttp2Stream[] = [];
  rig.engine.script = ({ stream }) => {
    streams.push(stream);
    answerMessages(stream);
    sendMessage(stream, first);
  };
  return { rig, streams };
}

interface Tab {
  readonly response: IncomingMessage;
  next(): Promise<unknown>;
}

async function openTab(rig: DashboardRig, headers: Record<string, string>): Promise<Tab> {
  const response = await rig.respond({ ...watch, headers });
  assert.equal(response.statusCode, 200);
  const lines = createInterface({ input: response })[Symbol.asyncIterator]();
  return {
    response,
    async next() {
      const { value, done } = await lines.next();
      return done === true ? undefined : JSON.parse(value);
    },
  };
}

async function openTabs(rig: DashboardRig, count: number): Promise<Tab[]> {
  const headers: Record<string, string>[] = [];
  for (let tab = 0; tab < count; tab += 1) headers.push(await rig.tab());
  return Promise.all(headers.map((one) => openTab(rig, one)));
}

const nexts = (tabs: readonly Tab[]) => Promise.all(tabs.map((tab) => tab.next()));
const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value);
const status = (uptime: number) => ({ status: { uptime } });

test('all tabs see one watch of the engine, at its pace and in its words', async (context) => {
  const { rig, streams } = await watchedRig(context, status(1));
  const count = dashboardSessionsMax;
  const tabs = await openTabs(rig, count);
  assert.deepEqual(await nexts(tabs), times(count, { message: status(1) }));
  for (const message of [status(2), { heartbeat: 'ZONE_RED' }, { heartbeat: 'ZONE_RED' }]) {
    sendMessage(streams[0]!, message);
    assert.deepEqual(await nexts(tabs), times(count, { message }));
  }
  assert.equal(rig.engine.calls.length, 1);
});

test('nothing but our own words reaches the engine, whatever a tab says', async (context) => {
  const { rig } = await watchedRig(context, status(1));
  const headers = { ...(await rig.tab()), 'x-tab': 'first', 'user-agent': 'first' };
  const asked = { ...watch, body: '{"first":true}', headers };
  rig.send(asked).end(asked.body);
  await openTab(rig, await rig.tab());
  const [call, ...others] = rig.engine.calls;
  assert.equal(others.length, 0);
  assert.equal(call?.body.toString('latin1'), '\0\0\0\0\u0002{}');
  assert.doesNotMatch(JSON.stringify(call?.headers), /first|Bearer/);
});

test('a tab that comes later has the newest at once, if it is new', async (context) => {
  const { rig, streams } = await watchedRig(context, status(1));
  const [first] = await openTabs(rig, 1);
  await first!.next();
  sendMessage(streams[0]!, status(2));
  await first!.next();
  const late = await openTab(rig, await rig.tab());
  assert.deepEqual(await late.next(), { message: status(2) });
  // An engine that has said nothing for so long may be stuck: what it said is not the present.
  rig.clock.advance(6_001);
  const later = await openTab(rig, await rig.tab());
  sendMessage(streams[0]!, status(3));
  assert.deepEqual(await later.next(), { message: status(3) });
});

test('the watch ends with the last tab, and the next tab opens another', async (context) => {
  const { rig, streams } = await watchedRig(context, status(1));
  const [one, other] = await openTabs(rig, 2);
  await nexts([one!, other!]);
  one!.response.destroy();
  sendMessage(streams[0]!, status(2));
  assert.deepEqual(await other!.next(), { message: status(2) });
  const closed = once(streams[0]!, 'close');
  other!.response.destroy();
  await closed;
  const next = await openTab(rig, await rig.tab());
  assert.deepEqual(await next.next(), { message: status(1) });
  assert.equal(streams.length, 2);
});

test('tabs that leave before the engine answers end the watch too', async (context) => {
  const rig = await DashboardRig.start(context);
  const asked = Promise.withResolvers<ServerHttp2Stream>();
  rig.engine.script = ({ stream }) => asked.resolve(stream);
  const sent = [await rig.tab(), await rig.tab()].map((headers) => rig.send({ ...watch, headers }));
  for (const one of sent) one.end(watch.body);
  const stream = await asked.promise;
  const closed = once(stream, 'close');
  for (const one of sent) one.destroy();
  await closed;
  assert.equal(rig.engine.calls.length, 1);
});

test('an end, an error and a break of the engine are told to all, and a new watch works', async (context) => {
  const { rig, streams } = await watchedRig(context, status(1));
  const error = { code: 'unavailable', message: 'DRAINING: the engine has stopped' };
  const breaks: readonly [(stream: ServerHttp2Stream) => void, RegExp][] = [
    [(stream) => sendMessage(stream, {}, 2), /^\{"end":true\}$/],
    [(stream) => sendMessage(stream, { error }, 2), /DRAINING/],
    [(stream) => void stream.write(Buffer.from([4, 0, 0, 0, 1, 0])), /ENGINE: not an answer/],
    [(stream) => stream.close(2), /UNREACHABLE: engine:4319 /],
    [(stream) => stream.session?.destroy(), /UNREACHABLE: engine:4319: /],
  ];
  const headers = [await rig.tab(), await rig.tab(), await rig.tab()];
  for (const [break_, words] of breaks) {
    const tabs = await Promise.all(headers.map((one) => openTab(rig, one)));
    await nexts(tabs);
    break_(streams.at(-1)!);
    for (const line of await nexts(tabs)) assert.match(JSON.stringify(line), words);
    assert.deepEqual(await nexts(tabs), times(3, undefined));
  }
  assert.equal(streams.length, breaks.length);
});

test('a refusal of the engine is told to all that wait, in its words', async (context) => {
  const rig = await DashboardRig.start(context);
  const error = { code: 'resource_exhausted', message: 'CONTROL_BUSY: too many watches' };
  const asked = Promise.withResolvers<ServerHttp2Stream>();
  rig.engine.script = ({ stream }) => asked.resolve(stream);
  const tabs = [await rig.tab(), await rig.tab()];
  const waiting = tabs.map((headers) => rig.request({ ...watch, headers }));
  const stream = await asked.promise;
  while (rig.server.streamCount < tabs.length) await setImmediate();
  for (let turn = 0; turn < 50; turn += 1) await setImmediate(); // bodies
  answerJson(stream, 429, error);
  for (const { status: code, text } of await Promise.all(waiting)) {
    assert.deepEqual([code, JSON.parse(text)], [429, error]);
  }
  assert.equal(rig.engine.calls.length, 1);
});

test('a tab that reads slowly misses some and holds nobody up, and one that never reads is cut off', async (context) => {
  const { rig, streams } = await watchedRig(context, status(0));
  const [quick, slow, stuck] = await openTabs(rig, 3);
  await nexts([quick!, slow!, stuck!]);
  slow!.response.pause();
  stuck!.response.pause();
  const text = 'x'.repeat(256 * KiB);
  const sentCount = 200;
  for (let count = 1; count <= sentCount; count += 1) {
    sendMessage(streams[0]!, { text, count });
    assert.deepEqual(await quick!.next(), { message: { text, count } });
  }
  slow!.response.resume();
  const seen: number[] = [];
  while (seen.at(-1) !== sentCount) {
    const line = JSON.stringify(await slow!.next());
    seen.push(Number(/"count":(\d+)/.exec(line)?.[1]));
  }
  assert.ok(seen.length < sentCount, 'it was all kept');
  rig.clock.advance(30_000);
  while (rig.server.streamCount > 2) await setImmediate();
  sendMessage(streams[0]!, status(1));
  assert.deepEqual(await nexts([quick!, slow!]), times(2, { message: status(1) }));
});

test('so many watches may be open and no more, and they leave the places of other streams', async (context) => {
  const { rig } = await watchedRig(context, status(1));
  const headers = await rig.tab();
  for (let count = 0; count < dashboardWatchesMax; count += 1) await openTab(rig, headers);
  const refused = await rig.request({ ...watch, headers });
  const { code, hint } = JSON.parse(refused.text);
  assert.deepEqual([refused.status, code], [429, 'resource_exhausted']);
  assert.match(hint, /ask for the status/);
  const tap = { ...watch, path: '/stream/gophership.control.v1.TapService/Tap', headers };
  for (let count = 0; count < dashboardStreamsMax; count += 1) {
    assert.equal((await rig.respond(tap)).statusCode, 200);
  }
  assert.equal((await rig.request(tap)).status, 429);
  assert.equal(rig.engine.calls.length, 1 + dashboardStreamsMax);
});
