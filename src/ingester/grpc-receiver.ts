// Decides for every new stream on the gRPC port whether it is a call of ours, and answers the
// others.

import type { ErrorCode } from '../errors.ts';
import type { AcceptStream, ServerStream, StreamHandler } from '../http2/server-stream.ts';
import { headerFieldsMax, headerListSizeBytesMax } from '../limits.ts';
import { readCallHeaders } from './call-headers.ts';
import { answerError, answerHttpError } from './grpc-answer.ts';
import { GrpcLogsCall } from './grpc-logs.ts';
import type { IngesterParts } from './ingester-parts.ts';

export const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

export class GrpcReceiver {
  readonly #parts: IngesterParts;
  #draining = false;

  constructor(parts: IngesterParts) {
    this.#parts = parts;
  }

  readonly accept: AcceptStream = (stream) => this.#route(stream);

  /** New calls are answered DRAINING; those under way go on. */
  stopAccepting(): void {
    this.#draining = true;
  }

  /** Answers DRAINING to all calls that the engine does not have. */
  giveUp(): void {
    for (const call of this.#parts.watch.calls()) call.giveUp();
  }

  #route(stream: ServerStream): StreamHandler {
    const { method, path } = stream;
    if (stream.headerListSizeBytes > headerListSizeBytesMax) {
      const text = `header list of ${stream.headerListSizeBytes} bytes, the limit is ${headerListSizeBytesMax}`;
      return this.#refuse(stream, 'HEADERS_TOO_LARGE', text);
    }
    const { headerFieldCount = 0 } = stream;
    if (headerFieldCount > headerFieldsMax) {
      const text = `${headerFieldCount} header fields, the limit is ${headerFieldsMax}`;
      return this.#refuse(stream, 'HEADERS_TOO_LARGE', text);
    }
    if (method !== 'POST') return this.#refuseHttp(stream, 'VERB', `${method} is not POST`);
    const contentType = stream.header('content-type') ?? '';
    if (!isGrpc(contentType)) {
      return this.#refuseHttp(
        stream,
        'CONTENT_TYPE',
        `content-type ${JSON.stringify(contentType)}`,
      );
    }
    if (path !== exportPath) return this.#refuse(stream, 'METHOD_UNKNOWN', path);
    if (this.#draining) return this.#refuse(stream, 'DRAINING', 'shutting down');
    const headers = readCallHeaders(stream);
    if ('code' in headers) return this.#refuse(stream, headers.code, headers.message);
    return new GrpcLogsCall(this.#parts, stream, headers);
  }

  #refuse(stream: ServerStream, code: ErrorCode, message: string): StreamHandler {
    this.#parts.counters.addRefused(code);
    answerError(stream, code, message, this.#parts.admission.retryDelayMs(code));
    return refused;
  }

  #refuseHttp(stream: ServerStream, code: 'VERB' | 'CONTENT_TYPE', message: string): StreamHandler {
    this.#parts.counters.addRefused(code);
    answerHttpError(stream, code, message);
    return refused;
  }
}

/** application/grpc, application/grpc+proto; parameters do not matter. */
function isGrpc(contentType: string): boolean {
  // split() gives at least one piece
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  return type === 'application/grpc' || type === 'application/grpc+proto';
}

const refused: StreamHandler = { data() {}, end() {}, closed() {} };
