// Unary gRPC calls as a client over one `node:http2` session. Beside the answer it tells what
// matters for duplicates: whether a call that failed was certainly not processed, or nobody knows.

import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Clock, Timer } from '../clock.ts';
import { Status } from '../errors.ts';
import { inflateAnswer } from './answer-compression.ts';
import { statusOfHttp } from './http-status.ts';
import { CompressedFlag, parseUnaryBody } from './message-frame.ts';
import { decodeStatusDetailsHeader } from './retry-info.ts';
import { decodeStatusMessage } from './status-message.ts';
import { formatTimeout } from './timeout-header.ts';
import { writeChunks } from './write-chunks.ts';

export interface UnaryRequest {
  readonly authority: string;
  readonly path: string;
  readonly scheme: 'https' | 'http';
  /** Metadata by lower-case name, sent after the headers that gRPC demands. */
  readonly headers: Readonly<Record<string, string>>;
  /**
   * The framed message, in order; may lie in shared memory and must not change before `released`.
   */
  readonly pieces: readonly Uint8Array[];
  readonly timeoutMs: number;
  readonly answerSizeBytesMax: number;
}

export type UnaryFailure = 'timeout' | 'cancelled' | 'reset' | 'goaway' | 'connection';

export type UnaryResult =
  | {
      readonly kind: 'status';
      /** Numbers that are no gRPC status are read as Unknown. */
      readonly status: Status;
      readonly message: string;
      /** RetryInfo's delay; undefined when the answer carried none. */
      readonly retryDelayMs: number | undefined;
      /** The answer's message; undefined when there was none, as with every error. */
      readonly body: Uint8Array | undefined;
    }
  /** An answer came, and it cannot be read: too long, cut off, compressed. */
  | { readonly kind: 'unreadable'; readonly message: string }
  | {
      readonly kind: 'failed';
      readonly failure: UnaryFailure;
      /** True: the peer certainly did not process it. False: it may have. */
      readonly unprocessed: boolean;
      readonly message: string;
    };

export interface UnaryCall {
  /** Never rejects. */
  readonly result: Promise<UnaryResult>;
  /** Resolves when nobody reads the pieces any more; never before the result. */
  readonly released: Promise<void>;
  cancel(): void;
}

/** Calls over one session; the session's owner opens and closes it. */
export class UnaryClient {
  readonly #session: ClientHttp2Session;
  readonly #clock: Clock;
  /** Streams above this were not processed; Infinity before a GOAWAY. */
  #goawayLastStreamId = Number.POSITIVE_INFINITY;

  constructor(session: ClientHttp2Session, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
    session.on('goaway', (_errorCode, lastStreamId) => {
      this.#goawayLastStreamId = Math.min(this.#goawayLastStreamId, lastStreamId);
    });
  }

  call(request: UnaryRequest): UnaryCall {
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request({
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_SCHEME]: request.scheme,
        [constants.HTTP2_HEADER_AUTHORITY]: request.authority,
        [constants.HTTP2_HEADER_PATH]: request.path,
        te: 'trailers',
        'content-type': 'application/grpc+proto',
        'grpc-timeout': formatTimeout(request.timeoutMs),
        ...request.headers,
      });
    } catch (error) {
      // node:http2 throws here when the session is closed, destroyed or told to go away.
      return failedAtOnce(`session closed: ${messageOf(error)}`);
    }
    return startCall(stream, request, this.#clock, () => this.#goawayLastStreamId);
  }
}

function failedAtOnce(message: string): UnaryCall {
  return {
    result: Promise.resolve({ kind: 'failed', failure: 'connection', unprocessed: true, message }),
    released: Promise.resolve(),
    cancel() {},
  };
}

function startCall(
  stream: ClientHttp2Stream,
  request: UnaryRequest,
  clock: Clock,
  goawayLastStreamId: () => number,
): UnaryCall {
  const { promise: result, resolve: resolveResult } = Promise.withResolvers<UnaryResult>();
  const { promise: released, resolve: resolveReleased } = Promise.withResolvers<void>();
  const chunks: Uint8Array[] = [];
  let answerSizeBytes = 0;
  let headers: IncomingHttpHeaders | undefined;
  let trailers: IncomingHttpHeaders | undefined;
  let streamError: Error | undefined;
  let ended = false;
  let settled = false;

  function settle(unaryResult: UnaryResult): void {
    if (settled) return;
    settled = true;
    timer.cancel();
    resolveResult(unaryResult);
  }

  /** Ends the call from our side. A stream that never got an id was never sent. */
  function giveUp(failure: 'timeout' | 'cancelled', message: string): void {
    settle({ kind: 'failed', failure, unprocessed: stream.id === undefined, message });
    stream.close(constants.NGHTTP2_CANCEL);
  }

  const timer: Timer = clock.after(request.timeoutMs, () => {
    giveUp('timeout', `no answer within ${request.timeoutMs} ms`);
  });

  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('trailers', (received) => {
    trailers = received;
  });
  stream.on('data', (chunk: Uint8Array) => {
    answerSizeBytes += chunk.length;
    if (answerSizeBytes <= request.answerSizeBytesMax) {
      chunks.push(chunk);
      return;
    }
    const message = `answer longer than ${request.answerSizeBytesMax} bytes`;
    settle({ kind: 'unreadable', message });
    stream.close(constants.NGHTTP2_CANCEL);
  });
  stream.on('end', () => {
    const answer = readAnswer(headers, trailers, chunks);
    ended = streamError === undefined && !stream.destroyed;
    if (answer === undefined) return; // 'close' knows why.
    settle(answer);
    // The peer answered without reading everything: what is unsent is of no use to it.
    if (!stream.writableFinished) stream.close(constants.NGHTTP2_NO_ERROR);
  });
  stream.on('error', (error) => {
    streamError = error;
  });

  const chunksLeft = writeChunks(request.pieces);
  let unwrittenChunks = 0;
  let closed = false;
  function releaseWhenDone(): void {
    if (closed && unwrittenChunks === 0) resolveReleased();
  }
  function writeNext(): void {
    if (stream.destroyed || stream.writableEnded) return;
    const chunk = chunksLeft.next();
    if (chunk.done) {
      stream.end();
      return;
    }
    unwrittenChunks += 1;
    // The callback comes with or without an error, once the session holds no reference to the
    // chunk.
    stream.write(chunk.value, () => {
      unwrittenChunks -= 1;
      releaseWhenDone();
      writeNext();
    });
  }
  stream.on('close', () => {
    // Ended in order, but without a status: no gRPC server does that, and sending again would not
    // help.
    const garbage = headers !== undefined && ended && stream.rstCode === constants.NGHTTP2_NO_ERROR;
    if (garbage) settle({ kind: 'unreadable', message: 'answer without grpc-status' });
    settle(failureOf(stream, streamError, goawayLastStreamId()));
    closed = true;
    // A stream that was never sent never gave a chunk to the session, and calls no one back for it.
    if (stream.id === undefined) unwrittenChunks = 0;
    releaseWhenDone();
  });
  writeNext();
  return { result, released, cancel: () => giveUp('cancelled', 'cancelled') };
}

/** Undefined: neither headers nor trailers brought a status. */
function readAnswer(
  headers: IncomingHttpHeaders | undefined,
  trailers: IncomingHttpHeaders | undefined,
  chunks: readonly Uint8Array[],
): UnaryResult | undefined {
  if (headers === undefined) return undefined;
  const fields = trailers?.['grpc-status'] === undefined ? headers : trailers;
  const statusText = fields['grpc-status'];
  if (statusText === undefined) return readHttpAnswer(headers, trailers !== undefined);

  const status = statusOf(String(statusText));
  const message = decodeStatusMessage(String(fields['grpc-message'] ?? ''));
  const details = fields['grpc-status-details-bin'];
  const retryDelayMs =
    details === undefined ? undefined : decodeStatusDetailsHeader(String(details))?.retryDelayMs;
  if (status !== Status.Ok)
    return { kind: 'status', status, message, retryDelayMs, body: undefined };

  const body = parseUnaryBody(Buffer.concat(chunks));
  switch (body.kind) {
    case 'none':
      return { kind: 'unreadable', message: 'OK without a message' };
    case 'malformed':
      return { kind: 'unreadable', message: body.reason };
    case 'message': {
      const inflated =
        body.flag === CompressedFlag.Identity
          ? body.message
          : inflateAnswer(body.message, headers['grpc-encoding']?.toString());
      if (typeof inflated === 'string') return { kind: 'unreadable', message: inflated };
      return { kind: 'status', status, message, retryDelayMs, body: inflated };
    }
  }
}

/** An answer that is not gRPC: a proxy's error page, or a server of something else. */
function readHttpAnswer(headers: IncomingHttpHeaders, complete: boolean): UnaryResult | undefined {
  const httpStatus = Number(headers[constants.HTTP2_HEADER_STATUS]);
  if (httpStatus === 200 && !complete) {
    // HEADERS of a gRPC answer whose trailers are missing: cut off, unless it is no gRPC at all.
    const contentType = String(headers['content-type'] ?? '');
    if (contentType.startsWith('application/grpc')) return undefined;
    const message = `HTTP 200 with content type "${contentType}", which is not gRPC`;
    return { kind: 'unreadable', message };
  }
  return {
    kind: 'status',
    status: statusOfHttp(httpStatus),
    message: `HTTP status ${httpStatus} without grpc-status`,
    retryDelayMs: undefined,
    body: undefined,
  };
}

function statusOf(text: string): Status {
  const status = /^[0-9]{1,2}$/.test(text) ? Number(text) : Status.Unknown;
  // Every integer from 0 to 16 is in the set.
  return status <= Status.Unauthenticated ? (status as Status) : Status.Unknown;
}

/** How a stream that closed without an answer ended. */
function failureOf(
  stream: ClientHttp2Stream,
  error: Error | undefined,
  goawayLastStreamId: number,
): UnaryResult {
  const reason = error === undefined ? `stream closed with code ${stream.rstCode}` : error.message;
  // A stream without an id was never sent; it waited for the connection or for a free stream.
  if (stream.id === undefined) return failure('connection', true, `not sent: ${reason}`);
  if (stream.id > goawayLastStreamId)
    return failure('goaway', true, `unprocessed at GOAWAY: ${reason}`);
  const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM;
  return failure('reset', refused, reason);
}

function failure(kind: UnaryFailure, unprocessed: boolean, message: string): UnaryResult {
  return { kind: 'failed', failure: kind, unprocessed, message };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
