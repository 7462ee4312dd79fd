// The request headers that concern a call of LogsService/Export itself.

import type { ErrorCode } from '../errors.ts';
import { parseTimeoutMs } from '../grpc/timeout-header.ts';
import type { ServerStream } from '../http2/server-stream.ts';
import type { Encoding } from './expected-size.ts';

export interface CallHeaders {
  /** What a set compressed flag means; undefined: nothing. */
  readonly encoding: Encoding | undefined;
  /** Infinity without `grpc-timeout`. */
  readonly timeoutMs: number;
}

export interface RefusedHeaders {
  readonly code: Extract<ErrorCode, 'ENCODING_UNKNOWN' | 'BAD_TIMEOUT'>;
  readonly message: string;
}

export function readCallHeaders(stream: ServerStream): CallHeaders | RefusedHeaders {
  const encoding = stream.header('grpc-encoding') ?? 'identity';
  if (encoding !== 'gzip' && encoding !== 'zstd' && encoding !== 'identity') {
    return { code: 'ENCODING_UNKNOWN', message: `grpc-encoding ${JSON.stringify(encoding)}` };
  }
  const timeout = stream.header('grpc-timeout');
  const timeoutMs = timeout === undefined ? Infinity : parseTimeoutMs(timeout);
  if (timeoutMs === undefined) {
    return { code: 'BAD_TIMEOUT', message: `grpc-timeout ${JSON.stringify(timeout)}` };
  }
  return { encoding: encoding === 'identity' ? undefined : encoding, timeoutMs };
}
