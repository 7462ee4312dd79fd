// The request headers that concern an OTLP/HTTP request: what its body is, and how long.

import type { ErrorCode } from '../errors.ts';
import type { ServerStream } from '../http2/server-stream.ts';
import { mediaTypeOf } from './content-type.ts';
import type { Encoding } from './expected-size.ts';
import { jsonType, protobufType } from './http-answer.ts';
import type { BodyType } from './ingest-call.ts';

export interface BodyHeaders {
  readonly encoding: Encoding | undefined;
  /** Undefined: it is not said. */
  readonly lengthBytes: number | undefined;
}

export interface RefusedBody {
  readonly code: Extract<ErrorCode, 'ENCODING_UNKNOWN' | 'HTTP_SYNTAX' | 'MESSAGE_TOO_LARGE'>;
  readonly message: string;
}

/** Undefined: none that we take. */
export function readBodyType(contentType: string): BodyType | undefined {
  switch (mediaTypeOf(contentType)) {
    case protobufType:
      return 'protobuf';
    case jsonType:
      return 'json';
    default:
      return undefined;
  }
}

export function readBodyHeaders(
  stream: ServerStream,
  sizeBytesMax: number,
): BodyHeaders | RefusedBody {
  const said = stream.header('content-encoding') ?? '';
  const encoding = said.trim().toLowerCase();
  if (encoding !== '' && encoding !== 'identity' && encoding !== 'gzip' && encoding !== 'zstd') {
    return { code: 'ENCODING_UNKNOWN', message: `content-encoding ${JSON.stringify(said)}` };
  }
  const length = stream.header('content-length');
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) {
    return { code: 'HTTP_SYNTAX', message: `content-length ${JSON.stringify(length)}` };
  }
  const lengthBytes = length === undefined ? undefined : Number(length);
  if (lengthBytes !== undefined && lengthBytes > sizeBytesMax) {
    const message = `body of ${lengthBytes} bytes, the limit is ${sizeBytesMax}`;
    return { code: 'MESSAGE_TOO_LARGE', message };
  }
  const isCompressed = encoding === 'gzip' || encoding === 'zstd';
  return { encoding: isCompressed ? encoding : undefined, lengthBytes };
}
