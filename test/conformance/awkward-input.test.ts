// Scenario: field reports M1 to M6: input that has crashed, hung or silenced other pipelines, in
// every form in which it can come, to an engine with a real sink.
// Guarantees: what is legal arrives, what is not is refused for that request alone with a code that
// says so, a record that the downstream refuses is counted and named; process, connection and
// neighbours are not affected.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { recordCountOf } from '../support/otlp-sink.ts';
import { delimited, text, varint } from '../support/wire-bytes.ts';
import {
  type ConformanceRig,
  compressedRequest,
  framed,
  goodMessage,
  isOk,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import { type Form, forms, httpForms, isJson, type Request } from './otlp-client.ts';

let rig: ConformanceRig;
before(async () => {
  rig = await startRig({ memory: { limit_mib: 256 } });
  for (const form of forms) await rig.send(form, requestOf(form, goodMessage));
});
after(() => rig.close());

const protobufForms = forms.filter((form) => !isJson(form));
const bodyOf = (form: Form, bytes: Uint8Array): Request => ({
  body: form === 'gRPC' ? framed(bytes) : bytes,
});
/** A body as one record has it. */
const recordWith = (...fields: Uint8Array[]) =>
  delimited(1, delimited(2, delimited(2, Buffer.concat(fields))));

async function checkMalformed(form: Form, request: Request): Promise<void> {
  const reply = await rig.send(form, request);
  assert.deepEqual([reply.status, reply.code], [form === 'gRPC' ? 3 : 400, 'OTLP_MALFORMED']);
}

for (const form of forms) {
  // M1
  test(`${form}: what the downstream rejects is counted, with its reason, and the rest arrives`, async () => {
    const resource = (value: string) => ({
      resource: {
        attributes: [{ key: 'label', value: { value: { case: 'stringValue', value } } }],
      },
      scopeLogs: [{ logRecords: [{ eventName: value }] }],
    });
    const resourceLogs = ['good', 'b@d', 'good'].map(resource);
    const request = create(ExportLogsServiceRequestSchema, {
      resourceLogs,
    } as Parameters<typeof create<typeof ExportLogsServiceRequestSchema>>[1]); // `case` is a literal
    rig.sink.decide = ({ resourceLogs: arrived }) =>
      arrived.length === 3
        ? { kind: 'partial', rejected: 1, message: 'invalid label "b@d"' }
        : undefined;
    const before = rig.sink.arrivals.length;
    const reply = await rig.send(form, requestOf(form, request));
    rig.sink.decide = undefined;
    const message = 'otlp_grpc: invalid label "b@d"';
    assert.deepEqual(reply.partial, { rejected: 1n, message });
    assert.equal(rig.sink.arrivals.length, before + 1, 'never sent again');
  });

  // M2
  test(`${form}: a record without resource and scope arrives, as the only one or among others`, async () => {
    const bare = recordsMessage({ timeUnixNano: 1234567890123n });
    const reply = await rig.send(form, requestOf(form, bare));
    assert.ok(isOk(reply), reply.message);
    const arrived = rig.sink.requests.at(-1);
    assert.equal(arrived && recordCountOf(arrived), 1);
    const [record] = arrived?.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
    assert.equal(record?.timeUnixNano, 1234567890123n);
    const empty = await rig.send(form, requestOf(form, new Uint8Array(0)));
    assert.ok(isOk(empty) && empty.partial === undefined);
  });

  // M3
  test(`${form}: noise, and every prefix of a request, is refused alone`, async () => {
    const { body = new Uint8Array(0) } = requestOf(form, recordsMessage({ eventName: 'cut' }));
    for (let length = 0; length < body.length; length += 1) {
      const reply = await rig.send(form, { body: body.subarray(0, length) });
      // Nothing at all is a request without records in protobuf.
      if (length > 0 || form === 'gRPC' || isJson(form)) assert.equal(reply.code, 'OTLP_MALFORMED');
      else assert.ok(isOk(reply));
    }
    for (let turn = 0; turn < 20; turn += 1) {
      const noise = Buffer.concat([Buffer.of(0xff), randomBytes(turn * 10)]);
      await checkMalformed(form, bodyOf(form, noise));
    }
    await rig.stillGood(form);
  });
}

for (const form of protobufForms) {
  // M3
  test(`${form}: a request of another signal is refused, not taken for logs`, async () => {
    // ResourceSpans{ScopeSpans{Span{trace_id, span_id}}}: the place of LogRecord's time has bytes.
    const span = [
      delimited(1, new Uint8Array(16).fill(1)),
      delimited(2, new Uint8Array(8).fill(2)),
    ];
    await checkMalformed(form, bodyOf(form, recordWith(...span)));
    await rig.stillGood(form);
  });

  // M4
  test(`${form}: lengths beyond what there is are refused, whoever comes behind`, async () => {
    const lengths = [2n ** 31n - 1n, 2n ** 32n - 1n, 2n ** 64n - 1n, 2n ** 63n, 100n];
    for (const length of lengths) {
      const key = Uint8Array.from([0x0a, ...varint(length), 0x61]);
      // In an attribute of a record, and of a resource; alone and with a neighbour to read into.
      for (const [before, behind] of [
        [delimited(1, delimited(1, delimited(1, key))), new Uint8Array(0)],
        [recordWith(delimited(6, key)), recordWith(delimited(3, text('x'.repeat(200))))],
      ] as const) {
        await checkMalformed(form, bodyOf(form, Buffer.concat([before, behind])));
      }
    }
    const elevenBytes = Uint8Array.from([0x0a, ...Array(10).fill(0xff), 0x01]);
    await checkMalformed(form, bodyOf(form, elevenBytes));
    await rig.stillGood(form);
  });
}

// M5: Request, ResourceLogs, ScopeLogs and LogRecord are four, AnyValue and ArrayValue by turns the
// others.
for (const form of forms) {
  for (const depth of [99, 100, 101, 10_000, 1_000_000]) {
    test(`${form}: ${depth} messages in each other are ${depth <= 100 ? 'taken' : 'refused'}`, async () => {
      // JSON of a million is beyond its limit of 4 MiB, which is checked first.
      const request = isJson(form)
        ? { body: Buffer.from(nestedJson(Math.min(depth, 250_000))) }
        : bodyOf(form, recordWith(delimited(5, nestedValue(depth - 4))));
      if (depth > 100) await checkMalformed(form, request);
      else assert.ok(isOk(await rig.send(form, request)));
      await rig.stillGood(form);
    });
  }
}

/** The content of the outermost of so many messages, written from the inside out. */
function nestedValue(levels: number): Uint8Array {
  const bytes = new Uint8Array(6 * levels);
  let start = bytes.length;
  for (let level = levels - 1; level > 0; level -= 1) {
    // AnyValue.array_value is field 5, ArrayValue.values field 1.
    const length = varint(BigInt(bytes.length - start));
    start -= length.length + 1;
    bytes.set([level % 2 === 1 ? 0x2a : 0x0a, ...length], start);
  }
  return bytes.subarray(start);
}

function nestedJson(depth: number): string {
  const lists = Math.floor((depth - 5) / 2);
  const innermost = (depth - 5) % 2 === 0 ? '{}' : '{"arrayValue":{}}';
  const opening = '{"arrayValue":{"values":['.repeat(lists);
  const value = `${opening}${innermost}${']}}'.repeat(lists)}`;
  return `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${value}}]}]}]}`;
}

// M6
for (const form of forms) {
  test(`${form}: gzip and zstd arrive, other encodings are refused with the list of ours`, async () => {
    const message = recordsMessage({ eventName: `packed ${form}` });
    const { body = new Uint8Array(0) } = requestOf(form, message);
    const bytes = form === 'gRPC' ? toBinary(ExportLogsServiceRequestSchema, message) : body;
    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['zstd', zstdCompressSync],
      ['identity', undefined],
    ] as const) {
      const request =
        compress === undefined
          ? {
              body,
              headers: { [form === 'gRPC' ? 'grpc-encoding' : 'content-encoding']: encoding },
            }
          : compressedRequest(form, encoding, compress(bytes));
      assert.ok(isOk(await rig.send(form, request)), encoding);
      const [record] = rig.sink.requests.at(-1)?.resourceLogs[0]?.scopeLogs[0]?.logRecords ?? [];
      assert.equal(record?.eventName, `packed ${form}`);
    }
    for (const encoding of ['snappy', 'deflate', 'br', 'x-snappy-framed', 'lz4']) {
      const reply = await rig.send(form, compressedRequest(form, encoding, bytes));
      assert.equal(reply.code, 'ENCODING_UNKNOWN');
      const list = reply.fields[form === 'gRPC' ? 'grpc-accept-encoding' : 'accept-encoding'];
      assert.match(list ?? '', /gzip.*zstd/);
    }
    await rig.stillGood(form);
  });
}

// M3
test('HTTP: other paths and verbs have an answer of ours', async () => {
  for (const form of httpForms) {
    const answers = [
      await rig.send(form, { method: 'GET', path: '/' }),
      await rig.send(form, { method: 'GET' }),
      await rig.send(form, { path: '/v1/traces', body: Buffer.of(0) }),
      await rig.send(form, { path: '/v1/metrics', body: Buffer.of(0) }),
    ];
    const codes = answers.map(({ status, code }) => `${status} ${code}`);
    const unknown = '404 METHOD_UNKNOWN';
    assert.deepEqual(codes, [unknown, '405 VERB', unknown, unknown]);
  }
});

// M3
test('bytes that are no TLS, and TLS with noise in it, end that connection alone', async () => {
  const noise = randomBytes(2_000);
  for (const port of [rig.engine.port, rig.engine.httpPort]) {
    await rig.client.plainBytes(port, noise);
    await rig.client.plainBytes(port, 'POST /v1/logs HTTP/1.1\r\nhost: x\r\n\r\n');
    const socket = await rig.client.socket(port, ['h2']);
    socket.resume();
    socket.end(noise);
    await new Promise((resolve) => socket.on('close', resolve));
  }
  assert.match(await rig.client.http1Bytes('\x16\x03\x01 garbage\r\n\r\n'), /^HTTP\/1.1 400 /);
  for (const form of forms) await rig.stillGood(form);
});
