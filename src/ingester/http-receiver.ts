// Decides for every new request on the HTTP port whether it is a call of ours, and answers the
// others.

import type { HttpReceiverConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { AcceptStream, ServerStream, StreamHandler } from '../http2/server-stream.ts';
import { headerFieldsMax, headerListSizeBytesMax } from '../limits.ts';
import { httpJsonAnswers, httpProtobufAnswers } from './http-answer.ts';
import { readBodyHeaders, readBodyType } from './http-headers.ts';
import { HttpLogsCall } from './http-logs.ts';
import type { BodyType } from './ingest-call.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { RefusedCall } from './refused-call.ts';

export type HttpReceiverLimits = Pick<
  HttpReceiverConfig,
  'requestBodySizeBytesMax' | 'jsonBodySizeBytesMax' | 'logsUrlPath'
>;

export class HttpReceiver {
  readonly #parts: IngesterParts;
  readonly #limits: HttpReceiverLimits;
  #draining = false;

  constructor(parts: IngesterParts, limits: HttpReceiverLimits) {
    this.#parts = parts;
    this.#limits = limits;
  }

  readonly accept: AcceptStream = (stream) => this.#route(stream);

  /** New calls are answered DRAINING; those under way go on. */
  stopAccepting(): void {
    this.#draining = true;
  }

  #route(stream: ServerStream): StreamHandler {
    const { method, path, headerListSizeBytes, headerFieldCount } = stream;
    const contentType = stream.header('content-type') ?? '';
    const type = readBodyType(contentType);
    if (headerListSizeBytes > headerListSizeBytesMax) {
      const text = `header list of ${headerListSizeBytes} bytes, the limit is ${headerListSizeBytesMax}`;
      return this.#refuse(stream, type, 'HEADERS_TOO_LARGE', text);
    }
    if (headerFieldCount > headerFieldsMax) {
      const text = `${headerFieldCount} header fields, the limit is ${headerFieldsMax}`;
      return this.#refuse(stream, type, 'HEADERS_TOO_LARGE', text);
    }
    if (!this.#isLogsPath(path)) return this.#refuse(stream, type, 'METHOD_UNKNOWN', path);
    if (method !== 'POST') return this.#refuse(stream, type, 'VERB', `${method} is not POST`);
    if (type === undefined) {
      const text = `content-type ${JSON.stringify(contentType)}`;
      return this.#refuse(stream, type, 'CONTENT_TYPE', text);
    }
    if (this.#draining) return this.#refuse(stream, type, 'DRAINING', 'shutting down');
    const sizeBytesMax = this.#sizeBytesMax(type);
    const headers = readBodyHeaders(stream, sizeBytesMax);
    if ('code' in headers) return this.#refuse(stream, type, headers.code, headers.message);
    return new HttpLogsCall(this.#parts, stream, sizeBytesMax, type, headers);
  }

  /** A query does not matter. */
  #isLogsPath(path: string): boolean {
    const { logsUrlPath } = this.#limits;
    return path === logsUrlPath || path.startsWith(`${logsUrlPath}?`);
  }

  #sizeBytesMax(type: BodyType): number {
    const { requestBodySizeBytesMax, jsonBodySizeBytesMax } = this.#limits;
    return type === 'json'
      ? Math.min(jsonBodySizeBytesMax, requestBodySizeBytesMax)
      : requestBodySizeBytesMax;
  }

  #refuse(
    stream: ServerStream,
    type: BodyType | undefined,
    code: ErrorCode,
    message: string,
  ): StreamHandler {
    const { counters, admission, watch } = this.#parts;
    counters.addRefused(code);
    const answers = type === 'json' ? httpJsonAnswers : httpProtobufAnswers;
    return new RefusedCall(watch, stream, code, message, (text) =>
      answers.error(stream, code, text, admission.retryDelayMs(code)),
    );
  }
}
