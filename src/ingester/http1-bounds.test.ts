import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { echo, openHttp1, post, until } from '../../test/support/http1-port.ts';
import { OpenRequests } from '../http2/open-requests.ts';
import type { StreamHandler } from '../http2/server-stream.ts';
import { KiB } from '../limits.ts';

/** Turns a test that hangs into one that fails. */
const hangs = { timeout: 10_000 };

test('Http1Server answers the first 256 requests of a flood, then closes', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send(post('/', '').repeat(300));
  await until(() => port.requests.length >= 256 && port.requests.every(({ ended }) => ended));
  for (const request of port.requests) request.answer('taken');
  for (let index = 1; index <= 256; index += 1) {
    const connection = index < 256 ? 'keep-alive' : 'close';
    assert.equal((await client.answer())?.fields.connection, connection, `answer ${index}`);
  }
  assert.deepEqual(await client.closed(), []);
  assert.equal(port.requests.length, 256);
  assert.deepEqual(port.events, ['too many requests: connection']);
  assert.equal(port.openRequests.count, 0);
});

test('Http1Server closes after a flood whose last answer was there before', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => {
    if (port.requests.length > 1) request.answer('at once');
  };
  const client = port.client();
  client.send(post('/', '').repeat(300));
  await until(() => port.requests.length === 256);
  port.requests[0]!.answer('the oldest');
  for (let index = 0; index < 256; index += 1) assert.equal(await client.status(), 200);
  assert.deepEqual(await client.closed(), []);
});

test('Http1Server keeps nothing of what follows the last request', async (context) => {
  let nodeRequestCount = 0;
  const count = () => {
    nodeRequestCount += 1;
  };
  subscribe('http.server.request.start', count);
  context.after(() => unsubscribe('http.server.request.start', count));
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  const nothing = 'GET / HTTP/1.1\r\nhost: a\r\n\r\n';
  client.send(`${post('/', 'abc')}GET / HTTP/1.1\r\n\r\n${nothing.repeat(50_000)}`);
  await until(() => port.requests[0]?.ended === true);
  await until(() => port.sockets[0]!.bytesRead > 50_000 * nothing.length);
  assert.equal(nodeRequestCount, 2, 'the second is refused: it has no host');
  port.requests[0]!.answer('one');
  assert.deepEqual([await client.status(), await client.status()], [200, 400]);
  assert.deepEqual(await client.closed(), []);
});

test('Http1Server reads no further request of a connection while the shard is full', async (context) => {
  const openRequests = new OpenRequests(10);
  const port = await openHttp1(context, { openRequests });
  port.script = () => {};
  const busy = port.client();
  busy.send(post('/', 'x').repeat(10));
  await until(() => port.requests.filter(({ ended }) => ended).length === 10);
  busy.send(post('/11', 'x'));
  const fresh = port.client();
  port.script = echo;
  for (const path of ['/a', '/b']) {
    fresh.send(post(path, ''));
    assert.equal((await fresh.answer())?.body, `${path} `, 'whoever has few open is read');
  }
  assert.equal(port.requests.length, 12);
  assert.equal(openRequests.count, 10);
  port.requests[0]!.answer('one');
  await until(() => port.requests[12]?.path === '/11');
  assert.deepEqual(port.events, []);
});

for (const [what, text] of [
  ['few requests in a full shard', post('/', 'x').repeat(3)],
  ['asked for the end', post('/', 'x').repeat(9) + post('/', 'x', 'connection: close\r\n')],
] as const) {
  test(`Http1Server notices that a client leaves which has ${what}`, hangs, async (context) => {
    const openRequests = new OpenRequests(what.startsWith('few') ? 1 : 100);
    const port = await openHttp1(context, { openRequests });
    port.script = () => {};
    const client = port.client();
    client.send(text);
    await until(() => openRequests.count > 2 && port.requests.every(({ ended }) => ended));
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    client.socket.destroy();
    await until(() => openRequests.count === 0);
  });
}

test('Http1Server reads the body of a request that has filled the shard', async (context) => {
  const port = await openHttp1(context, { openRequests: new OpenRequests(1) });
  const client = port.client();
  client.send(post('/', 'abc').slice(0, -1));
  await until(() => port.requests[0]?.body === 'ab');
  client.send('c');
  assert.equal((await client.answer())?.body, '/ abc');
});

test('Http1Server takes four requests of one read when the shard is full, then closes', async (context) => {
  const openRequests = new OpenRequests(10);
  const port = await openHttp1(context, { openRequests });
  port.script = () => {};
  port.client().send(post('/', '').repeat(10));
  await until(() => openRequests.isFull);
  port.script = echo;
  const client = port.client();
  client.send(post('/', '').repeat(10));
  for (let index = 1; index <= 4; index += 1) {
    const connection = index < 4 ? 'keep-alive' : 'close';
    assert.equal((await client.answer())?.fields.connection, connection, `answer ${index}`);
  }
  assert.deepEqual(await client.closed(), []);
  assert.deepEqual(port.events, ['too many requests: shard']);
});

test('Http1Server keeps nothing of header fields, paths and trailers', async (context) => {
  const collectGarbage = garbageCollector();
  const port = await openHttp1(context, { accept: () => new ForgetfulHandler() });
  const large = 'y'.repeat(14 * KiB);
  const text =
    post(`/${large}`, 'x') +
    post('/', 'x', `x: ${large}\r\n`) +
    `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\nx: ${large}\r\n\r\n`;
  const clients = Array.from({ length: 8 }, () => port.client());
  for (const client of clients) client.send(post('/', 'x'));
  await until(() => port.openRequests.count === 8);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (const client of clients) client.send(text.repeat(20));
  await until(() => port.openRequests.count === 8 * 61);
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  collectGarbage();
  const sizeBytes = (process.memoryUsage().heapUsed - before) / (8 * 60);
  assert.ok(sizeBytes < 5 * KiB, `${Math.round(sizeBytes)} bytes for each open request`);
});

class ForgetfulHandler implements StreamHandler {
  data(): void {}
  end(): void {}
  closed(): void {}
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}
