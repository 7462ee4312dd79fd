// One POST of an HTTP destination: from the socket's connect to the answer, and when its body's
// memory is free again. HTTP/1.1 has no way to cancel a request but to end its connection.

import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../clock.ts';
import { writeChunks } from '../grpc/write-chunks.ts';

export interface HttpCallOptions {
  /** Not yet ended. */
  readonly request: ClientRequest;
  readonly secure: boolean;
  readonly body: Uint8Array;
  readonly timeoutMs: number;
  readonly answerSizeBytesMax: number;
  readonly clock: Clock;
}

export type HttpResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      /** Undefined: longer than is read. */
      readonly body: Uint8Array | undefined;
    }
  | {
      readonly kind: 'failed';
      readonly failure: 'unconnected' | 'timeout' | 'lost' | 'cancelled';
      readonly message: string;
      /** True: nothing of it was sent. */
      readonly unsent: boolean;
      /** True: a kept-alive connection that the server closed as the request went out. */
      readonly stale: boolean;
    };

export interface HttpCall {
  readonly result: Promise<HttpResult>;
  readonly released: Promise<void>;
  cancel(): void;
}

export function startHttpCall(options: HttpCallOptions): HttpCall {
  const { request, body, clock, timeoutMs } = options;
  const { promise: result, resolve: resolveResult } = Promise.withResolvers<HttpResult>();
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  let socket: Socket | undefined;
  let connected = false;
  let settled = false;
  let answering = false;
  let answerEnded = false;
  let bodyWritten = false;

  function settle(httpResult: HttpResult): void {
    if (settled) return;
    settled = true;
    timer.cancel();
    resolveResult(httpResult);
  }

  function fail(failure: 'timeout' | 'cancelled' | undefined, message: string): void {
    if (settled) return;
    settle({
      kind: 'failed',
      failure: failure ?? (connected ? 'lost' : 'unconnected'),
      message,
      unsent: !connected,
      stale: failure === undefined && connected && request.reusedSocket && !answering,
    });
    request.destroy();
  }

  /**
   * A connection that is kept alive has no 'close' to wait for: the body is written and the answer
   * is there.
   */
  function releaseWhenDone(): void {
    if (answerEnded && bodyWritten) releaseNow();
  }

  function releaseNow(): void {
    // The socket outlives the call when it is kept alive.
    socket?.off('close', releaseNow);
    release();
  }

  const chunks = writeChunks([body]);
  function writeNext(): void {
    if (request.destroyed) return;
    const chunk = chunks.next();
    if (chunk.done) request.end();
    else request.write(chunk.value, writeNext);
  }

  const timer = clock.after(timeoutMs, () =>
    connected
      ? fail('timeout', `no answer within ${timeoutMs} ms`)
      : fail(undefined, `no connection within ${timeoutMs} ms`),
  );
  request.on('socket', (assigned) => {
    socket = assigned;
    connected = request.reusedSocket;
    assigned.once('close', releaseNow);
    if (connected) return;
    assigned.once(options.secure ? 'secureConnect' : 'connect', () => {
      connected = true;
    });
  });
  request.on('finish', () => {
    bodyWritten = true;
    releaseWhenDone();
  });
  request.on('error', (error) => fail(undefined, error.message));
  request.on('close', () => {
    fail(undefined, 'connection closed');
    // Without a socket nobody ever read the body.
    if (socket === undefined || socket.closed) releaseNow();
  });
  request.on('response', (response) => {
    answering = true;
    readAnswer(response, options.answerSizeBytesMax, settle, () => {
      answerEnded = true;
      // Answered before the body was written: the rest is of no use to the server.
      if (!bodyWritten) request.destroy();
      releaseWhenDone();
    });
  });
  writeNext();
  return { result, released, cancel: () => fail('cancelled', 'cancelled') };
}

function readAnswer(
  response: IncomingMessage,
  sizeBytesMax: number,
  settle: (result: HttpResult) => void,
  onEnd: () => void,
): void {
  const status = response.statusCode ?? 0;
  const { headers } = response;
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  response.on('data', (chunk: Uint8Array) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= sizeBytesMax) {
      chunks.push(chunk);
      return;
    }
    settle({ kind: 'answer', status, headers, body: undefined });
    response.destroy();
  });
  response.on('end', () => {
    settle({ kind: 'answer', status, headers, body: Buffer.concat(chunks) });
    onEnd();
  });
  // A response that is cut off ends in the request's 'close'.
  response.on('error', () => {});
}
