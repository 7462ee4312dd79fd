// The answer to what is no request: an HTTP status, the code as google.rpc.Status in the type of
// the request where there is one, else in protobuf, and the end of the connection.

import { type ErrorCode, errorTable } from '../errors.ts';
import { encodeStatus, encodeStatusJson } from '../grpc/retry-info.ts';
import { FieldBlock, type HeaderFields } from '../http2/field-block.ts';
import { http } from '../node-http.ts';
import { errorText } from './answer-form.ts';
import { jsonType, protobufType } from './http-answer.ts';
import type { BodyType } from './ingest-call.ts';

export interface Refusal {
  readonly code: Extract<ErrorCode, 'HTTP_SYNTAX' | 'HEADERS_TOO_LARGE' | 'VERB'>;
  readonly status: number;
  readonly message: string;
}

export function refusal(
  code: Refusal['code'],
  message: string,
  status: number = errorTable[code].http,
): Refusal {
  return { code, status, message };
}

/** `type` undefined: nobody knows, or none that we take. */
export function refusalBody({ code, message }: Refusal, type?: BodyType): Uint8Array {
  const status = { code: errorTable[code].grpc, message: errorText(code, message) };
  return type === 'json' ? Buffer.from(encodeStatusJson(status)) : encodeStatus(status);
}

export function refusalBlock(
  { code, status }: Refusal,
  body: Uint8Array,
  type?: BodyType,
): FieldBlock {
  const allow: HeaderFields = code === 'VERB' ? [['allow', 'POST']] : [];
  return new FieldBlock([
    [':status', String(status)],
    ['content-type', type === 'json' ? jsonType : protobufType],
    ['content-length', String(body.length)],
    ...allow,
  ]);
}

/** For a socket on which no request is open: there is no response of Node's to write to. */
export function refusalBytes(of: Refusal): Uint8Array {
  const body = refusalBody(of);
  const lines = [
    `HTTP/1.1 ${of.status} ${http.STATUS_CODES[of.status] ?? ''}`,
    'connection: close',
  ];
  for (const [name, value] of refusalBlock(of, body).fields) {
    if (!name.startsWith(':')) lines.push(`${name}: ${value}`);
  }
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}
