// One HTTP/2 connection that makes unary gRPC calls to LogsService/Export for `gs-ctl send`. It
// never retries: the command reports what the engine answers.

import { constants, type IncomingHttpHeaders } from 'node:http2';
import type { ConnectionOptions } from 'node:tls';
import { systemClock } from '../clock.ts';
import { Status } from '../errors.ts';
import { answerSizeBytesMax, grpcPrefixSizeBytes, KiB } from '../limits.ts';
import { EngineSession } from './engine-session.ts';

export type SendAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly message: string;
      readonly body: Buffer;
    }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'unreachable'; readonly error: Error };

export class SendClient {
  readonly #session: EngineSession;

  constructor(host: string, port: number, options: ConnectionOptions) {
    this.#session = new EngineSession(host, port, options);
  }

  /** Sends one message; the answer never rejects. */
  send(body: Uint8Array, timeoutMs: number): Promise<SendAnswer> {
    const { promise, resolve } = Promise.withResolvers<SendAnswer>();
    if (!this.#session.isAlive) {
      return Promise.resolve({ kind: 'unreachable', error: this.#session.reason() });
    }
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
      'content-type': 'application/grpc+proto',
      te: 'trailers',
      'grpc-timeout': `${Math.ceil(timeoutMs)}m`,
      'user-agent': 'gs-ctl',
    });
    const timer = systemClock.after(timeoutMs, () => {
      resolve({ kind: 'timeout' });
      stream.close(constants.NGHTTP2_CANCEL);
    });
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (headers) => {
      trailers = { ...trailers, ...headers };
    });
    stream.on('trailers', (headers) => {
      trailers = { ...trailers, ...headers };
    });
    stream.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= grpcPrefixSizeBytes + answerSizeBytesMax + KiB) chunks.push(chunk);
    });
    // 'close' follows and decides; the error of a stream only repeats its reset code.
    stream.on('error', () => {});
    stream.on('close', async () => {
      timer.cancel();
      // Streams end before the session says why it ended.
      if (!this.#session.isAlive) await this.#session.ended;
      resolve(this.#answer(trailers, Buffer.concat(chunks), stream.rstCode));
    });
    const prefix = Buffer.alloc(grpcPrefixSizeBytes);
    prefix.writeUInt32BE(body.length, 1);
    stream.write(prefix);
    stream.end(body);
    return promise;
  }

  close(): void {
    this.#session.close();
  }

  #answer(trailers: IncomingHttpHeaders, framed: Buffer, resetCode: number): SendAnswer {
    const status = trailers['grpc-status'];
    const http = trailers[':status'];
    if (typeof status === 'string') {
      const message = percentDecode(String(trailers['grpc-message'] ?? ''));
      return answer(Number(status), message, framed.subarray(grpcPrefixSizeBytes));
    }
    if (http !== undefined) return answer(Status.Unknown, `HTTP ${http} without a gRPC status`);
    if (this.#session.isAlive) return answer(Status.Unknown, `reset with HTTP/2 code ${resetCode}`);
    return { kind: 'unreachable', error: this.#session.reason() };
  }
}

function answer(status: number, message: string, body: Buffer = Buffer.alloc(0)): SendAnswer {
  return { kind: 'answer', status, message, body };
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // Not ours to judge: a peer that does not encode its message is shown as it wrote it.
    return text;
  }
}
