import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, test } from 'node:test';
import { systemClock } from '../clock.ts';
import { Status } from '../errors.ts';
import { frameMessage } from './message-frame.ts';
import { encodeStatusDetailsHeader } from './retry-info.ts';
import {
  type UnaryCall,
  UnaryClient,
  type UnaryRequest,
  type UnaryResult,
} from './unary-client.ts';

type Serve = (
  stream: http2.ServerHttp2Stream,
  body: Buffer,
  headers: http2.IncomingHttpHeaders,
) => void;

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

test('call() delivers headers and pieces over shared memory, and returns status and message', async () => {
  const { client } = await connect((stream, body, headers) => {
    assert.equal(headers['grpc-timeout'], '2000m');
    assert.equal(headers['x-key'], 'secret');
    assert.equal(headers.te, 'trailers');
    answer(stream, frameMessage(body), { 'grpc-status': '0' });
  });
  const shared = new Uint8Array(new SharedArrayBuffer(600_000)).fill(7);
  const call = client.call(request({ pieces: [Uint8Array.of(1, 2), shared] }));
  const body = Buffer.concat([Uint8Array.of(1, 2), shared]);
  assert.deepEqual(await plain(call), status(Status.Ok, '', undefined, Uint8Array.from(body)));
  await call.released;
});

test('call() reads trailers-only errors with message and RetryInfo', async () => {
  const details = { code: 14, message: 'later', retryDelayMs: 1_500 };
  const { client } = await connect((stream) => {
    const retryInfo = { 'grpc-status-details-bin': encodeStatusDetailsHeader(details) };
    const fields = { 'grpc-status': '14', 'grpc-message': 'l%C3%A4ter', ...retryInfo };
    stream.respond({ 'content-type': 'application/grpc', ...fields }, { endStream: true });
  });
  const call = client.call(request({}));
  assert.deepEqual(await plain(call), status(Status.Unavailable, 'läter', 1_500, undefined));
  await call.released;
});

test('call() maps what is no gRPC answer', async () => {
  const html = { 'content-type': 'text/html' };
  const grpc = { 'content-type': 'application/grpc' };
  const cases: [Serve, string][] = [
    [(stream) => respond(stream, { ':status': 503, ...html }, 'sorry'), 'status 14'],
    [(stream) => respond(stream, { ':status': 404, ...html }, 'what'), 'status 12'],
    [(stream) => respond(stream, { ':status': 302, ...html }, ''), 'status 2'],
    [(stream) => respond(stream, { ':status': 200, ...html }, 'hi'), 'unreadable'],
    [(stream) => respond(stream, { ':status': 200, ...grpc }, 'hi'), 'unreadable'],
    [(stream) => answer(stream, frameMessage(Buffer.alloc(200_000)), ok), 'unreadable'],
    [(stream) => answer(stream, Uint8Array.of(1, 0, 0, 0, 0), ok), 'unreadable'],
    [(stream) => answer(stream, Uint8Array.of(0, 0, 0, 0), ok), 'unreadable'],
    [(stream) => answer(stream, new Uint8Array(0), ok), 'unreadable'],
    [(stream) => answer(stream, new Uint8Array(0), { 'grpc-status': '99' }), 'status 2'],
    [(stream) => answer(stream, new Uint8Array(0), { 'grpc-status': 'x' }), 'status 2'],
  ];
  for (const [serve, expected] of cases) {
    const { client } = await connect(serve);
    const call = client.call(request({}));
    const result = await call.result;
    const got = result.kind === 'status' ? `status ${result.status}` : result.kind;
    assert.equal(got, expected);
    await call.released;
  }
});

test('call() knows that refused, unsent and GOAWAY streams were not processed', async () => {
  const refusing = await connect((stream) => stream.close(http2.constants.NGHTTP2_REFUSED_STREAM));
  assert.deepEqual(await failure(refusing.client.call(request({}))), ['reset', true]);

  const leaving = await connect((stream) => stream.session?.goaway(0, 1));
  const processed = leaving.client.call(request({ timeoutMs: 300 }));
  const unprocessed = leaving.client.call(request({}));
  assert.deepEqual(await failure(unprocessed), ['goaway', true]);
  assert.deepEqual(await failure(leaving.client.call(request({}))), ['connection', true]);
  assert.deepEqual(await failure(processed), ['timeout', false]);

  const closed = await connect(() => {});
  closed.session.destroy();
  assert.deepEqual(await failure(closed.client.call(request({}))), ['connection', true]);

  const deaf = http2.connect('http://127.0.0.1:1');
  deaf.on('error', () => {});
  const call = new UnaryClient(deaf, systemClock).call(request({}));
  assert.deepEqual(await failure(call), ['connection', true]);
  await call.released;
});

test('call() says unknown when a sent request ends without an answer', async () => {
  const cut = (stream: http2.ServerHttp2Stream) => {
    stream.respond({ 'content-type': 'application/grpc' });
    setImmediate(() => stream.session?.destroy());
  };
  const cases: [Serve, string][] = [
    [(stream) => stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR), 'reset'],
    [(stream) => stream.session?.destroy(), 'reset'],
    [(stream) => stream.session?.socket.destroy(), 'reset'],
    [cut, 'reset'],
    [() => {}, 'timeout'],
  ];
  for (const [serve, expected] of cases) {
    const { client } = await connect(serve);
    const call = client.call(request({ timeoutMs: 200 }));
    assert.deepEqual(await failure(call), [expected, false]);
    await call.released;
  }
});

test('call() takes an early answer, and cancel() releases the pieces of a blocked call', async () => {
  const { port } = await listen((stream) => {
    stream.respond({ 'content-type': 'application/grpc', 'grpc-status': '8' }, { endStream: true });
  }, false);
  const early = new UnaryClient(open(port), systemClock).call(request({ pieces: big }));
  assert.deepEqual(await plain(early), status(Status.ResourceExhausted, '', undefined, undefined));
  await early.released;

  const blocked = await listen(() => {}, false);
  const call = new UnaryClient(open(blocked.port), systemClock).call(request({ pieces: big }));
  setImmediate(() => call.cancel());
  assert.equal((await failure(call))[0], 'cancelled');
  await call.released;
});

const ok = { 'grpc-status': '0' };
const big = [new Uint8Array(new SharedArrayBuffer(4_000_000))];

function request(changes: Partial<UnaryRequest>): UnaryRequest {
  return {
    authority: 'localhost',
    path: '/a.B/C',
    scheme: 'http',
    headers: { 'x-key': 'secret' },
    pieces: [frameMessage(new Uint8Array(0))],
    timeoutMs: 2_000,
    answerSizeBytesMax: 100_000 + 600_000 * Number(changes.pieces !== undefined),
    ...changes,
  };
}

function status(code: Status, message: string, retryDelayMs?: number, body?: Uint8Array) {
  return { kind: 'status', status: code, message, retryDelayMs, body };
}

async function plain(call: UnaryCall): Promise<UnaryResult> {
  const result = await call.result;
  if (result.kind !== 'status' || result.body === undefined) return result;
  return { ...result, body: Uint8Array.from(result.body) };
}

async function failure(call: UnaryCall): Promise<[string, boolean]> {
  const result = await call.result;
  assert.ok(result.kind === 'failed', JSON.stringify(result));
  return [result.failure, result.unprocessed];
}

function answer(
  stream: http2.ServerHttp2Stream,
  body: Uint8Array,
  trailers: http2.OutgoingHttpHeaders,
) {
  stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

function respond(
  stream: http2.ServerHttp2Stream,
  headers: http2.OutgoingHttpHeaders,
  body: string,
): void {
  stream.respond(headers);
  stream.end(body);
}

async function connect(serve: Serve) {
  const { port } = await listen(serve, true);
  const session = open(port);
  await once(session, 'remoteSettings');
  return { session, client: new UnaryClient(session, systemClock) };
}

/** `whole`: serve after the request's end. Otherwise at its start, and its body is never read. */
async function listen(serve: Serve, whole: boolean): Promise<{ port: number }> {
  const server = http2.createServer();
  server.on('stream', (incoming, headers) => {
    const stream = incoming as http2.ServerHttp2Stream; // a server's streams are nothing else
    stream.on('error', () => {});
    if (!whole) return serve(stream, Buffer.alloc(0), headers);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => serve(stream, Buffer.concat(chunks), headers));
    return undefined;
  });
  server.on('sessionError', () => {});
  const sessions = new Set<http2.ServerHttp2Session>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port }; // a TCP server's address is no string
}

function open(port: number): http2.ClientHttp2Session {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  closers.push(() => session.destroy());
  return session;
}
