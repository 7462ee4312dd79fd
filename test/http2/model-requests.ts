// The requests of model clients: messages from none to the largest, as they are or compressed, over
// gRPC, and over HTTP with a length or without.

import { randomBytes } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import { exportPath } from '../../src/ingester/grpc-receiver.ts';
import { KiB, MiB } from '../../src/limits.ts';
import { headerBlock } from '../support/raw-frames.ts';
import type { ModelRequest } from './model-call.ts';

export type Port = 'grpc' | 'http';
export type Compression = 'identity' | 'gzip' | 'zstd';

export interface OpenCall extends Pick<ModelRequest, 'endsApart' | 'cancelsAtGrant'> {
  readonly message: number;
  readonly compression: Compression;
  /** On the HTTP port: Content-Length. */
  readonly lengthIsKnown: boolean;
}

const sizesBytes = [0, 9, 3 * KiB, 17 * KiB, 70 * KiB, 250 * KiB, 700 * KiB];

/** Of the ones that do not get shorter by compression the largest is not. */
export const messages: readonly Buffer[] = [
  ...sizesBytes.map((sizeBytes, index) => Buffer.alloc(sizeBytes, `message ${index}`)),
  ...sizesBytes.map((sizeBytes) => randomBytes(sizeBytes)),
  Buffer.alloc(MiB, 'the largest'),
];

const payloads = messages.map((message) => ({
  identity: message,
  gzip: gzipSync(message),
  zstd: zstdCompressSync(message),
}));

export function requestOf(port: Port, call: OpenCall): ModelRequest {
  const message = messages[call.message]!; // in range by the arbitrary
  const payload = payloads[call.message]![call.compression];
  const isCompressed = call.compression !== 'identity';
  const { endsApart, cancelsAtGrant } = call;
  const shared = { message, isCompressed, endsApart, cancelsAtGrant };
  if (port === 'grpc') {
    const body = Buffer.from(frameMessage(payload));
    body[0] = isCompressed ? 1 : 0;
    const headers = grpcHeaders[call.compression];
    return { ...shared, headers, body };
  }
  const length = call.lengthIsKnown ? [['content-length', String(payload.length)] as const] : [];
  const headers = headerBlock([...httpFields, ['content-encoding', call.compression], ...length]);
  return { ...shared, headers, body: payload };
}

const post = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
] as const;
const httpFields = [
  ...post,
  [':path', '/v1/logs'],
  ['content-type', 'application/x-protobuf'],
] as const;

function grpcHeadersOf(compression: Compression): Buffer {
  return headerBlock([
    ...post,
    [':path', exportPath],
    ['content-type', 'application/grpc'],
    ['te', 'trailers'],
    ['grpc-encoding', compression],
  ]);
}

const grpcHeaders = {
  identity: grpcHeadersOf('identity'),
  gzip: grpcHeadersOf('gzip'),
  zstd: grpcHeadersOf('zstd'),
};
