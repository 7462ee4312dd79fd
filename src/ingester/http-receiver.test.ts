import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { FakeRequest, FakeServerStream } from '../../test/support/fake-server-stream.ts';
import { ReceiverHarness } from '../../test/support/receiver-harness.ts';
import { testSeed } from '../../test/support/seed.ts';
import type { ErrorCode } from '../errors.ts';
import { decodeStatus } from '../grpc/retry-info.ts';
import { KiB, MiB } from '../limits.ts';

const message = Buffer.from('one whole message, whatever is in it');
const largest = Buffer.alloc(MiB, 'z');
const jsonText = Buffer.from(
  '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":9}]}]}]}',
);
const jsonAsProtobuf = Buffer.from([0x0a, 6, 0x12, 4, 0x12, 2, 0x10, 9]);
const json = 'application/json';

interface Case {
  readonly name: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly request?: FakeRequest;
  readonly body?: Uint8Array;
  readonly status: number;
  readonly code?: ErrorCode;
  /** What the engine gets, for status 200. */
  readonly accepted?: Uint8Array;
}

const coded = (encoding: string, more = {}) => ({ 'content-encoding': encoding, ...more });
const typed = (type: string, more = {}) => ({ 'content-type': type, ...more });

const cases: readonly Case[] = [
  { name: 'a message', body: message, status: 200, accepted: message },
  { name: 'an empty message', status: 200, accepted: Buffer.of() },
  { name: 'the largest message', body: largest, status: 200, accepted: largest },
  {
    name: 'a parameter of the content type, and a query',
    path: '/v1/logs?x=y',
    headers: typed('Application/x-protobuf; charset=utf-8'),
    body: message,
    status: 200,
    accepted: message,
  },
  { name: 'identity', headers: coded('identity'), body: message, status: 200, accepted: message },
  {
    name: 'gzip',
    headers: coded('gzip'),
    body: gzipSync(message),
    status: 200,
    accepted: message,
  },
  {
    name: 'zstd',
    headers: coded('ZSTD'),
    body: zstdCompressSync(message),
    status: 200,
    accepted: message,
  },
  {
    name: 'gzip of the largest message',
    headers: coded('gzip'),
    body: gzipSync(largest),
    status: 200,
    accepted: largest,
  },
  {
    name: 'gzip of the largest message, stored',
    headers: coded('gzip'),
    body: gzipSync(largest.subarray(0, MiB - 200), { level: 0 }),
    status: 200,
    accepted: largest.subarray(0, MiB - 200),
  },
  { name: 'JSON', headers: typed(json), body: jsonText, status: 200, accepted: jsonAsProtobuf },
  {
    name: 'JSON, compressed',
    headers: typed(`${json};charset=utf-8`, coded('gzip')),
    body: gzipSync(jsonText),
    status: 200,
    accepted: jsonAsProtobuf,
  },
  {
    name: 'an empty JSON object',
    headers: typed(json),
    body: Buffer.from('{}'),
    status: 200,
    accepted: Buffer.of(),
  },
  { name: 'JSON without a body', headers: typed(json), status: 400, code: 'OTLP_MALFORMED' },
  {
    name: 'JSON that is none',
    headers: typed(json),
    body: Buffer.from('{"resourceLogs":'),
    status: 400,
    code: 'OTLP_MALFORMED',
  },
  {
    name: 'corrupt gzip',
    headers: coded('gzip'),
    body: message,
    status: 400,
    code: 'BODY_CORRUPT',
  },
  {
    name: 'bytes after zstd',
    headers: coded('zstd'),
    body: Buffer.concat([zstdCompressSync(message), Buffer.alloc(9)]),
    status: 400,
    code: 'BODY_CORRUPT',
  },
  {
    name: 'a content length that is no number',
    headers: { 'content-length': '1, 1' },
    body: Buffer.of(1),
    status: 400,
    code: 'HTTP_SYNTAX',
  },
  {
    name: 'fewer bytes than said',
    headers: { 'content-length': '100' },
    body: message,
    status: 400,
    code: 'OTLP_MALFORMED',
  },
  {
    name: 'more bytes than said',
    headers: { 'content-length': '10' },
    body: message,
    status: 400,
    code: 'OTLP_MALFORMED',
  },
  {
    name: 'an unknown encoding',
    headers: coded('deflate'),
    body: message,
    status: 415,
    code: 'ENCODING_UNKNOWN',
  },
  {
    name: 'nested encodings',
    headers: coded('gzip, zstd'),
    body: message,
    status: 415,
    code: 'ENCODING_UNKNOWN',
  },
  {
    name: 'an unknown content type',
    headers: typed('text/plain'),
    body: message,
    status: 415,
    code: 'CONTENT_TYPE',
  },
  { name: 'no content type', headers: typed(''), status: 415, code: 'CONTENT_TYPE' },
  {
    name: 'gRPC on the HTTP port',
    headers: typed('application/grpc'),
    body: message,
    status: 415,
    code: 'CONTENT_TYPE',
  },
  {
    name: 'a body over the limit',
    body: Buffer.alloc(MiB + 1),
    status: 413,
    code: 'MESSAGE_TOO_LARGE',
  },
  {
    name: 'JSON over its limit',
    headers: typed(json),
    body: Buffer.alloc(256 * KiB + 1),
    status: 413,
    code: 'MESSAGE_TOO_LARGE',
  },
  {
    name: 'a body over the limit when inflated',
    headers: coded('gzip'),
    body: gzipSync(Buffer.alloc(MiB + 1)),
    status: 413,
    code: 'MESSAGE_TOO_LARGE',
  },
  {
    name: 'JSON over its limit when inflated',
    headers: typed(json, coded('zstd')),
    body: zstdCompressSync(Buffer.alloc(256 * KiB + 1, ' ')),
    status: 413,
    code: 'MESSAGE_TOO_LARGE',
  },
  { name: 'another signal', path: '/v1/traces', status: 404, code: 'METHOD_UNKNOWN' },
  { name: 'a longer path', path: '/v1/logs/', status: 404, code: 'METHOD_UNKNOWN' },
  { name: 'GET', method: 'GET', headers: typed(''), status: 405, code: 'VERB' },
  { name: 'PUT of JSON', method: 'PUT', headers: typed(json), status: 405, code: 'VERB' },
  {
    name: 'a header list over 16 KiB',
    request: { headerListSizeBytes: 16 * KiB + 1 },
    status: 431,
    code: 'HEADERS_TOO_LARGE',
  },
  {
    name: 'too many header fields',
    request: { headerFieldCount: 101 },
    status: 431,
    code: 'HEADERS_TOO_LARGE',
  },
];

function open(harness: ReceiverHarness, each: Case, saysLength: boolean): FakeServerStream {
  const length = saysLength ? { 'content-length': String(each.body?.length ?? 0) } : {};
  return harness.openHttp({
    ...each.request,
    ...(each.method && { method: each.method }),
    ...(each.path && { path: each.path }),
    headers: { ...length, ...each.headers },
  });
}

/** One request, its body cut as said; checks the whole answer and that no memory is left. */
async function check(
  harness: ReceiverHarness,
  each: Case,
  saysLength: boolean,
  cut: (body: Uint8Array) => Uint8Array[] = (body) => [body],
): Promise<void> {
  const { name, body, status, code, accepted } = each;
  const stream = open(harness, each, saysLength);
  for (const chunk of body === undefined ? [] : cut(body)) stream.send(chunk);
  stream.end();
  await harness.settled(stream);
  const [call] = harness.accepted;
  assert.deepEqual(call && Buffer.from(harness.bodyOf(call)), accepted, name);
  harness.finishOldest();
  assert.equal(stream.outcome, `http ${status}`, name);
  assert.equal(stream.answers.length, 1, name);
  checkAnswer(stream, each, code);
  stream.close();
  assert.equal(harness.isAtRest, true, name);
}

function checkAnswer({ answer }: FakeServerStream, each: Case, code: ErrorCode | undefined): void {
  const { fields = {}, body = Buffer.of() } = answer ?? {};
  const isJson = each.headers?.['content-type']?.startsWith(json) === true;
  assert.equal(fields['content-type'], isJson ? json : 'application/x-protobuf', each.name);
  assert.equal(fields['content-length'], String(body.length), each.name);
  if (code === undefined) {
    assert.equal(Buffer.from(body).toString(), isJson ? '{}' : '', each.name);
    return;
  }
  const status = isJson ? jsonStatus(body) : decodeStatus(body);
  assert.match(status?.message ?? '', new RegExp(`^${code}: `), each.name);
  assert.equal(status?.badRequest !== undefined, code === 'OTLP_MALFORMED', each.name);
  assert.equal(status?.retryDelayMs, undefined, each.name);
  assert.equal(fields['retry-after'], undefined, each.name);
  assert.equal(fields.allow, code === 'VERB' ? 'POST' : undefined, each.name);
  const encodings = code === 'ENCODING_UNKNOWN' ? 'gzip, zstd, identity' : undefined;
  assert.equal(fields['accept-encoding'], encodings, each.name);
}

function jsonStatus(body: Uint8Array): ReturnType<typeof decodeStatus> {
  const { code, message, details = [] } = JSON.parse(Buffer.from(body).toString());
  const violations = details.flatMap((detail: { fieldViolations?: object[] }) =>
    detail.fieldViolations === undefined ? [] : detail.fieldViolations,
  );
  return { code, message, badRequest: violations[0] };
}

for (const each of cases) {
  test(`HttpReceiver answers ${each.name}: ${each.status} ${each.code ?? ''}`, async () => {
    const harness = new ReceiverHarness({ largePageCount: 64 });
    await check(harness, each, true);
    await check(harness, each, false);
  });
}

test('HttpReceiver gives the same single answer however the body is cut', async (context) => {
  const harness = new ReceiverHarness({ largePageCount: 64 });
  const small = cases.filter(({ body }) => (body?.length ?? 0) < 100 * KiB);
  const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...small), sizes, fc.boolean(), (each, cuts, saysLength) =>
      check(harness, each, saysLength, (body) => pieces(body, cuts)),
    ),
    { seed: testSeed(context), numRuns: 300 },
  );
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
