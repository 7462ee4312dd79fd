import assert from 'node:assert/strict';
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { GrpcConnection } from './grpc-connection.ts';

const { NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR } = http2.constants;

for (const { name, code, words, tooManyPings } of [
  {
    name: 'ENHANCE_YOUR_CALM "too_many_pings"',
    code: NGHTTP2_ENHANCE_YOUR_CALM,
    words: 'too_many_pings',
    tooManyPings: true,
  },
  {
    name: 'ENHANCE_YOUR_CALM for another reason',
    code: NGHTTP2_ENHANCE_YOUR_CALM,
    words: 'flood',
    tooManyPings: false,
  },
  {
    name: 'a GOAWAY of an old connection',
    code: NGHTTP2_NO_ERROR,
    words: 'too_many_pings',
    tooManyPings: false,
  },
]) {
  test(`onLeaving() tells ${name} apart`, async (t) => {
    const { server, connected } = await connect(t);
    server.goaway(code, 0, Buffer.from(words));
    assert.equal(await connected.leaving, tooManyPings);
    assert.equal(connected.connection.isReady, false);
  });
}

async function connect(t: TestContext) {
  const listener = http2.createServer();
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo; // a TCP server's address is no string
  const sessions = once(listener, 'session');
  const ready = Promise.withResolvers<void>();
  const leaving = Promise.withResolvers<boolean>();
  const connection = new GrpcConnection({
    authority: `127.0.0.1:${port}`,
    scheme: 'http',
    socket: net.connect(port, '127.0.0.1'),
    clock: new FakeClock(),
    silenceMsMax: 10_000,
    onReady: ready.resolve,
    onLeaving: leaving.resolve,
    onClosed: () => {},
  });
  t.after(() => {
    connection.destroy();
    listener.close();
  });
  const [server] = (await sessions) as [http2.ServerHttp2Session]; // what the event carries
  await ready.promise;
  return { server, connected: { connection, leaving: leaving.promise } };
}
