// Scenario: every row of the receiver's error table that a producer can bring about is brought
// about, over gRPC and over HTTP/1.1 and HTTP/2 with protobuf and JSON, with the downstream up,
// slow and away.
// Guarantees: each transport answers with its own status, the same code, and the headers of the
// row; only what is worth a retry says so; the connection serves the next request. reply.ts checks
// what holds for every answer.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync, constants as zlib, zstdCompressSync } from 'node:zlib';
import type { ErrorCode } from '../../src/errors.ts';
import { KiB, MiB } from '../../src/limits.ts';
import {
  type ConformanceRig,
  compressedRequest,
  framed,
  goodMessage,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import { type Form, forms, type Request } from './otlp-client.ts';
import { type Reply, readReply } from './reply.ts';

let rig: ConformanceRig;
before(async () => {
  rig = await startRig({
    grpc: { max_recv_msg_size_mib: 1 },
    http: { max_request_body_size: '1MiB', max_json_body_size: '1MiB' },
    memory: { stall_timeout: '300ms' },
  });
  for (const form of forms) await rig.send(form, requestOf(form, goodMessage));
});
after(() => rig.close());

interface Row {
  readonly title: string;
  readonly code: ErrorCode;
  /** Undefined: gRPC, or HTTP, has no such request. */
  readonly grpc?: number;
  readonly http?: number;
  readonly request: (form: Form) => Request;
  /** Header fields of the answer, by transport. */
  readonly grpcFields?: Readonly<Record<string, string>>;
  readonly httpFields?: Readonly<Record<string, string>>;
  /** HTTP/1.1 has to close: nobody knows where the next request would begin. */
  readonly closesHttp1?: boolean;
  /** Node's parser of HTTP/1.1 gives up before anybody knows the type. */
  readonly hasNoHttp1Type?: boolean;
}

const good = (form: Form) => requestOf(form, goodMessage).body!; // requestOf() makes a body
const withHeaders =
  (headers: (form: Form) => Record<string, string>) =>
  (form: Form): Request => ({ body: good(form), headers: headers(form) });
/** The message as a library compresses it, then changed. */
const compressed =
  (encoding: 'gzip' | 'zstd', change: (bytes: Buffer) => Uint8Array, text?: Uint8Array) =>
  (form: Form): Request => {
    const plain = text ?? (form === 'gRPC' ? good(form).subarray(5) : good(form));
    const bytes = encoding === 'gzip' ? gzipSync(plain) : zstdCompressSync(plain);
    return compressedRequest(form, encoding, change(bytes));
  };

const malformed = { code: 'OTLP_MALFORMED', grpc: 3, http: 400 } as const;
const corrupt = { code: 'BODY_CORRUPT', grpc: 3, http: 400 } as const;
const tooLarge = { code: 'MESSAGE_TOO_LARGE', grpc: 8, http: 413 } as const;
const headers = { code: 'HEADERS_TOO_LARGE', grpc: 8, http: 431 } as const;
const encoding = {
  code: 'ENCODING_UNKNOWN',
  grpc: 12,
  http: 415,
  grpcFields: { 'grpc-accept-encoding': 'identity,gzip,zstd' },
  httpFields: { 'accept-encoding': 'gzip, zstd, identity' },
} as const;
const wideWindow = zstdCompressSync(Buffer.alloc(20 * MiB, 'abcdefgh'), {
  params: { [zlib.ZSTD_c_windowLog]: 24 },
});

const rows: readonly Row[] = [
  {
    ...{ title: 'bytes that are no message', ...malformed },
    request: (form) => {
      const noise = Buffer.from('ff00ff00deadbeef', 'hex');
      return { body: form === 'gRPC' ? framed(noise) : noise };
    },
  },
  {
    ...{ title: 'half a message', ...malformed },
    request: (form) => {
      const body = good(form);
      return { body: body.subarray(0, body.length - 3) };
    },
  },
  {
    ...{ title: 'no gRPC message', code: 'OTLP_MALFORMED', grpc: 3 },
    request: () => ({}),
  },
  {
    ...{ title: 'a second gRPC message', code: 'OTLP_MALFORMED', grpc: 3 },
    request: (form) => ({ body: Buffer.concat([good(form), good(form)]) }),
  },
  {
    ...{ title: 'gzip that is cut off', ...corrupt },
    request: compressed('gzip', (bytes) => bytes.subarray(0, bytes.length - 5)),
  },
  {
    ...{ title: 'bytes after gzip', ...corrupt },
    request: compressed('gzip', (bytes) => Buffer.concat([bytes, Buffer.alloc(9)])),
  },
  {
    ...{ title: 'zstd that is damaged', ...corrupt },
    request: compressed('zstd', (bytes) => bytes.fill(0xff, 4, 8)),
  },
  {
    ...{ title: 'a zstd window of 16 MiB', ...corrupt },
    request: (form) => compressedRequest(form, 'zstd', wideWindow),
  },
  {
    ...{ title: 'a grpc-timeout without a unit', code: 'BAD_TIMEOUT', grpc: 3 },
    request: withHeaders(() => ({ 'grpc-timeout': '10' })),
  },
  {
    ...{ title: 'a compressed flag that no encoding explains', code: 'COMPRESSED_FLAG', grpc: 13 },
    request: (form) => ({ body: framed(good(form).subarray(5), 1) }),
  },
  {
    ...{ title: 'an unknown encoding', ...encoding },
    request: (form) => compressedRequest(form, 'snappy', Buffer.of(1)),
  },
  {
    ...{ title: 'two encodings, one inside the other', ...encoding },
    request: (form) => compressedRequest(form, 'gzip, gzip', Buffer.of(1)),
  },
  {
    ...{ title: 'a message over the limit', ...tooLarge, closesHttp1: true },
    request: (form) => requestOf(form, largeMessage),
  },
  {
    ...{ title: 'a message over the limit when inflated', ...tooLarge },
    request: compressed('gzip', (bytes) => bytes, Buffer.alloc(MiB + 1, ' ')),
  },
  {
    // By the 32 bytes that each field counts, so that HTTP/1.1 has read it whole.
    ...{ title: 'a header list over 16 KiB', ...headers, closesHttp1: true },
    request: withHeaders(() => ({ 'x-large': 'x'.repeat(16 * KiB - 200) })),
  },
  {
    ...{ title: '101 and more header fields', ...headers, closesHttp1: true },
    hasNoHttp1Type: true,
    request: withHeaders(() =>
      Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`x-${index}`, ''])),
    ),
  },
  {
    ...{ title: 'another signal', code: 'METHOD_UNKNOWN', grpc: 12, http: 404 },
    request: (form) => ({
      body: good(form),
      path:
        form === 'gRPC'
          ? '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
          : '/v1/traces',
    }),
  },
  {
    ...{ title: 'an unknown method of a known service', code: 'METHOD_UNKNOWN', grpc: 12 },
    request: (form) => ({
      body: good(form),
      path: '/opentelemetry.proto.collector.logs.v1.LogsService/Import',
    }),
  },
  {
    ...{ title: 'health and reflection, which the control port has', code: 'METHOD_UNKNOWN' },
    ...{
      grpc: 12,
      request: (form) => ({ body: good(form), path: '/grpc.health.v1.Health/Check' }),
    },
  },
  {
    ...{ title: 'PUT', code: 'VERB', grpc: 405, http: 405, httpFields: { allow: 'POST' } },
    request: (form) => ({ method: 'PUT', body: good(form) }),
  },
  {
    ...{ title: 'GET', code: 'VERB', http: 405, httpFields: { allow: 'POST' } },
    request: () => ({ method: 'GET' }),
  },
  {
    ...{ title: 'an unknown content type', code: 'CONTENT_TYPE', grpc: 415 },
    request: withHeaders(() => ({ 'content-type': 'text/plain' })),
  },
  {
    ...{ title: 'a producer that stalls', code: 'PRODUCER_STALLED', grpc: 4, http: 503 },
    request: (form) => ({
      ...{ body: good(form).subarray(0, 10), stalls: true },
      ...(form === 'gRPC' ? {} : { headers: { 'content-length': '1000' } }),
    }),
    closesHttp1: true,
  },
];

const largeMessage = recordsMessage({
  body: { value: { case: 'stringValue', value: 'x'.repeat(MiB) } },
});

function check(row: Row, form: Form, reply: Reply): void {
  assert.equal(reply.status, form === 'gRPC' ? row.grpc : row.http, reply.message);
  // A bare 405 or 415 is how gRPC says these; there is no place for a code.
  const isBare = form === 'gRPC' && reply.status >= 400;
  assert.equal(reply.code, isBare ? '' : row.code);
  assert.equal(reply.isBadRequest, row.code === 'OTLP_MALFORMED');
  assert.equal(reply.retryDelayMs !== undefined, row.code === 'PRODUCER_STALLED');
  const expected = form === 'gRPC' ? row.grpcFields : row.httpFields;
  for (const [name, value] of Object.entries(expected ?? {})) {
    assert.equal(reply.fields[name], value);
  }
}

for (const row of rows) {
  for (const form of forms) {
    if ((form === 'gRPC' ? row.grpc : row.http) === undefined) continue;
    test(`${form}: ${row.title} is ${row.code}`, async () => {
      const isHttp1 = form.startsWith('HTTP/1.1');
      const raw = await rig.client.exchange(form, row.request(form));
      const readAs = isHttp1 && row.hasNoHttp1Type === true ? 'HTTP/1.1 protobuf' : form;
      check(row, form, readReply(readAs, raw));
      if (isHttp1 && row.closesHttp1 === true) await rig.send(form, requestOf(form, goodMessage));
      await rig.stillGood(form);
    });
  }
}

// What no library sends: HTTP/1.1 as it stands on the wire. src/ingester/http1-refusal.test.ts has
// more of it. The answer has the type of the request where that can be read.
const json = 'content-type: application/json\r\n';
const wireRows: readonly [
  title: string,
  fields: string,
  status: number,
  code: string,
  type: string,
][] = [
  ['an unknown Expect', 'expect: 200-ok\r\ncontent-length: 1', 417, 'HTTP_SYNTAX', 'json'],
  ['two lengths', 'content-length: 1\r\ncontent-length: 2', 400, 'HTTP_SYNTAX', 'x-protobuf'],
  ['a header over 16 KiB', `x: ${'x'.repeat(17 * KiB)}`, 431, 'HEADERS_TOO_LARGE', 'x-protobuf'],
];
for (const [title, fields, status, code, type] of wireRows) {
  test(`HTTP/1.1 JSON: ${title} is ${status} ${code}`, async () => {
    const head = `POST /v1/logs HTTP/1.1\r\nhost: localhost\r\n${json}${fields}\r\n\r\n`;
    const text = await rig.client.http1Bytes(`${head}x`);
    assert.match(text, new RegExp(`^HTTP/1.1 ${status} `));
    assert.match(text, new RegExp(`\r\ncontent-type: application/${type}\r\n`));
    assert.match(text, /\r\nconnection: close\r\n/);
    assert.match(text, new RegExp(`${code}: `));
    assert.equal(text.split('HTTP/1.1 ').length, 2, 'one answer');
    await rig.stillGood('HTTP/1.1 JSON');
  });
}

for (const [title, expected, options] of [
  ['no certificate', /CERTIFICATE_REQUIRED/, { cert: undefined, key: undefined }],
  ['TLS 1.2', /PROTOCOL_VERSION/, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
  ['another protocol', /NO_APPLICATION_PROTOCOL/, { ALPNProtocols: ['http/0.9'] }],
] as const) {
  for (const port of ['port', 'httpPort'] as const) {
    test(`${port}: ${title} is a TLS alert`, async () => {
      const alert = await rig.client.alert(rig.engine[port], options);
      assert.match(alert, expected);
      await rig.stillGood(port === 'port' ? 'gRPC' : 'HTTP/2 JSON');
    });
  }
}
