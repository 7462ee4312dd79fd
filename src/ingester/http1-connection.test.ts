import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openHttp1, post, until } from '../../test/support/http1-port.ts';
import { KiB } from '../limits.ts';

/** Turns a test that hangs into one that fails. */
const hangs = { timeout: 10_000 };

test('Http1Server answers pipelined requests in order, whichever is ready first', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send(post('/1', 'a') + post('/2', 'b') + post('/3', 'c'));
  await until(() => port.requests.length === 3 && port.requests.every(({ ended }) => ended));
  for (const index of [2, 1, 0]) port.requests[index]!.answer(`answer ${index + 1}`);
  for (const text of ['answer 1', 'answer 2', 'answer 3']) {
    assert.equal((await client.answer())?.body, text);
  }
  await until(() => port.requests.every(({ closedCount }) => closedCount === 1));
});

test('Http1Server does not read on above 64 open requests', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  const padding = 'x'.repeat(4_000);
  client.send(Array.from({ length: 400 }, (_, index) => post(`/${index}`, padding)).join(''));
  await until(() => port.requests.length >= 64);
  for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
  assert.ok(port.requests.length < 100, `${port.requests.length} requests`);
  for (let index = 0; index < 400; index += 1) {
    await until(() => port.requests[index]?.ended === true);
    port.requests[index]!.answer(String(index));
    assert.equal((await client.answer())?.body, String(index));
  }
});

test('Http1Server reads no connection without memory while the landing pool has no room', async (context) => {
  const port = await openHttp1(context);
  const idle = port.client();
  idle.send(post('/1', ''));
  assert.equal(await idle.status(), 200);
  port.script = (request) => {
    request.onData = (sizeBytes) => {
      port.landing.roomBytes = 0;
      request.onData = () => {};
      request.stream.hold(sizeBytes);
    };
    request.onEnd = () => request.answer('held');
  };
  const holder = port.client();
  holder.send(post('/2', 'abc').slice(0, -1));
  await until(() => port.requests[1]?.body === 'ab');
  idle.send(post('/3', ''));
  const fresh = port.client();
  await until(() => port.sockets.length === 3);
  fresh.send(post('/4', ''));
  for (let turn = 0; turn < 100; turn += 1) await new Promise(setImmediate);
  assert.equal(port.requests.length, 2);
  port.requests[1]!.stream.expect(1);
  holder.send('c');
  assert.equal(await holder.status(), 200, 'it has memory');
  assert.equal(port.requests.length, 2, 'the others have none');
  const before = port.unreadMs;
  port.secure.clock.advance(700);
  assert.equal(port.unreadMs, before, 'it goes on');
  port.landing.give(512 * KiB);
  assert.deepEqual([await idle.status(), await fresh.status()], [200, 200]);
  assert.equal(port.unreadMs, before + 3 * 700);
});

test('Http1Server counts how long a connection was not read that ends so', async (context) => {
  const port = await openHttp1(context);
  port.landing.roomBytes = 0;
  port.client();
  await until(() => port.server.connectionCount === 1);
  port.secure.clock.advance(200);
  for (const connection of port.server.connections) connection.readingChanged();
  port.secure.clock.advance(100);
  port.server.destroyAll();
  await until(() => port.server.connectionCount === 0);
  assert.equal(port.unreadMs, 300);
});

test('Http1Server reads a body that has memory to its end, whatever the landing pool has', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => {
    request.stream.expect(3);
    request.onEnd = () => request.answer('complete');
  };
  const admitted = port.client();
  admitted.send(post('/1', 'abc').slice(0, -2));
  await until(() => port.requests[0]?.body === 'a');
  port.script = (request) => {
    request.onData = (sizeBytes) => {
      port.landing.roomBytes = 0;
      request.stream.hold(sizeBytes);
    };
  };
  port.client().send(post('/2', 'held'));
  await until(() => port.requests[1]?.body === 'held');
  admitted.send('b');
  await until(() => port.requests[0]?.body === 'ab');
  admitted.send('c');
  assert.equal(await admitted.status(), 200);
});

test('Http1Server tells the handler once that the client has left', async (context) => {
  const port = await openHttp1(context);
  port.script = () => {};
  const client = port.client();
  client.send(post('/1', 'complete') + post('/2', 'abc').slice(0, -1));
  await until(() => port.requests[1]?.body === 'ab');
  client.socket.destroy();
  await until(() => port.requests.every(({ closedCount }) => closedCount > 0));
  await until(() => port.server.connectionCount === 0);
  assert.deepEqual(
    port.requests.map(({ ended, closedCount }) => [ended, closedCount]),
    [
      [true, 1],
      [false, 1],
    ],
  );
  port.requests[1]!.answer('nobody reads this');
  assert.deepEqual(port.events, []);
  assert.equal(port.secure.clock.pendingCount, 0);
});

test('Http1Server closes a connection whose client does not read', async (context) => {
  const port = await openHttp1(context);
  const client = port.client();
  client.socket.pause();
  const answer = 'x'.repeat(4_000);
  port.script = (request) => request.answer(answer);
  client.send(post('/', 'x'.repeat(1_000)).repeat(20_000));
  const isStuck = () => (port.requests.at(-1)?.closedCount ?? 1) === 0;
  for (let turns = 0; turns < 1_000; turns = isStuck() ? turns + 1 : 0) {
    await new Promise(setImmediate);
  }
  const seen = port.requests.length;
  assert.ok(seen < 20_000, 'it is not read any more');
  const unread = port.requests.filter(({ closedCount }) => closedCount === 0).length;
  assert.ok(unread * answer.length < 64 * KiB + 70 * answer.length, `${unread} unread`);
  port.secure.clock.advance(30_000);
  await until(() => port.server.connectionCount === 0);
  assert.deepEqual(port.events, ['slow reader']);
  assert.equal(port.requests.length, seen);
  assert.ok(port.requests.every(({ closedCount }) => closedCount === 1));
});

test('Http1Server answers as much at once as one read of the socket can ask for', async (context) => {
  const port = await openHttp1(context);
  port.script = (request) => request.answer('x'.repeat(4_000));
  const client = port.client();
  for (let burst = 0; burst < 3; burst += 1) {
    client.send(post('/', '').repeat(250));
    for (let index = 0; index < 250; index += 1) assert.equal(await client.status(), 200);
  }
});

// The body has memory for which others wait; the older requests may wait for theirs.
for (const [count, does] of [
  [1, 'waits for memory'],
  [70, 'has no answer'],
] as const) {
  test(
    `Http1Server reads a body that has memory behind ${count} that ${does}`,
    hangs,
    async (context) => {
      const port = await openHttp1(context);
      port.script = (request) => {
        if (request.path === '/last') request.stream.expect(4);
        else if (count === 1) request.onData = (sizeBytes) => request.stream.hold(sizeBytes);
      };
      const client = port.client();
      client.send(post('/', 'x').repeat(count) + post('/last', 'abcd').slice(0, -3));
      for (const [body, next] of ['ab', 'bc', 'cd']) {
        await until(() => port.requests[count]?.body.endsWith(body!) === true);
        client.send(next!);
      }
      await until(() => port.requests[count]?.ended === true);
      assert.equal(port.requests[count]?.body, 'abcd');
    },
  );
}
