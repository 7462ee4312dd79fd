// HTTP/1.1 on connections that are secured already, parsed by node:http. Its server never listens:
// it is handed sockets, and everything it would answer by itself is answered here, in our form.

import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { assert } from '../assert.ts';
import type { ServerConnection } from '../http2/server-stream.ts';
import { headerFieldsMax, headerListSizeBytesMax } from '../limits.ts';
import { http } from '../node-http.ts';
import { Http1Connection, type Http1Parts } from './http1-connection.ts';
import { type Refusal, refusal } from './http1-refusal.ts';

export interface Http1ServerOptions extends Http1Parts {
  /** Tests make it short: Node measures it with a clock of its own. */
  readonly headersTimeoutMs?: number;
}

export class Http1Server {
  readonly #options: Http1ServerOptions;
  readonly #server: Server;
  readonly #connections = new Map<unknown, Http1Connection>();
  readonly #headersTimeoutMs: number;
  #closing = false;

  constructor(options: Http1ServerOptions) {
    this.#options = options;
    this.#headersTimeoutMs = options.headersTimeoutMs ?? headersTimeoutMs;
    this.#server = this.#createServer();
  }

  /** Takes over a verified connection whose ALPN is http/1.1, or that has none. */
  serve(socket: TLSSocket, connection: ServerConnection): void {
    const exits = {
      landingFull: () => {
        for (const other of this.#connections.values()) other.readingChanged();
      },
      closed: () => {
        this.#connections.delete(socket);
        this.#closeEmpty();
      },
    };
    // First, because the connection has a word in what Node makes of the socket.
    this.#server.emit('connection', socket);
    const served = new Http1Connection(socket, connection, this.#options, exits);
    this.#connections.set(socket, served);
    if (this.#closing) served.closeGracefully();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get connections(): Iterable<Http1Connection> {
    return this.#connections.values();
  }

  /** Idle connections end at once, busy ones with the answer to what they have asked. */
  closeGracefully(): void {
    this.#closing = true;
    for (const connection of [...this.#connections.values()]) connection.closeGracefully();
    this.#closeEmpty();
  }

  destroyAll(): void {
    this.#closing = true;
    for (const connection of [...this.#connections.values()]) connection.destroy();
    this.#closeEmpty();
  }

  #createServer(): Server {
    const server = http.createServer({
      maxHeaderSize: headerListSizeBytesMax,
      joinDuplicateHeaders: true,
      requireHostHeader: false, // checked in http1-head.ts
      headersTimeout: this.#headersTimeoutMs,
      requestTimeout: 0, // a slow sender is its handler's business
      keepAliveTimeout: 0, // http1-life.ts
      connectionsCheckingInterval: Math.min(lookMs, this.#headersTimeoutMs),
    });
    server.maxHeadersCount = headerFieldsMax + 1; // one more tells that there are too many
    const requested = (request: IncomingMessage, response: ServerResponse) =>
      this.#of(request.socket).requested(request, response);
    server.on('request', requested);
    server.on('checkContinue', requested); // the 100 is sent by http1-stream.ts
    server.on('checkExpectation', requested);
    server.on('connect', (request) =>
      this.#of(request.socket).refuse(refusal('VERB', 'this is no proxy')),
    );
    server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
      this.#failed(error.code ?? '', socket),
    );
    // Node looks for late headers from then on.
    server.emit('listening');
    return server;
  }

  #of(socket: unknown): Http1Connection {
    const connection = this.#connections.get(socket);
    assert(connection !== undefined, 'an event of a socket that is not served');
    return connection;
  }

  /** `code` is one of the parser, of node:http, or of the socket. */
  #failed(code: string, socket: unknown): void {
    const connection = this.#connections.get(socket);
    if (connection === undefined) return; // closed already
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') this.#headersLate(connection);
    else if (code.startsWith('HPE_') && code !== cutOff) connection.refuse(parserRefusal(code));
    else connection.destroy();
  }

  /** The time in which we do not read is not the client's; Node tells it only once. */
  #headersLate(connection: Http1Connection): void {
    if (!connection.isStopped) {
      connection.headersLate();
      return;
    }
    const before = connection.requestCount;
    this.#options.clock.after(this.#headersTimeoutMs, () => {
      if (connection.requestCount === before) this.#headersLate(connection);
    });
  }

  /** Ends Node's look for late headers. */
  #closeEmpty(): void {
    if (this.#closing && this.#connections.size === 0) this.#server.close();
  }
}

/** The client left in the middle of a message. */
const cutOff = 'HPE_INVALID_EOF_STATE';

function parserRefusal(code: string): Refusal {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const text = `header of more than ${headerListSizeBytesMax} bytes or ${headerFieldsMax} fields`;
    return refusal('HEADERS_TOO_LARGE', text);
  }
  return refusal('HTTP_SYNTAX', code);
}

/** From the start of a connection, or the first byte of a request, to the end of its header. */
const headersTimeoutMs = 10_000;
const lookMs = 1_000;
