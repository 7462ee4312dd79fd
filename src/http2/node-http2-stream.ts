// One stream of node:http2 as a ServerStream. Knows Node's peculiarities, so that nobody else has
// to.

import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Clock } from '../clock.ts';
import { headerFieldOverheadSizeBytes } from '../limits.ts';
import type {
  AcceptStream,
  HeaderFields,
  ServerConnection,
  ServerStream,
} from './server-stream.ts';

/** Gives the stream to `accept` and its events to the handler that comes back. */
export function serveStream(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  rawHeaders: readonly string[],
  connection: ServerConnection,
  accept: AcceptStream,
  clock: Clock,
): void {
  // A peer's RST_STREAM becomes an 'error' event; what it means arrives through 'aborted' or
  // 'close'.
  stream.on('error', () => {});
  if (stream.destroyed) return; // reset before this tick: nobody waits for an answer

  const adapted = new NodeHttp2Stream(stream, headers, rawHeaders, connection, clock);
  const handler = accept(adapted);

  let closed = false;
  const close = () => {
    if (closed) return;
    closed = true;
    handler.closed();
    // A paused stream that still holds bytes would never end.
    stream.resume();
  };
  stream.on('data', (chunk: Buffer) => {
    if (!closed && !adapted.answered) handler.data(chunk);
  });
  stream.on('end', () => {
    adapted.requestEnded = true;
    if (!closed && !adapted.answered) handler.end();
  });
  // Node holds 'close' back while a paused stream has unread bytes, but not 'aborted'.
  stream.on('aborted', close);
  stream.on('close', close);
}

class NodeHttp2Stream implements ServerStream {
  readonly connection: ServerConnection;
  readonly method: string;
  readonly path: string;
  requestEnded = false;
  answered = false;
  readonly #stream: ServerHttp2Stream;
  readonly #headers: IncomingHttpHeaders;
  readonly #rawHeaders: readonly string[];
  readonly #clock: Clock;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
    connection: ServerConnection,
    clock: Clock,
  ) {
    this.#stream = stream;
    this.#headers = headers;
    this.#rawHeaders = rawHeaders;
    this.connection = connection;
    this.#clock = clock;
    this.method = headers[':method'] ?? '';
    this.path = headers[':path'] ?? '';
  }

  get headerFieldCount(): number {
    return this.#rawHeaders.length / 2;
  }

  get headerListSizeBytes(): number {
    let sizeBytes = 0;
    for (const text of this.#rawHeaders) sizeBytes += text.length;
    return sizeBytes + this.headerFieldCount * headerFieldOverheadSizeBytes;
  }

  header(name: string): string | undefined {
    const value = this.#headers[name];
    return typeof value === 'object' ? value.join(', ') : value;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  respondHeadersOnly(fields: HeaderFields): void {
    if (!this.#startAnswer()) return;
    this.#stream.respond(outgoing(fields), headersOnlyOptions);
    this.#discardRequest();
  }

  respond(fields: HeaderFields, body: Uint8Array, trailers?: HeaderFields): void {
    if (!this.#startAnswer()) return;
    const stream = this.#stream;
    if (trailers === undefined) {
      stream.respond(outgoing(fields), bodyOptions);
      stream.end(body);
      this.#discardRequest();
      return;
    }
    stream.respond(outgoing(fields), trailersOptions);
    stream.once('wantTrailers', () => {
      if (!stream.destroyed && !stream.closed) stream.sendTrailers(outgoing(trailers));
    });
    stream.end(body);
    // After close() Node sends no trailers any more, so the rest of a request is read and thrown
    // away.
    stream.resume();
  }

  reset(errorCode: number): void {
    this.answered = true;
    this.#stream.close(errorCode);
    this.#stream.resume();
  }

  /** False when there is nobody left to answer. */
  #startAnswer(): boolean {
    this.answered = true;
    return !this.#stream.destroyed && !this.#stream.closed && !this.#stream.headersSent;
  }

  /** Reads on, for nobody, and soon tells the peer to stop sending (RFC 9113 section 8.1). */
  #discardRequest(): void {
    this.#stream.resume();
    if (!this.requestEnded) setImmediate(() => this.#stopRequest());
  }

  /**
   * Not before the answer is written: nghttp2 throws away the headers of a stream that is being
   * reset.
   */
  #stopRequest(): void {
    const stream = this.#stream;
    if (stream.destroyed || stream.closed || this.requestEnded) return;
    if (stream.state.localClose === 1) stream.close(constants.NGHTTP2_NO_ERROR);
    else this.#clock.after(answerWrittenMs, () => this.#stopRequest());
  }
}

// How often a peer that does not read is looked at again; one that reads has its answer at the
// first look.
const answerWrittenMs = 100;

// No `date`: gRPC peers do not read it. (Node has `sendDate`, @types/node does not know it.)
const headersOnlyOptions = { endStream: true, sendDate: false };
const bodyOptions = { endStream: false, sendDate: false };
const trailersOptions = { waitForTrailers: true, sendDate: false };

function outgoing(fields: HeaderFields): OutgoingHttpHeaders {
  return Object.fromEntries(fields);
}
