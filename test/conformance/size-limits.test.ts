// Scenario: field reports G1, G4 and G5: messages around the limits, plain and compressed; small
// bodies that inflate to gigabytes, alone and 64 at once; bodies of several compressed members.
// Guarantees: what fits is taken whole, what does not is refused alone with the status that says
// so; the connection serves the next request; the process stays below its memory limit.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { GiB, MiB } from '../../src/limits.ts';
import { delimited } from '../support/wire-bytes.ts';
import {
  type ConformanceRig,
  compressedRequest,
  goodMessage,
  isOk,
  recordsMessage,
  requestOf,
  startRig,
} from './conformance-rig.ts';
import type { Form } from './otlp-client.ts';
import type { Reply } from './reply.ts';

const protobufForms: readonly Form[] = ['gRPC', 'HTTP/1.1 protobuf', 'HTTP/2 protobuf'];

function isTooLarge(form: Form, { status, code, message, retryDelayMs }: Reply): void {
  assert.deepEqual([status, code], [form === 'gRPC' ? 8 : 413, 'MESSAGE_TOO_LARGE'], message);
  assert.equal(retryDelayMs, undefined, 'bare: clients must not come again with it');
}

/** A message of exactly so many bytes: one record with a text. */
function messageOf(sizeBytes: number): Uint8Array {
  const text = Buffer.alloc(sizeBytes, 'x');
  const wrap = (of: Uint8Array) => delimited(1, delimited(2, delimited(2, delimited(5, of))));
  const overhead = wrap(delimited(1, text)).length - sizeBytes;
  return wrap(delimited(1, text.subarray(overhead)));
}

// G1
function testSizes(rig: () => ConformanceRig, limitMiB: number, sizes: readonly number[]): void {
  for (const sizeMiB of sizes) {
    const fits = sizeMiB <= limitMiB;
    test(`a message of ${sizeMiB} MiB is ${fits ? 'taken' : 'too large'}, inflated too`, async () => {
      const message = messageOf(sizeMiB * MiB);
      assert.equal(message.length, sizeMiB * MiB);
      const packed = zstdCompressSync(message);
      for (const form of protobufForms) {
        const inflated = compressedRequest(form, 'zstd', packed);
        const plain = requestOf(form, message);
        // Every size over every form, but hundreds of megabytes over one only.
        const isBoth = sizeMiB < 32 || (sizeMiB === 64 && form === 'gRPC');
        for (const request of isBoth ? [plain, inflated] : [inflated]) {
          const reply = await rig().send(form, request);
          if (fits) assert.ok(isOk(reply), `${form}: ${reply.code} ${reply.message}`);
          else isTooLarge(form, reply);
        }
      }
    });
  }
}

function limitedTo(messageMiB: number, limitMiB: number): Promise<ConformanceRig> {
  return startRig({
    exporters: () => ({ debug: {} }),
    grpc: { max_recv_msg_size_mib: messageMiB },
    http: { max_request_body_size: `${messageMiB}MiB` },
    memory: { limit_mib: limitMiB },
  });
}

describe('limit of 64 MiB', () => {
  let rig: ConformanceRig;
  before(async () => {
    rig = await limitedTo(64, 768);
  });
  after(() => rig.close());

  testSizes(() => rig, 64, [63, 64, 65]);
});

describe('limit of 16 MiB', () => {
  let rig: ConformanceRig;
  const limitMiB = 256;
  const forms = ['gRPC', 'HTTP/1.1 protobuf', 'HTTP/2 protobuf', 'HTTP/2 JSON'] as const;
  before(async () => {
    rig = await limitedTo(16, limitMiB);
    for (const form of forms) await rig.send(form, requestOf(form, goodMessage));
  });
  after(() => rig.close());

  testSizes(() => rig, 16, [4, 15, 16, 17]);

  // Members or frames of 64 MiB of blanks each: the same bytes again and again, made quickly.
  const part = Buffer.alloc(64 * MiB, ' ');
  const repeated = (bytes: Buffer, sizeBytes: number) =>
    Buffer.concat(Array.from({ length: sizeBytes / part.length }, () => bytes));
  const gzip = gzipSync(part);
  const bombs = {
    gzip: repeated(gzip, 2 * GiB),
    zstd: repeated(zstdCompressSync(part), GiB / 2),
  } as const;
  // Of a crowd, those whose bodies lie in large slabs may be told to come again: who holds one does
  // not wait for another (ingester/inflation-job.ts). These are small, and all are judged.
  const crowd = { gzip: repeated(gzip, 192 * MiB), zstd: bombs.zstd } as const;

  // G4
  for (const form of forms) {
    for (const [encoding, bomb] of Object.entries(bombs)) {
      for (const withoutLength of [false, true]) {
        const title = `${form}${withoutLength ? ' without a length' : ''}`;
        test(`${title}: a ${encoding} bomb is refused, and its connection lives`, async () => {
          const request = compressedRequest(form, encoding, bomb);
          isTooLarge(form, await rig.send(form, { ...request, withoutLength }));
          await rig.stillGood(form);
        });
      }
    }
  }

  /** A machine that is busy with others may tell it to come again, and then it does. */
  async function judged(
    form: Form,
    request: ReturnType<typeof compressedRequest>,
    tries = 10,
  ): Promise<void> {
    const reply = await rig.send(form, request);
    if (reply.code === 'ADMISSION_TIMEOUT' && tries > 1) await judged(form, request, tries - 1);
    else isTooLarge(form, reply);
  }

  // G4
  test('64 bombs at once are refused, each alone, within the memory of the process', async () => {
    const good = protobufForms.map((form) => rig.send(form, requestOf(form, goodMessage)));
    const refused = Array.from({ length: 64 }, (_, index) => {
      const form = forms[index % 2 === 0 ? 0 : 2]!; // HTTP/1.1 would send one after the other
      const encoding = index % 4 < 2 ? 'gzip' : 'zstd';
      const request = compressedRequest(form, encoding, crowd[encoding]);
      return judged(form, request);
    });
    await Promise.all(refused);
    const large = Array.from({ length: 32 }, () =>
      rig.send('gRPC', compressedRequest('gRPC', 'gzip', bombs.gzip)),
    );
    const codes = new Set((await Promise.all(large)).map(({ code }) => code));
    codes.delete('ADMISSION_TIMEOUT');
    assert.deepEqual([...codes], ['MESSAGE_TOO_LARGE']);
    for (const reply of await Promise.all(good)) assert.ok(isOk(reply), reply.code);
    for (const form of forms) await rig.stillGood(form);
    const { anonymousBytes } = rig.engine.usage();
    assert.ok(anonymousBytes < limitMiB * MiB, `${anonymousBytes} bytes`);
  });

  // G4
  test('what claims or nests without end is refused by its name, or by what is in it', async () => {
    const snappy = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 0]); // claims 4 GiB
    const nested = gzipSync(bombs.gzip);
    for (const form of forms) {
      const unknown = await rig.send(form, compressedRequest(form, 'snappy', snappy));
      assert.equal(unknown.code, 'ENCODING_UNKNOWN');
      const twice = await rig.send(form, compressedRequest(form, 'gzip, gzip', nested));
      assert.equal(twice.code, 'ENCODING_UNKNOWN');
      // Inflated once: what is inside is no message.
      const once = await rig.send(form, compressedRequest(form, 'gzip', nested));
      assert.equal(once.code, 'OTLP_MALFORMED');
      await rig.stillGood(form);
    }
  });

  // G5
  for (const form of protobufForms) {
    test(`${form}: several members are one message; whatever else follows is refused`, async () => {
      const message = toBinary(
        ExportLogsServiceRequestSchema,
        recordsMessage({ eventName: 'first' }, { eventName: 'second' }),
      );
      const halves = [message.subarray(0, 9), message.subarray(9)];
      for (const [encoding, compress] of [
        ['gzip', gzipSync],
        ['zstd', zstdCompressSync],
      ] as const) {
        const members = Buffer.concat(halves.map((half) => compress(half)));
        const whole = await rig.send(form, compressedRequest(form, encoding, members));
        assert.ok(isOk(whole), whole.message);
        // Half of the message alone would not be one.
        const [first] = halves.map((half) => compress(half));
        const half = await rig.send(form, compressedRequest(form, encoding, first!)); // of two
        assert.equal(half.code, 'OTLP_MALFORMED');
        const zeros = Buffer.concat([members, Buffer.alloc(16)]);
        const padded = await rig.send(form, compressedRequest(form, encoding, zeros));
        assert.equal(padded.code, 'BODY_CORRUPT');
      }
      await rig.stillGood(form);
    });
  }
});
