// Scenario: viewers watch the status and the events of an engine: some read, some do not, some
// leave without a word, and there are more of them than there is room for.
// Guarantees: a status each second, in Red heartbeats instead; at most 16 watch, whoever is one too
// many is told so, and a place is free as soon as somebody has left in any way; who does not read
// keeps nobody from reading and gets no backlog.

import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import type { PemPair } from '../../src/tls/certificate-authority.ts';
import type { ConnectStream } from './connect-stream.ts';
import { type ControlCertificates, controlCertificates } from './control-certificates.ts';
import { ControlClient, type SessionOptions } from './control-client.ts';
import { type ControlEngine, startControlEngine } from './control-engine.ts';

const watchStreamsMax = 16;

let control: ControlEngine;
let certificates: ControlCertificates;
let operator: ControlClient;
const clients: ControlClient[] = [];
before(async () => {
  control = await startControlEngine();
  certificates = await controlCertificates();
  operator = await ControlClient.connect(control.port, certificates.operator);
  // WatchEvents says nothing before there is an event.
  await set('ZONE_GREEN', 'the first event');
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await untilFree(watchStreamsMax);
});
after(async () => {
  operator.close();
  await control.close();
});

async function connect(
  pair: PemPair = certificates.viewer,
  options: SessionOptions = {},
): Promise<ControlClient> {
  const client = await ControlClient.connect(control.port, pair, options);
  clients.push(client);
  return client;
}

async function set(zone: string, reason: string): Promise<void> {
  const reply = await operator.call('SetOverride', { zone, duration: '60s', reason });
  assert.equal(reply.code, 'ok', reply.errorText);
}

/** Which of these streams get a message, and which are refused. */
async function split(streams: readonly ConnectStream[]) {
  const outcomes = await Promise.all(
    streams.map((stream) =>
      stream.next().then(
        () => 'ok',
        async () => (await stream.ended).errorText,
      ),
    ),
  );
  const watching = streams.filter((_, index) => outcomes[index] === 'ok');
  return { watching, refusals: outcomes.filter((outcome) => outcome !== 'ok') };
}

/** A place is free when the engine knows that its peer has gone: asks until there are so many. */
async function untilFree(count: number): Promise<void> {
  const client = await ControlClient.connect(control.port, certificates.viewer);
  try {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      const streams = Array.from({ length: count }, () => client.watch('WatchEvents'));
      const { watching } = await split(streams);
      for (const stream of streams) stream.cancel();
      await Promise.all(streams.map((stream) => stream.ended));
      if (watching.length === count) return;
    }
    assert.fail(`there are never ${count} places`);
  } finally {
    client.close();
  }
}

test('WatchStatus sends a status each second, and in Red heartbeats instead', async () => {
  const watch = (await connect()).watch('WatchStatus');
  const first = Date.parse((await watch.next()).status.time);
  const second = Date.parse((await watch.next()).status.time);
  assert.ok(second - first > 700 && second - first < 4_000, `${second - first} ms apart`);
  await set('ZONE_RED', 'pause the views');
  const paused = await watch.until(({ status }) => status === undefined);
  assert.deepEqual(paused, { heartbeat: 'ZONE_RED' });
  // Who asks, is told in Red, too.
  const { message } = await (await connect()).call('GetStatus');
  assert.equal(message.status.zone.zone, 'ZONE_RED');
  await set('ZONE_GREEN', 'go on');
  const resumed = await watch.next();
  assert.equal(resumed.status.zone.zone, 'ZONE_GREEN');
});

test('WatchEvents sends what ListEvents has, and then each event as it comes', async () => {
  const client = await connect();
  await set('ZONE_GREEN', 'before the watch');
  const { events } = (await client.call('ListEvents', { last: 2 })).message;
  const watch = client.watch('WatchEvents', { last: 2 });
  assert.deepEqual([(await watch.next()).event, (await watch.next()).event], events);
  await set('ZONE_YELLOW', 'while it watches');
  const mutation = await watch.until(({ event }) => event.mutation !== undefined);
  assert.equal(mutation.event.mutation.reason, 'while it watches');
  await set('ZONE_GREEN', 'back');
});

test('the 17th watcher is refused, over all connections, until one leaves', async () => {
  const [one, two] = [await connect(), await connect()];
  const half = (client: ControlClient) =>
    Array.from({ length: watchStreamsMax / 2 + 1 }, () => client.watch('WatchEvents'));
  const { watching, refusals } = await split([...half(one), ...half(two)]);
  assert.equal(watching.length, watchStreamsMax);
  assert.equal(refusals.length, 2);
  for (const text of refusals) assert.match(text, /^CONTROL_BUSY: .*16/);
  const late = two.watch('WatchStatus');
  assert.equal((await late.ended).code, 'resource_exhausted');
  // What is no watch goes on.
  assert.equal((await one.call('GetStatus')).code, 'ok');
  watching[0]?.cancel();
  await untilFree(1);
});

test('watchers who come and go leave nothing behind', async () => {
  const client = await connect();
  for (let round = 0; round < 10; round += 1) {
    const streams = Array.from({ length: 30 }, () => client.watch('WatchStatus'));
    // Before the engine has said anything.
    for (const stream of streams) stream.cancel();
    await Promise.all(streams.map((stream) => stream.ended));
  }
  await untilFree(watchStreamsMax);
});

test('watchers who are cut off leave nothing behind', async () => {
  for (let round = 0; round < 3; round += 1) {
    const client = await connect();
    const streams = Array.from({ length: watchStreamsMax }, () => client.watch('WatchEvents'));
    await streams[0]?.next().catch(() => {}); // refused while those of before are being forgotten
    client.close();
  }
  await untilFree(watchStreamsMax);
});

test('a producer’s health watches take no place from operators', async () => {
  const producer = await connect(certificates.producer);
  const health = '/grpc.health.v1.Health';
  const watches = Array.from({ length: watchStreamsMax }, () =>
    producer.watch('Watch', {}, health),
  );
  const { watching } = await split(watches);
  assert.ok(watching.length > 0, 'some may watch');
  const [status] = (await split([operator.watch('WatchStatus')])).watching;
  assert.ok(status !== undefined, 'an operator may still watch');
  status.cancel();
});

test('watchers who do not read hold up nobody, and get no backlog', async () => {
  const slow = await connect(certificates.viewer, { windowSizeBytes: 0 });
  const unread = Array.from({ length: watchStreamsMax - 1 }, () => slow.watch('WatchStatus'));
  const good = (await connect()).watch('WatchStatus');
  const times: number[] = [];
  for (let count = 0; count < 4; count += 1) {
    times.push(Date.parse((await good.next()).status.time));
  }
  const longest = Math.max(...times.slice(1).map((time, index) => time - (times[index] ?? 0)));
  assert.ok(longest < 4_000, `${longest} ms between two`);
  assert.ok(
    unread.every(({ receivedCount }) => receivedCount === 0),
    'nothing came through',
  );
  slow.session.settings({ initialWindowSize: 1024 * 1024 });
  await Promise.all(unread.map((stream) => stream.next()));
  // Those that were on the way, and then the newest: not one for each second.
  const newest = await good.next();
  const counts = unread.map(({ receivedCount }) => receivedCount);
  assert.ok(Math.max(...counts) <= 3, `${counts} messages after ${times.length + 1} seconds`);
  assert.ok(newest.status !== undefined);
});

test('a watcher of events that has fallen behind is told so', async () => {
  const slow = await connect(certificates.viewer, { windowSizeBytes: 0 });
  const behind = slow.watch('WatchEvents');
  const good = (await connect()).watch('WatchEvents', { last: 1 });
  await good.next();
  const [rounds, setsEach] = [25, 20];
  for (let round = 0; round < rounds; round += 1) {
    const reason = `round ${round}`;
    await Promise.all(Array.from({ length: setsEach }, () => set('ZONE_GREEN', reason)));
    for (let count = 0; count < setsEach; count += 1) {
      await good.until(({ event }) => event.mutation?.reason === reason);
    }
  }
  slow.session.settings({ initialWindowSize: 4 * 1024 * 1024 });
  const { code, errorText } = await behind.ended;
  assert.equal(code, 'resource_exhausted');
  assert.match(errorText, /^CONTROL_BUSY: .*behind/);
  const eventCount = rounds * setsEach;
  assert.ok(behind.receivedCount < eventCount, `${behind.receivedCount} of ${eventCount} came`);
});
