import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { FakeRequest, FakeServerStream } from '../../test/support/fake-server-stream.ts';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { KiB } from '../limits.ts';

const text = Buffer.alloc(3_000, 'a record like the others, ');
const noise = randomBytes(400 * KiB); // does not shrink, so it needs a large slab compressed too
const json = Buffer.from('{"resourceLogs": [] }');

interface Case {
  readonly name: string;
  readonly transport: 'grpc' | 'http';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly type: string;
  readonly encoding: string | undefined;
}

const grpc = (name: string, body: Buffer, encoding: 'gzip' | 'zstd'): Case => ({
  ...{ name: `gRPC ${name}`, transport: 'grpc', body, type: 'protobuf', encoding },
  headers: { 'grpc-encoding': encoding },
});

const http = (name: string, body: Buffer, type: string, encoding?: 'gzip' | 'zstd'): Case => ({
  ...{ name: `HTTP ${name}`, transport: 'http', body, encoding },
  type: type.endsWith('json') ? 'json' : 'protobuf',
  headers: { 'content-type': type, ...(encoding && { 'content-encoding': encoding }) },
});

const protobufType = 'application/x-protobuf';
const jsonType = 'application/json';

const cases: readonly Case[] = [
  grpc('gzip', gzipSync(text), 'gzip'),
  grpc('zstd', zstdCompressSync(text), 'zstd'),
  grpc('large gzip', gzipSync(noise), 'gzip'),
  grpc('no gzip at all', Buffer.from('not compressed'), 'gzip'),
  http('protobuf, gzip', gzipSync(text), protobufType, 'gzip'),
  http('protobuf, large zstd', zstdCompressSync(noise), protobufType, 'zstd'),
  http('JSON', json, jsonType),
  http('JSON, gzip', gzipSync(json), jsonType, 'gzip'),
  http('JSON that is none', Buffer.from('{"resourceLogs": '), jsonType),
];

function framed(body: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = 1;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

function send(harness: ReceiverHarness, request: Case, known = true): FakeServerStream {
  const { transport, body } = request;
  const length = known && transport === 'http' ? { 'content-length': String(body.length) } : {};
  const fake: FakeRequest = { headers: { ...request.headers, ...length } };
  const stream = transport === 'grpc' ? harness.open(fake) : harness.openHttp(fake);
  const bytes = transport === 'grpc' ? framed(body) : body;
  for (let at = 0; at < bytes.length; at += 10_000) stream.send(bytes.subarray(at, at + 10_000));
  stream.end();
  return stream;
}

for (const request of cases) {
  for (const known of request.transport === 'http' ? [true, false] : [true]) {
    test(`LogsCall hands over as it came: ${request.name}${known ? '' : ', length not said'}`, () => {
      const harness = new ReceiverHarness();
      harness.takesRaw = true;
      const stream = send(harness, request, known);
      const [call] = harness.accepted;
      assert.ok(call !== undefined);
      const { slab, type, encoding, bodyOffsetBytes } = call;
      assert.deepEqual({ type, encoding }, { type: request.type, encoding: request.encoding });
      assert.ok(request.body.equals(harness.bodyOf(call)), 'bit-identical');
      assert.equal(
        bodyOffsetBytes,
        harness.slabs.bodyOffsetBytes(slab),
        'at the front of the slab',
      );
      assert.equal(harness.decompression.runningCount, 0);
      const spareBytes = harness.slabs.capacityBytes(slab) - request.body.length;
      assert.ok(spareBytes < 64 * KiB, `keeps ${spareBytes} bytes that it does not need`);
      harness.finishOldest();
      assert.match(stream.outcome, /^(0|http 200)$/);
      assert.equal(harness.isAtRest, true);
    });
  }
}

test('LogsCall makes protobuf of what the engine does not take as it came', async () => {
  const harness = new ReceiverHarness();
  for (const request of cases.slice(0, 1)) {
    const stream = send(harness, request);
    await harness.settled(stream);
    const [call] = harness.accepted;
    assert.ok(call !== undefined);
    assert.deepEqual([call.type, call.encoding], ['protobuf', undefined]);
    assert.ok(text.equals(harness.bodyOf(call)));
    harness.finishOldest();
  }
  assert.equal(harness.isAtRest, true);
});

test('LogsCall hands over no empty body as it came, which is not what it says to be', () => {
  const harness = new ReceiverHarness();
  harness.takesRaw = true;
  const empty = Buffer.alloc(0);
  const outcomes = [grpc('empty', empty, 'gzip'), http('empty', empty, jsonType)].map(
    (request) => send(harness, request).outcome,
  );
  assert.deepEqual(outcomes, ['3 BODY_CORRUPT', 'http 400']);
  assert.equal(harness.accepted.length, 0);
});

test('LogsCall keeps the limit of the message for what it hands over as it came', () => {
  const harness = new ReceiverHarness({}, 100 * KiB);
  harness.takesRaw = true;
  assert.equal(send(harness, grpc('large', noise, 'gzip')).outcome, '8 MESSAGE_TOO_LARGE');
  assert.equal(harness.isAtRest, true);
});
