// Decides for every new stream on the gRPC port whether it is a call of ours, and answers the
// others.

import type { GrpcReceiverConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { AcceptStream, ServerStream, StreamHandler } from '../http2/server-stream.ts';
import { headerFieldsMax, headerListSizeBytesMax } from '../limits.ts';
import { readCallHeaders } from './call-headers.ts';
import { mediaTypeOf } from './content-type.ts';
import { grpcAnswers } from './grpc-answer.ts';
import { GrpcLogsCall } from './grpc-logs.ts';
import { httpJsonAnswers, httpProtobufAnswers, jsonType } from './http-answer.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { RefusedCall } from './refused-call.ts';

export const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

export class GrpcReceiver {
  readonly #parts: IngesterParts;
  readonly #messageSizeBytesMax: number;
  #draining = false;

  constructor(parts: IngesterParts, config: Pick<GrpcReceiverConfig, 'messageSizeBytesMax'>) {
    this.#parts = parts;
    this.#messageSizeBytesMax = config.messageSizeBytesMax;
  }

  readonly accept: AcceptStream = (stream) => this.#route(stream);

  /** New calls are answered DRAINING; those under way go on. */
  stopAccepting(): void {
    this.#draining = true;
  }

  #route(stream: ServerStream): StreamHandler {
    const { method, path, headerListSizeBytes, headerFieldCount } = stream;
    if (headerListSizeBytes > headerListSizeBytesMax) {
      const text = `header list of ${headerListSizeBytes} bytes, the limit is ${headerListSizeBytesMax}`;
      return this.#refuse(stream, 'HEADERS_TOO_LARGE', text);
    }
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
    return new GrpcLogsCall(this.#parts, stream, this.#messageSizeBytesMax, headers);
  }

  #refuse(stream: ServerStream, code: ErrorCode, message: string): StreamHandler {
    const { counters, admission, watch } = this.#parts;
    counters.addRefused(code);
    return new RefusedCall(watch, stream, code, message, (text) =>
      grpcAnswers.error(stream, code, text, admission.retryDelayMs(code)),
    );
  }

  /** A request that is no gRPC gets an answer in its own type, if it is one of HTTP's. */
  #refuseHttp(stream: ServerStream, code: 'VERB' | 'CONTENT_TYPE', message: string): StreamHandler {
    const { counters, watch } = this.#parts;
    counters.addRefused(code);
    const isJson = mediaTypeOf(stream.header('content-type') ?? '') === jsonType;
    const answers = isJson ? httpJsonAnswers : httpProtobufAnswers;
    return new RefusedCall(watch, stream, code, message, (text) =>
      answers.error(stream, code, text, undefined),
    );
  }
}

function isGrpc(contentType: string): boolean {
  if (contentType === 'application/grpc') return true; // most
  const type = mediaTypeOf(contentType);
  return type === 'application/grpc' || type === 'application/grpc+proto';
}
