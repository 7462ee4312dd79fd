import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, connect, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { FakeClock } from '../../test/support/fake-clock.ts';
import type { Role } from './caller.ts';
import { ControlHttp } from './control-http.ts';
import { answerText, type ControlResponse } from './http-exchange.ts';

interface Rig {
  readonly clock: FakeClock;
  readonly port: number;
  /** Answers that /wait waits for. */
  readonly waiting: ControlResponse[];
}

/** Without TLS, which is not what this is about: the socket says what was negotiated. */
async function open(
  context: TestContext,
  alpnProtocol: 'h2' | 'http/1.1',
  role: Role,
): Promise<Rig> {
  const waiting: ControlResponse[] = [];
  const clock = new FakeClock();
  const http = new ControlHttp(clock, (request, response, caller) => {
    if (request.url === '/wait') waiting.push(response);
    else answerText(request, response, { status: 200, text: caller.role });
  });
  const server = createServer((socket) => {
    // All that is asked of it beyond a socket.
    const secured = Object.assign(socket, { alpnProtocol }) as unknown as TLSSocket;
    http.serve(secured, { subject: 'CN=x', role });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    http.closeGracefully();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, waiting, clock };
}

function session(context: TestContext, port: number): ClientHttp2Session {
  const client = connectHttp2(`http://127.0.0.1:${port}`);
  client.on('error', () => {}); // 'close' follows
  context.after(() => client.destroy());
  return client;
}

async function get(client: ClientHttp2Session, path: string): Promise<string> {
  const stream = client.request({ ':path': path });
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) text += chunk;
  return text;
}

test('ControlHttp knows the caller of each connection', async (context) => {
  for (const role of ['none', 'viewer'] as const) {
    const { port } = await open(context, 'h2', role);
    assert.equal(await get(session(context, port), '/'), role);
    const http1 = await open(context, 'http/1.1', role);
    const response = await fetch(`http://127.0.0.1:${http1.port}/`);
    assert.equal(await response.text(), role);
  }
});

test('ControlHttp ends an HTTP/2 connection that nothing is open on', async (context) => {
  for (const [role, idleMs] of [
    ['none', 10_000],
    ['viewer', 300_000],
  ] as const) {
    const { port, clock } = await open(context, 'h2', role);
    const client = session(context, port);
    await get(client, '/');
    clock.advance(idleMs - 1);
    assert.equal(await get(client, '/'), role);
    const closed = once(client, 'close');
    while (clock.pendingCount === 0) await setImmediate();
    clock.advance(idleMs);
    await closed;
    assert.equal(clock.pendingCount, 0);
  }
});

test('ControlHttp keeps a connection with something open on it', async (context) => {
  const { port, waiting, clock } = await open(context, 'h2', 'none');
  const client = session(context, port);
  const answer = get(client, '/wait');
  while (waiting.length === 0) await setImmediate();
  clock.advance(24 * 60 * 60 * 1_000);
  waiting[0]?.end('at last');
  assert.equal(await answer, 'at last');
});

test('ControlHttp gives a caller without a role one request over HTTP/1.1', async (context) => {
  for (const [role, connection] of [
    ['none', 'close'],
    ['viewer', 'keep-alive'],
  ] as const) {
    const { port } = await open(context, 'http/1.1', role);
    const socket = connect(port, '127.0.0.1');
    context.after(() => socket.destroy());
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [bytes] = await once(socket, 'data');
    assert.match(
      String(bytes).toLowerCase(),
      new RegExp(`^http/1.1 200 .*\nconnection: ${connection}\r`, 's'),
    );
  }
});

test('ControlHttp refuses headers above 16 KiB', async (context) => {
  const { port } = await open(context, 'http/1.1', 'viewer');
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  socket.on('error', () => {}); // it may be reset
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(17 * 1024)}\r\n\r\n`);
  const [bytes] = await once(socket, 'data');
  assert.match(String(bytes), /^HTTP\/1\.1 431 /);
  const second = await open(context, 'h2', 'viewer');
  const client = session(context, second.port);
  const stream = client.request({ ':path': '/', x: 'x'.repeat(17 * 1024) });
  stream.on('error', () => {}); // it may be reset
  const outcome = await Promise.race([
    once(stream, 'response').then(([headers]) => Number(headers[':status'])),
    once(stream, 'close').then(() => 0),
  ]);
  assert.notEqual(outcome, 200);
});
