import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHttp1, post, until } from '../../test/support/http1-port.ts';

test('Http1Server ends a connection whose header does not come in time', async (context) => {
  const port = await openHttp1(context, { headersTimeoutMs: 50 });
  const silent = port.client();
  const slow = port.client();
  slow.send('POST / HTTP/1.1\r\nhost: ');
  const later = port.client();
  later.send(post('/1', ''));
  assert.equal(await later.status(), 200);
  assert.deepEqual([await silent.closed(), await slow.closed()], [[], []]);
  assert.equal(later.isClosed, false, 'an idle connection has time');
  later.send('POST');
  await later.closed();
  assert.deepEqual(port.events, ['headers late', 'headers late', 'headers late']);
});

test('Http1Server says close with the next answer when a connection is old', async (context) => {
  const port = await openHttp1(context, { connectionAgeMsMax: 60_000, random: () => 0.999 });
  const client = port.client();
  client.send(post('/1', ''));
  assert.equal((await client.answer())?.fields.connection, 'keep-alive');
  port.secure.clock.advance(65_000); // 10 % above
  client.send(post('/2', ''));
  assert.equal((await client.answer())?.fields.connection, 'keep-alive');
  port.secure.clock.advance(1_000);
  client.send(post('/3', ''));
  assert.equal((await client.answer())?.fields.connection, 'close');
  await client.closed();
});

test('Http1Server closes an idle connection after the idle and the grace time', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send(post('/1', ''));
  assert.equal(await client.status(), 200);
  await until(() => port.requests[0]!.closedCount === 1);
  port.secure.clock.advance(629_999);
  assert.equal(port.sockets[0]!.writableEnded, false);
  port.secure.clock.advance(1);
  await client.closed();
});

test('Http1Server lets a request that comes in the grace time finish', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  await until(() => port.sockets.length === 1);
  port.secure.clock.advance(600_000);
  client.send(post('/1', ''));
  await until(() => port.requests[0]?.ended === true);
  port.secure.clock.advance(29_000);
  port.requests[0]!.answer('in time');
  assert.equal((await client.answer())?.fields.connection, 'close');
  await client.closed();
});

test('Http1Server.closeGracefully() ends idle connections at once, busy ones with their answers', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const idle = port.client();
  const busy = port.client();
  busy.send(post('/1', '') + post('/2', 'abc').slice(0, -1));
  await until(() => port.requests[1]?.body === 'ab' && port.sockets.length === 2);
  port.server.closeGracefully();
  assert.deepEqual(await idle.closed(), []);
  port.requests[0]!.answer('one');
  assert.equal((await busy.answer())?.fields.connection, 'keep-alive', 'one more is open');
  busy.send('c');
  await until(() => port.requests[1]!.ended);
  port.requests[1]!.answer('two');
  assert.equal((await busy.answer())?.fields.connection, 'close');
  busy.send(post('/3', ''));
  await busy.closed();
  assert.equal(port.requests.length, 2);
  await until(() => port.server.connectionCount === 0);
  const late = port.client();
  assert.deepEqual(await late.closed(), [], 'a connection that comes now ends at once');
});

test('Http1Server.closeGracefully() also ends a connection whose last answer said keep-alive', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send(post('/1', '') + post('/2', ''));
  await until(() => port.requests[1]?.ended === true);
  port.requests[1]!.answer('two');
  port.server.closeGracefully();
  port.requests[0]!.answer('one');
  assert.deepEqual([(await client.answer())?.body, (await client.answer())?.body], ['one', 'two']);
  await client.closed();
});

test('Http1Server answers HTTP/1.0 and closes, unless asked not to', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send('POST /1 HTTP/1.0\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\na');
  const kept = await client.answer();
  assert.deepEqual([kept?.body, kept?.fields.connection], ['/1 a', 'keep-alive']);
  client.send('POST /2 HTTP/1.0\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\na');
  const last = await client.answer();
  assert.deepEqual([last?.body, last?.fields.connection], ['/2 a', 'close']);
  await client.closed();
});

test('Http1Server takes nothing after a request that asks to close', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send(post('/1', 'a', 'connection: close\r\n') + post('/2', 'b'));
  assert.equal((await client.answer())?.fields.connection, 'close');
  assert.deepEqual(await client.closed(), []);
  assert.equal(port.requests.length, 1);
});
