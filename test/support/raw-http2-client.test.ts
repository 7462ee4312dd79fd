// The client against node:http2, so that neither end is ours.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect } from 'node:net';
import { duplexPair } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { FrameFlag, FrameType } from '../../src/http2/frame-format.ts';
import {
  contentOf,
  continuationFrame,
  dataFrame,
  frame,
  headerBlock,
  headersFrame,
  pingFrame,
  priorityFrame,
  RawFrameReader,
  resetFrame,
  settingsFrame,
  windowUpdateFrame,
} from './raw-frames.ts';
import { RawHttp2Client } from './raw-http2-client.ts';

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

async function rig(context: TestContext, onStream: OnStream) {
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a TCP server's address is no string
  const client = new RawHttp2Client(connect(port, '127.0.0.1'));
  context.after(() => {
    client.destroy();
    server.close();
  });
  return client;
}

const post = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'localhost'],
] as const;

const echo: OnStream = (stream) => {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.on('end', () => {
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }));
    stream.end(Buffer.concat(chunks));
  });
};

test('request() sends headers and a body beyond the first credit, and returns the answer', async (context) => {
  const values: unknown[] = [];
  const client = await rig(context, (stream, headers) => {
    values.push(headers['x-long']);
    echo(stream, headers);
  });
  const long = 'v'.repeat(700);
  const block = headerBlock([...post, ['x-long', long]]);
  const body = Buffer.alloc(300_000, 'body');
  const answers = await Promise.all([
    client.request(block, body),
    client.request(block, body.subarray(0, 10)),
    client.request(block),
  ]);
  assert.deepEqual(values, [long, long, long]);
  assert.deepEqual(
    answers.map((answer) => answer.body.length),
    [300_000, 10, 0],
  );
  assert.ok(answers[0].body.equals(body));
  for (const { headers, trailers, resetCode } of answers) {
    assert.ok(headers.length > 0 && trailers !== undefined && resetCode === undefined);
  }
  await client.end();
});

test('a header block may be padded, prioritised and spread over CONTINUATION', async (context) => {
  const paths: unknown[] = [];
  const client = await rig(context, (stream, headers) => {
    paths.push(headers['x-a'], headers['x-b']);
    stream.respond({ ':status': 204 }, { endStream: true });
  });
  const streamId = client.takeStreamId();
  const last = headerBlock([['x-b', '2']]);
  client.write(
    priorityFrame(streamId + 2, { dependsOn: 0 }),
    headersFrame(streamId, headerBlock([...post, ['x-a', '1']]), {
      endHeaders: false,
      endStream: true,
      padSizeBytes: 7,
      priority: { dependsOn: 0, weight: 256, exclusive: true },
    }),
    continuationFrame(streamId, last.subarray(0, 3), false),
    continuationFrame(streamId, last.subarray(3)),
  );
  const { flags } = await client.nextFrame(FrameType.Headers, streamId);
  assert.equal(flags, FrameFlag.EndHeaders | FrameFlag.EndStream);
  assert.deepEqual(paths, ['1', '2']);
});

test('reset() ends a call for both sides', async (context) => {
  const aborted = Promise.withResolvers<void>();
  const client = await rig(context, (stream) => void stream.on('aborted', aborted.resolve));
  const { streamId, answer } = client.call(headerBlock(post));
  await client.data(streamId, Buffer.alloc(10), false);
  await client.roundTrip();
  client.reset(streamId);
  await assert.rejects(answer, /cancelled/);
  await aborted.promise;
});

test('request() returns what came before the server reset the stream', async (context) => {
  const client = await rig(context, (stream) => {
    stream.respond({ ':status': 200 });
    stream.write('part', () => stream.close(7));
  });
  const answer = await client.request(headerBlock(post), Buffer.alloc(100_000));
  assert.equal(answer.body.toString(), 'part');
  assert.equal(answer.resetCode, 7);
});

test('nextFrame() and request() say why the connection ended', async (context) => {
  const client = await rig(context, () => {});
  const answer = client.request(headerBlock(post));
  client.write(windowUpdateFrame(0, 0));
  await assert.rejects(client.nextFrame(FrameType.Ping), /GOAWAY 1/);
  await assert.rejects(answer, /GOAWAY 1/);
  await client.closed;
  assert.equal(client.goaway?.errorCode, 1);
  await assert.rejects(client.request(headerBlock(post)), /GOAWAY 1/);
});

for (const automatic of [true, false]) {
  test(`RawHttp2Client answers SETTINGS, PING and DATA by itself if it is automatic: ${automatic}`, async () => {
    const [near, far] = duplexPair();
    const client = new RawHttp2Client(near, { automatic, start: false });
    const reader = new RawFrameReader();
    const sent: number[] = [];
    far.on('data', (chunk: Buffer) => sent.push(...reader.push(chunk).map(({ type }) => type)));
    far.write(Buffer.concat([settingsFrame(), pingFrame(), dataFrame(1, Buffer.alloc(5))]));
    await client.nextFrame(FrameType.Data);
    client.write(resetFrame(1, 8)); // the test's own, in any case
    while (sent.at(-1) !== FrameType.RstStream) await new Promise(setImmediate);
    const { Settings, Ping, WindowUpdate, RstStream } = FrameType;
    const byItself = automatic ? [Settings, Ping, WindowUpdate, WindowUpdate] : [];
    assert.deepEqual(sent, [...byItself, RstStream]);
    client.destroy();
  });
}

test('frames are as RFC 9113 draws them', () => {
  const check = (bytes: Buffer, hex: string) => assert.equal(bytes.toString('hex'), hex);
  check(settingsFrame([[4, 65_535]]), '0000060400000000000004' + '0000ffff');
  check(resetFrame(3, 8), '000004030000000003' + '00000008');
  check(
    dataFrame(1, Buffer.of(9), { endStream: true, padSizeBytes: 2 }),
    '000004000900000001' + '02090000',
  );
  check(headerBlock([['a', 'b']]), '00016' + '10162');
});

test('RawFrameReader finds the same frames however the bytes are cut', () => {
  const bytes = Buffer.concat([
    settingsFrame(),
    dataFrame(5, Buffer.alloc(300, 1), { padSizeBytes: 4 }),
    frame(99, 0xff, 7, Buffer.of(1, 2)),
  ]);
  for (const sizeBytes of [1, 2, 9, 10, 100, bytes.length]) {
    const reader = new RawFrameReader();
    const frames = [];
    for (let at = 0; at < bytes.length; at += sizeBytes) {
      frames.push(...reader.push(bytes.subarray(at, at + sizeBytes)));
    }
    assert.deepEqual(
      frames.map((each) => [each.type, each.flags, each.streamId, contentOf(each).length]),
      [
        [FrameType.Settings, 0, 0, 0],
        [FrameType.Data, FrameFlag.Padded, 5, 300],
        [99, 0xff, 7, 2],
      ],
    );
  }
});
