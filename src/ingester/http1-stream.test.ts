import assert from 'node:assert/strict';
import { request as httpsRequest } from 'node:https';
import { test } from 'node:test';
import { echo, openHttp1, post, until } from '../../test/support/http1-port.ts';
import { KiB, MiB } from '../limits.ts';

test('Http1Server gives a request to the handler and its answer to the client', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  let one: string | undefined;
  port.script = (request) => {
    one = request.stream.header('x-one');
    echo(request);
  };
  client.send(post('/v1/logs?a=b', 'body', 'X-One: 1\r\nx-one: 2\r\n'));
  const answer = await client.answer();
  assert.deepEqual(answer, {
    status: 200,
    fields: { 'content-type': 'text/plain', 'content-length': '17', connection: 'keep-alive' },
    body: '/v1/logs?a=b body',
  });
  const { stream, closedCount } = port.requests[0]!;
  assert.equal(stream.method, 'POST');
  assert.equal(one, '1, 2');
  assert.equal(stream.headerFieldCount, 4);
  assert.equal(stream.headerListSizeBytes, 4 * 32 + 'hostaX-One1x-one2content-length4'.length);
  assert.match(stream.connection.peerSubject, /CN=test-producer/);
  assert.equal(stream.connection.remoteAddress, '127.0.0.1');
  assert.equal(closedCount, 1);
});

test('Http1Server takes a whole URL for its path', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send('POST https://example.com:4318/v1/logs HTTP/1.1\r\nhost: a\r\n\r\n');
  assert.equal((await client.answer())?.body, '/v1/logs ');
});

test('Http1Server reads chunked bodies', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: Chunked\r\n\r\n3\r\nabc\r\n');
  await until(() => port.requests[0]?.body === 'abc');
  client.send('2;x=y\r\nde\r\n0\r\ntrailer: t\r\n\r\n');
  assert.equal((await client.answer())?.body, '/ abcde');
  client.send(post('/next', ''));
  assert.equal((await client.answer())?.body, '/next ');
});

test('Http1Server says 100 Continue when the handler expects the body, not before', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send('POST /a HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 4\r\n\r\n');
  await until(() => port.requests.length === 1);
  const [request] = port.requests;
  for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  assert.equal(client.socket.bytesRead, 0, 'no memory yet');
  request!.stream.expect(4);
  assert.equal(await client.status(), 100);
  client.send('body');
  await until(() => request!.ended);
  request!.answer('done');
  assert.equal((await client.answer())?.fields.connection, 'keep-alive');
});

test('Http1Server needs no 100 Continue for a body that came without it', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send(post('/a', 'body', 'expect: 100-continue\r\n'));
  await until(() => port.requests[0]?.ended === true);
  port.requests[0]!.stream.expect(0);
  port.requests[0]!.answer('done');
  assert.equal(await client.status(), 200);
});

test('Http1Server refuses without 100 Continue and closes', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('too large', 413);
  const client = port.client();
  client.send('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n');
  const answer = await client.answer();
  assert.deepEqual([answer?.status, answer?.fields.connection], [413, 'close']);
  await client.closed();
});

test('Http1Server keeps the connection when little of the body is left after the answer', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('no', 404);
  const client = port.client();
  const body = 'x'.repeat(60 * KiB);
  client.send(post('/1', body).slice(0, -1_000));
  const answer = await client.answer();
  assert.deepEqual([answer?.status, answer?.fields.connection], [404, 'keep-alive']);
  client.send('x'.repeat(1_000));
  await until(() => port.sockets[0]!.bytesRead === post('/1', body).length);
  port.secure.clock.advance(20_000);
  client.send(post('/2', 'b'));
  assert.equal(await client.status(), 404, 'the first body was complete in time');
  assert.equal(port.requests[0]!.body, '', 'the handler hears nothing after its answer');
});

test('Http1Server does not wait for the rest of a body for ever', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('no', 404);
  const client = port.client();
  client.send(post('/1', 'x'.repeat(1_000)).slice(0, -1));
  assert.equal(await client.status(), 404);
  await until(() => port.requests[0]!.closedCount === 1);
  port.secure.clock.advance(10_000);
  await client.closed();
});

test('Http1Server lets a client that still sends read an early answer', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('too large', 413);
  const { caPem: ca, client } = port.secure.certificates;
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpsRequest({
      port: port.secure.port,
      host: '127.0.0.1',
      method: 'POST',
      ca,
      cert: client.certPem,
      key: client.keyPem,
      headers: { 'content-length': 8 * MiB },
    });
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', reject);
    request.end(Buffer.alloc(8 * MiB));
  });
  assert.equal(status, 413);
});

test('Http1Server reads on for a second after an early answer, then closes', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('too large', 413);
  const client = port.client({ allowHalfOpen: true });
  client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${2 * MiB}\r\n\r\nabc`);
  const answer = await client.answer();
  assert.deepEqual([answer?.status, answer?.fields.connection], [413, 'close']);
  const [served] = port.sockets;
  await until(() => served!.writableFinished);
  client.send('x'.repeat(MiB));
  await until(() => served!.bytesRead > MiB);
  port.secure.clock.advance(999);
  assert.equal(served!.destroyed, false);
  port.secure.clock.advance(1);
  assert.equal(served!.destroyed, true);
  await until(() => port.server.connectionCount === 0);
  assert.equal(port.secure.clock.pendingCount, 0);
});

test('Http1Server stops reading while the handler holds, until it expects', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => {
    request.onData = (sizeBytes) => request.stream.hold(sizeBytes);
    request.onEnd = () => request.answer(String(request.body.length));
  };
  const client = port.client();
  client.send(post('/', 'x'.repeat(4 * MiB)));
  await until(() => (port.requests[0]?.body.length ?? 0) > 0);
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  assert.ok(port.requests[0]!.body.length <= 128 * KiB, `${port.requests[0]!.body.length} bytes`);
  port.requests[0]!.onData = () => {};
  port.requests[0]!.stream.expect(4 * MiB);
  assert.equal((await client.answer())?.body, String(4 * MiB));
});

test('Http1Stream.reset() ends the connection', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.stream.reset(8);
  const client = port.client();
  client.send(post('/1', 'a') + post('/2', 'b'));
  await client.closed();
  await until(() => port.requests[0]?.closedCount === 1);
  assert.equal(port.requests.length, 1);
});

test('Http1Server leaves GET and HEAD to the handler', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('only POST', 405);
  const client = port.client();
  client.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  const answer = await client.answer();
  assert.deepEqual([answer?.status, answer?.body], [405, 'only POST']);
  client.send('HEAD / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  await client.closed();
  assert.deepEqual(
    port.requests.map(({ stream }) => stream.method),
    ['GET', 'HEAD'],
  );
});
