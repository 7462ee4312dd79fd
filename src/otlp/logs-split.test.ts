import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { encodeRequest, logsRequest } from '../../test/support/logs-arbitrary.ts';
import { testSeed } from '../../test/support/seed.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import {
  LogRecordSchema,
  ResourceLogsSchema,
  ScopeLogsSchema,
} from '../generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { type WriteResource, writeRecords } from './logs-split.ts';

/** Each record with all that it stands under, as bytes that can be compared. */
function recordsInContext(request: ExportLogsServiceRequest): string[] {
  return request.resourceLogs.flatMap((resourceLogs) => {
    const resource = toBinary(ResourceLogsSchema, { ...resourceLogs, scopeLogs: [] });
    return resourceLogs.scopeLogs.flatMap((scopeLogs) => {
      const scope = toBinary(ScopeLogsSchema, { ...scopeLogs, logRecords: [] });
      return scopeLogs.logRecords.map((record) =>
        [resource, scope, toBinary(LogRecordSchema, record)]
          .map((bytes) => Buffer.from(bytes).toString('hex'))
          .join(' '),
      );
    });
  });
}

interface Arena {
  readonly bytes: Uint8Array;
  readonly bodyLengthBytes: number;
  readonly dstOffsetBytes: number;
}

const bodyOffsetBytes = 64;

function arenaOf(body: Uint8Array): Arena {
  const dstOffsetBytes = bodyOffsetBytes + body.length + 32;
  const bytes = new Uint8Array(dstOffsetBytes + body.length * 2 + 4096).fill(0xee);
  bytes.set(body, bodyOffsetBytes);
  return { bytes, bodyLengthBytes: body.length, dstOffsetBytes };
}

function copyResource(bytes: Uint8Array): WriteResource {
  return (src, srcLength, dst, capacity) => {
    if (srcLength > capacity) return -1;
    bytes.copyWithin(dst, src, src + Math.max(0, srcLength));
    return Math.max(0, srcLength);
  };
}

/**
 * All pieces of the body, none longer than the capacity; where not even one record fits, one with
 * room for it.
 */
function split(body: Uint8Array, recordCount: number, dstCapacityBytes: number): Uint8Array[] {
  const arena = arenaOf(body);
  const pieces: Uint8Array[] = [];
  let capacity = dstCapacityBytes;
  for (let recordFrom = 0; recordFrom < recordCount; ) {
    const { lengthBytes, recordEnd } = writeRecords(
      {
        ...arena,
        bodyOffsetBytes,
        recordFrom,
        recordTo: recordCount,
        dstCapacityBytes: capacity,
      },
      copyResource(arena.bytes),
    );
    assert.ok(lengthBytes <= capacity);
    assert.ok(arena.bytes.subarray(arena.dstOffsetBytes + capacity).every((byte) => byte === 0xee));
    const end = arena.dstOffsetBytes + lengthBytes;
    if (recordEnd > recordFrom) pieces.push(arena.bytes.slice(arena.dstOffsetBytes, end));
    capacity = recordEnd > recordFrom ? dstCapacityBytes : capacity * 2;
    arena.bytes.fill(0xee, arena.dstOffsetBytes);
    recordFrom = recordEnd;
  }
  return pieces;
}

function decode(bytes: Uint8Array): ExportLogsServiceRequest {
  return fromBinary(ExportLogsServiceRequestSchema, bytes);
}

test('writeRecords() gives pieces that together hold the same records in place', (context) => {
  fc.assert(
    fc.property(logsRequest, fc.integer({ min: 8, max: 600 }), (request, capacityBytes) => {
      const expected = recordsInContext(request);
      const pieces = split(encodeRequest(request), expected.length, capacityBytes);
      assert.deepEqual(recordsInContext(decode(Buffer.concat(pieces))), expected);
      for (const piece of pieces) assert.ok(recordsInContext(decode(piece)).length > 0);
    }),
    { numRuns: 1_000, seed: testSeed(context) },
  );
});

test('writeRecords() writes exactly the range asked for', (context) => {
  const range = fc.tuple(fc.nat(40), fc.nat(40)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);
  fc.assert(
    fc.property(logsRequest, range, (request, [from = 0, to = 0]) => {
      const arena = arenaOf(encodeRequest(request));
      const { lengthBytes, recordEnd } = writeRecords(
        {
          ...arena,
          bodyOffsetBytes,
          recordFrom: from,
          recordTo: to,
          dstCapacityBytes: arena.bytes.length - arena.dstOffsetBytes,
        },
        copyResource(arena.bytes),
      );
      const all = recordsInContext(request);
      const piece = arena.bytes.slice(arena.dstOffsetBytes, arena.dstOffsetBytes + lengthBytes);
      assert.deepEqual(recordsInContext(decode(piece)), all.slice(from, to));
      assert.equal(recordEnd, Math.max(from, Math.min(to, all.length)));
    }),
    { numRuns: 500, seed: testSeed(context) },
  );
});

test('writeRecords() fills a piece to the last byte, and says when none fits', (context) => {
  fc.assert(
    fc.property(logsRequest, (request) => {
      const body = encodeRequest(request);
      const count = recordsInContext(request).length;
      const whole = split(body, count, body.length * 2 + 4096)[0] ?? new Uint8Array(0);
      const arena = arenaOf(body);
      const run = (dstCapacityBytes: number) =>
        writeRecords(
          { ...arena, bodyOffsetBytes, recordFrom: 0, recordTo: count, dstCapacityBytes },
          copyResource(arena.bytes),
        );
      assert.deepEqual(run(whole.length), { lengthBytes: whole.length, recordEnd: count });
      const tight = run(Math.max(0, whole.length - 1));
      assert.equal(tight.recordEnd < count, count > 0);
      assert.deepEqual(run(0), { lengthBytes: 0, recordEnd: 0 });
    }),
    { numRuns: 500, seed: testSeed(context) },
  );
});

test('writeRecords() keeps a resource that occurs twice, and asks for an absent one', () => {
  // ResourceLogs { resource { dropped 5 } resource { attributes "a" } scope_logs { log_records {} }
  // }
  const twice = Buffer.from('0a0f' + '0a021005' + '0a050a030a0161' + '12021200', 'hex');
  const [piece] = split(twice, 1, 100);
  assert.deepEqual(decode(piece ?? new Uint8Array(0)), decode(twice));

  const arena = arenaOf(Buffer.from('0a0412021200', 'hex'));
  const seen: number[] = [];
  const { lengthBytes } = writeRecords(
    { ...arena, bodyOffsetBytes, recordFrom: 0, recordTo: 1, dstCapacityBytes: 100 },
    (_src, srcLength, dst) => {
      seen.push(srcLength);
      arena.bytes.set([0x10, 0x07], dst);
      return 2;
    },
  );
  const { dstOffsetBytes } = arena;
  const written = arena.bytes.slice(dstOffsetBytes, dstOffsetBytes + lengthBytes);
  assert.deepEqual(seen, [-1]);
  assert.equal(decode(written).resourceLogs[0]?.resource?.droppedAttributesCount, 7);
});
