// HTTP/1.1 and HTTP/2 on connections that are secured already, each with Node's own server, which
// never listens: it is handed sockets. What one caller can make them hold or keep is bounded here.

import type { Server as Http1Server, IncomingMessage, ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2Server,
  type ServerHttp2Session,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import {
  controlAnswerMsMax,
  controlIdleMsMax,
  controlIdleWithoutRoleMsMax,
  controlStreamsMax,
  headerFieldsMax,
  headerListSizeBytesMax,
} from '../limits.ts';
import { http } from '../node-http.ts';
import type { Caller } from './caller.ts';
import { answerText, type ControlRequest, type ControlResponse } from './http-exchange.ts';

/** Must not throw. */
export type AnswerRequest = (
  request: ControlRequest,
  response: ControlResponse,
  caller: Caller,
) => void;

export interface ControlHttpBounds {
  /** A connection that nothing is open on ends after this. */
  readonly idleMsMax: number;
  /** The same of a caller without a role; over HTTP/1.1 such a connection has one request. */
  readonly idleWithoutRoleMsMax: number;
}

/** A socket of HTTP/1.1 or a session of HTTP/2. */
interface Connection {
  readonly caller: Caller;
  requestOpened(): void;
  requestClosed(): void;
}

export class ControlHttp {
  readonly #clock: Clock;
  readonly #answer: AnswerRequest;
  readonly #bounds: ControlHttpBounds;
  readonly #http1: Http1Server;
  readonly #http2: Http2Server;
  readonly #connections = new WeakMap<object, Connection>();
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(clock: Clock, answer: AnswerRequest, bounds: ControlHttpBounds = usualBounds) {
    this.#clock = clock;
    this.#answer = answer;
    this.#bounds = bounds;
    this.#http1 = createHttp1(bounds.idleMsMax, (request, response) => {
      const connection = this.#of(request.socket);
      if (connection.caller.role === 'none') response.setHeader('connection', 'close');
      this.#requested(request, response, connection);
    });
    this.#http2 = createHttp2Server(http2Options, (request, response) => {
      if (isHeaderTooLarge(request.rawHeaders)) answerText(request, response, headerTooLarge);
      else this.#requested(request, response, this.#of(request.stream.session));
    });
    this.#http2.on('sessionError', () => {}); // the session is closed, and nobody else hears of it
  }

  /** Takes over a verified connection. */
  serve(socket: TLSSocket, caller: Caller): void {
    if (socket.alpnProtocol === 'h2') this.#serveHttp2(socket, caller);
    else {
      this.#connections.set(socket, { ...unwatched, caller });
      this.#http1.emit('connection', socket);
    }
  }

  /** Idle connections end now, the others with what is open on them. */
  closeGracefully(): void {
    // Of HTTP/1.1, this also ends Node's look for late requests.
    this.#http1.close();
    for (const session of this.#sessions) session.close();
  }

  #serveHttp2(socket: TLSSocket, caller: Caller): void {
    const begun = (session: ServerHttp2Session) => {
      this.#connections.set(session, this.#watchIdle(session, caller));
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    };
    // Node makes the session, and says so, before emit() returns.
    this.#http2.once('session', begun);
    this.#http2.emit('connection', socket);
    this.#http2.off('session', begun);
  }

  /** Of HTTP/1.1, Node ends idle connections itself. */
  #watchIdle(session: ServerHttp2Session, caller: Caller): Connection {
    const { idleMsMax, idleWithoutRoleMsMax } = this.#bounds;
    const idleMs = caller.role === 'none' ? idleWithoutRoleMsMax : idleMsMax;
    const wait = () => this.#clock.after(idleMs, () => session.destroy());
    let openCount = 0;
    let timer = wait();
    session.once('close', () => timer.cancel());
    return {
      caller,
      requestOpened() {
        openCount += 1;
        timer.cancel();
      },
      requestClosed() {
        openCount -= 1;
        if (openCount === 0 && !session.destroyed) timer = wait();
      },
    };
  }

  #requested(request: ControlRequest, response: ControlResponse, connection: Connection): void {
    connection.requestOpened();
    response.once('close', () => connection.requestClosed());
    this.#answer(request, response, connection.caller);
  }

  #of(key: object | undefined): Connection {
    return (key && this.#connections.get(key)) ?? unwatched;
  }
}

const usualBounds: ControlHttpBounds = {
  idleMsMax: controlIdleMsMax,
  idleWithoutRoleMsMax: controlIdleWithoutRoleMsMax,
};

/** Of a connection that is gone: nobody. */
const unwatched: Connection = {
  caller: { subject: '', role: 'none' },
  requestOpened() {},
  requestClosed() {},
};

/** To HTTP/2 the setting is advice; Node itself stops at 64 KiB. */
function isHeaderTooLarge(fields: readonly string[]): boolean {
  let sizeBytes = 0;
  for (const text of fields) sizeBytes += text.length;
  return sizeBytes > headerListSizeBytesMax;
}

const headerTooLarge = {
  status: 431,
  text: `HEADERS_TOO_LARGE: more than ${headerListSizeBytesMax} bytes\n`,
};

const http2Options = {
  settings: {
    maxConcurrentStreams: controlStreamsMax,
    maxHeaderListSize: headerListSizeBytesMax,
    enablePush: false,
  },
  maxHeaderListPairs: headerFieldsMax,
  maxSettings: 16,
  /** MiB: what is queued to be sent, above all. No stream is taken above it. */
  maxSessionMemory: 1,
  maxSessionInvalidFrames: 32,
  maxSessionRejectedStreams: 32,
};

function createHttp1(
  idleMsMax: number,
  requested: (request: IncomingMessage, response: ServerResponse) => void,
): Http1Server {
  const server = http.createServer(
    {
      maxHeaderSize: headerListSizeBytesMax,
      requireHostHeader: true,
      headersTimeout: controlAnswerMsMax,
      requestTimeout: controlAnswerMsMax,
      keepAliveTimeout: idleMsMax,
      connectionsCheckingInterval: 1_000,
    },
    requested,
  );
  server.maxHeadersCount = headerFieldsMax;
  // Node looks for late requests from then on.
  server.emit('listening');
  return server;
}
