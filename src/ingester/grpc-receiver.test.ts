import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { exportPath, type FakeRequest } from '../../test/support/fake-server-stream.ts';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { testSeed } from '../../test/support/seed.ts';
import { type ErrorCode, errorTable } from '../errors.ts';
import { decodeStatusDetailsHeader } from '../grpc/retry-info.ts';
import { KiB, MiB } from '../limits.ts';

const message = Buffer.from('one whole message, whatever is in it');

function framed(body: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = flag;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

interface Case {
  readonly name: string;
  readonly request?: FakeRequest;
  readonly body?: Uint8Array;
  readonly outcome: string;
  /** What the engine gets, for outcome 'none'. */
  readonly accepted?: Uint8Array;
}

const gzip = { headers: { 'grpc-encoding': 'gzip' } };
const zstd = { headers: { 'grpc-encoding': 'zstd' } };
const ok = framed(message);
const largest = Buffer.alloc(MiB, 'z');

const cases: readonly Case[] = [
  { name: 'a message', body: ok, outcome: 'none', accepted: message },
  {
    name: 'an empty message',
    body: framed(Buffer.alloc(0)),
    outcome: 'none',
    accepted: Buffer.alloc(0),
  },
  { name: 'the largest message', body: framed(largest), outcome: 'none', accepted: largest },
  {
    name: 'content type with +proto and a parameter',
    request: { headers: { 'content-type': 'application/grpc+proto; charset=utf-8' } },
    body: ok,
    outcome: 'none',
    accepted: message,
  },
  {
    name: 'grpc-encoding with a message that is not compressed',
    request: gzip,
    body: ok,
    outcome: 'none',
    accepted: message,
  },
  {
    name: 'gzip',
    request: gzip,
    body: framed(gzipSync(message), 1),
    outcome: 'none',
    accepted: message,
  },
  {
    name: 'zstd',
    request: zstd,
    body: framed(zstdCompressSync(message), 1),
    outcome: 'none',
    accepted: message,
  },
  {
    name: 'gzip of the largest message',
    request: gzip,
    body: framed(gzipSync(largest), 1),
    outcome: 'none',
    accepted: largest,
  },
  { name: 'no message', outcome: '3 OTLP_MALFORMED' },
  { name: 'a cut-off prefix', body: ok.subarray(0, 3), outcome: '3 OTLP_MALFORMED' },
  { name: 'a prefix alone', body: ok.subarray(0, 5), outcome: '3 OTLP_MALFORMED' },
  { name: 'a cut-off message', body: ok.subarray(0, ok.length - 1), outcome: '3 OTLP_MALFORMED' },
  { name: 'a second message', body: Buffer.concat([ok, ok]), outcome: '3 OTLP_MALFORMED' },
  {
    name: 'a byte after the message',
    body: Buffer.concat([ok, Buffer.of(0)]),
    outcome: '3 OTLP_MALFORMED',
  },
  {
    name: 'a byte after an empty message',
    body: Buffer.alloc(6),
    outcome: '3 OTLP_MALFORMED',
  },
  {
    name: 'compressed flag 2',
    request: gzip,
    body: framed(message, 2),
    outcome: '3 OTLP_MALFORMED',
  },
  { name: 'corrupt gzip', request: gzip, body: framed(message, 1), outcome: '3 BODY_CORRUPT' },
  { name: 'corrupt zstd', request: zstd, body: framed(message, 1), outcome: '3 BODY_CORRUPT' },
  {
    name: 'empty gzip',
    request: gzip,
    body: framed(Buffer.alloc(0), 1),
    outcome: '3 BODY_CORRUPT',
  },
  {
    name: 'zeros after gzip',
    request: gzip,
    body: framed(Buffer.concat([gzipSync(message), Buffer.alloc(9)]), 1),
    outcome: '3 BODY_CORRUPT',
  },
  {
    name: 'a bad grpc-timeout',
    request: { headers: { 'grpc-timeout': '10' } },
    body: ok,
    outcome: '3 BAD_TIMEOUT',
  },
  {
    name: 'compressed flag without encoding',
    body: framed(message, 1),
    outcome: '13 COMPRESSED_FLAG',
  },
  {
    name: 'compressed flag with identity',
    request: { headers: { 'grpc-encoding': 'identity' } },
    body: framed(message, 1),
    outcome: '13 COMPRESSED_FLAG',
  },
  {
    name: 'an unknown encoding',
    request: { headers: { 'grpc-encoding': 'snappy' } },
    body: framed(message, 1),
    outcome: '12 ENCODING_UNKNOWN',
  },
  {
    name: 'a message over the limit on the wire',
    body: framed(Buffer.alloc(MiB + 1)),
    outcome: '8 MESSAGE_TOO_LARGE',
  },
  {
    name: 'a length of 4 GiB with no bytes after it',
    body: Buffer.from([0, 0xff, 0xff, 0xff, 0xff]),
    outcome: '8 MESSAGE_TOO_LARGE',
  },
  {
    name: 'a message over the limit when inflated',
    request: gzip,
    body: framed(gzipSync(Buffer.alloc(MiB + 1)), 1),
    outcome: '8 MESSAGE_TOO_LARGE',
  },
  {
    name: 'a header list over 16 KiB',
    request: { headerListSizeBytes: 16 * KiB + 1 },
    body: ok,
    outcome: '8 HEADERS_TOO_LARGE',
  },
  {
    name: 'an unknown method of ours',
    request: { path: exportPath.replace('Export', 'Import') },
    body: ok,
    outcome: '12 METHOD_UNKNOWN',
  },
  {
    name: 'another signal',
    request: { path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export' },
    body: ok,
    outcome: '12 METHOD_UNKNOWN',
  },
  {
    name: 'health',
    request: { path: '/grpc.health.v1.Health/Check' },
    body: ok,
    outcome: '12 METHOD_UNKNOWN',
  },
  { name: 'GET', request: { method: 'GET', path: '/' }, outcome: 'http 405' },
  {
    name: 'OTLP over HTTP',
    request: { headers: { 'content-type': 'application/x-protobuf' } },
    body: message,
    outcome: 'http 415',
  },
  {
    name: 'no content type',
    request: { headers: { 'content-type': '' } },
    body: ok,
    outcome: 'http 415',
  },
];

/**
 * One call, its body cut as said, on a receiver that may be shared; checks the outcome and that no
 * memory is left.
 */
async function check(
  harness: ReceiverHarness,
  each: Case,
  cut: (body: Uint8Array) => Uint8Array[],
) {
  const { name, request, body, outcome, accepted } = each;
  const reservedBytes = harness.slabs.reservedBytes;
  const stream = harness.open(request);
  for (const chunk of body === undefined ? [] : cut(body)) stream.send(chunk);
  stream.end();
  await harness.settled(stream);
  assert.equal(stream.outcome, outcome, name);
  const [call] = harness.accepted;
  assert.deepEqual(call && Buffer.from(harness.bodyOf(call)), accepted, name);
  harness.finishOldest();
  assert.equal(stream.answers.length, 1, `${name}: answers`);
  stream.close();
  assert.equal(harness.slabs.reservedBytes, reservedBytes, `${name}: reserved bytes`);
  assert.equal(harness.watch.size, 0, `${name}: watched calls`);
}

for (const each of cases) {
  test(`GrpcReceiver answers ${each.name}: ${each.outcome}`, async () => {
    await check(new ReceiverHarness({ largePageCount: 64 }), each, (body) => [body]);
  });
}

test('GrpcReceiver gives the same single answer however the body is cut', async (context) => {
  const harness = new ReceiverHarness({ largePageCount: 64 });
  const small = cases.filter(({ body }) => (body?.length ?? 0) < 100 * KiB);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...small),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
      (each, sizes) => check(harness, each, (body) => pieces(body, sizes)),
    ),
    { seed: testSeed(context), numRuns: 400 },
  );
});

test('GrpcReceiver gives the same single answer when the call has to wait for its slab', async (context) => {
  const harness = new ReceiverHarness({ spanCount: 12, largePageCount: 64 });
  const others = takeAll(harness);
  const small = cases.filter(({ body }) => (body?.length ?? 0) < 100 * KiB);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...small),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
      async ({ name, request, body, outcome, accepted }, sizes) => {
        const stream = harness.open(request);
        for (const chunk of body === undefined ? [] : pieces(body, sizes)) stream.send(chunk);
        stream.end();
        for (const slab of others.splice(0)) harness.slabs.free(slab);
        await harness.turn();
        await harness.settled(stream);
        assert.equal(stream.outcome, outcome, name);
        const [call] = harness.accepted;
        assert.deepEqual(call && Buffer.from(harness.bodyOf(call)), accepted, name);
        harness.finishOldest();
        assert.equal(stream.answers.length, 1, `${name}: answers`);
        assert.equal(harness.slabs.reservedBytes, 0, `${name}: reserved bytes`);
        others.push(...takeAll(harness));
      },
    ),
    { seed: testSeed(context), numRuns: 200 },
  );
});

test('GrpcReceiver puts RetryInfo into retryable refusals only, and BadRequest into malformed ones', async () => {
  for (const each of cases.filter(({ outcome }) => /^\d/.test(outcome))) {
    const harness = new ReceiverHarness({ largePageCount: 64 });
    const stream = harness.open(each.request);
    if (each.body !== undefined) stream.send(each.body);
    stream.end();
    await harness.settled(stream);
    const details = decodeStatusDetailsHeader(
      stream.answer?.fields['grpc-status-details-bin'] ?? '',
    );
    const code = stream.outcome.split(' ')[1] as ErrorCode; // the outcomes of the table
    assert.equal(details?.retryDelayMs !== undefined, errorTable[code].retryable, each.name);
    assert.equal(details?.badRequest !== undefined, code === 'OTLP_MALFORMED', each.name);
  }
});

test('GrpcReceiver refuses an oversize message before it reserves anything', () => {
  const harness = new ReceiverHarness();
  const stream = harness.open();
  stream.send(Buffer.from([0, 0x40, 0, 0, 0]));
  assert.equal(stream.outcome, '8 MESSAGE_TOO_LARGE');
  assert.equal(harness.slabs.reservedBytes, 0);
});

function pieces(body: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < body.length; turn += 1) {
    const size = sizes[turn % sizes.length]!; // never empty
    chunks.push(body.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

function takeAll(harness: ReceiverHarness): number[] {
  const taken: number[] = [];
  for (const sizeBytes of [MiB, 300 * KiB, 200 * KiB, 64 * KiB, 4 * KiB, 1 * KiB, 1]) {
    for (;;) {
      const slab = harness.slabs.reserve(sizeBytes);
      if (slab === 0) break;
      taken.push(slab);
    }
  }
  return taken;
}
