// Request bodies for h2load, made up but the same bytes in every run: "big" is 1000 records in
// 183 KB, "small" 10 records in 1.9 KB. Trace ids are random, as real ones are, so a body does not
// compress better than real traffic does. Records of real logs are in real-log-body.ts.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type { AnyValue } from '../../src/generated/opentelemetry/proto/common/v1/common_pb.js';

export interface LogBody {
  readonly name: string;
  /** A file with one gRPC frame. */
  readonly path: string;
  /** A file with the message alone, as OTLP/HTTP sends it. */
  readonly messagePath: string;
  readonly records: number;
  /** Of the protobuf message, without the gRPC prefix. */
  readonly sizeBytes: number;
}

/** As `grpc-encoding` says it. */
export type BodyEncoding = 'identity' | 'gzip' | 'zstd';

export function writeBody(directory: string, name: string, records: number): LogBody {
  return storeBody(directory, name, records, makeRequest(records));
}

/** Writes both files of a body that is already encoded. */
export function storeBody(
  directory: string,
  name: string,
  records: number,
  message: Uint8Array,
): LogBody {
  const path = join(directory, `${name}.grpc`);
  const messagePath = join(directory, `${name}.protobuf`);
  writeFileSync(path, framed(message, 0));
  writeFileSync(messagePath, message);
  return { name, path, messagePath, records, sizeBytes: message.length };
}

/**
 * One gRPC frame with as many records; compressed, it has the flag and asks the most of a reader.
 */
export function encodedBody(records: number, encoding: BodyEncoding): Buffer {
  const message = makeRequest(records);
  switch (encoding) {
    case 'identity':
      return framed(message, 0);
    case 'gzip':
      return framed(gzipSync(message), 1);
    case 'zstd':
      return framed(zstdCompressSync(message, { params: widestWindow }), 1);
  }
}

/** 8 MiB, what every reader of zstd should take (RFC 8878 section 3.1.1.1.2). */
const widestWindow = { [constants.ZSTD_c_windowLog]: 23 };

function framed(message: Uint8Array, compressedFlag: 0 | 1): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressedFlag;
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const firstRecordUnixNano = 1_790_000_000_000_000_000n;
const users = ['ada', 'grace', 'linus', 'margaret', 'ken', 'barbara'];
const actions = ['viewed', 'ordered', 'returned', 'paid for', 'searched'];

function makeRequest(records: number): Uint8Array {
  const random = xorshift32(1);
  const pick = (list: readonly string[]) => list[random() % list.length]!;
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => random() & 0xff);
  const logRecords = Array.from({ length: records }, (_, index) => ({
    timeUnixNano: firstRecordUnixNano + BigInt(index) * 1_000_000n,
    observedTimeUnixNano: firstRecordUnixNano + BigInt(index) * 1_000_000n + 250n,
    severityNumber: 9,
    severityText: 'INFO',
    body: text(
      `user ${pick(users)} ${pick(actions)} article ${random() % 100_000} of the new list`,
    ),
    attributes: [
      { key: 'http.route', value: text('/cart/:id') },
      { key: 'http.status_code', value: integer(BigInt(200 + (random() % 5))) },
      { key: 'duration_us', value: integer(BigInt(random() % 1_000_000)) },
    ],
    traceId: bytes(16),
    spanId: bytes(8),
  }));
  const request = create(ExportLogsServiceRequestSchema, {
    resourceLogs: [
      {
        resource: {
          attributes: [
            { key: 'service.name', value: text('checkout') },
            { key: 'service.version', value: text('4.2.1') },
          ],
        },
        scopeLogs: [{ scope: { name: 'shop.http' }, logRecords }],
      },
    ],
  });
  return toBinary(ExportLogsServiceRequestSchema, request);
}

type AnyValueInit = { value: AnyValue['value'] };

export function text(value: string): AnyValueInit {
  return { value: { case: 'stringValue', value } };
}

export function integer(value: bigint): AnyValueInit {
  return { value: { case: 'intValue', value } };
}

/** Marsaglia's generator: enough to look random to a compressor, and the same everywhere. */
function xorshift32(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
