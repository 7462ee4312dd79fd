// One connection of node:http2 after its TLS handshake: its streams, its life, its polite end.

import type { IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../clock.ts';
import { ConnectionLife, type LifeBounds } from './connection-life.ts';
import { serveStream } from './node-http2-stream.ts';
import type { AcceptStream, ServerConnection } from './server-stream.ts';

export interface SessionParts {
  readonly keepalive: LifeBounds;
  readonly clock: Clock;
  readonly random: () => number;
  readonly accept: AcceptStream;
}

export class NodeHttp2Session {
  readonly #session: ServerHttp2Session;
  readonly #socket: TLSSocket;
  readonly #connection: ServerConnection;
  readonly #parts: SessionParts;
  readonly #life: ConnectionLife;
  #openStreamCount = 0;
  #closing = false;

  constructor(
    session: ServerHttp2Session,
    socket: TLSSocket,
    connection: ServerConnection,
    parts: SessionParts,
  ) {
    this.#session = session;
    this.#socket = socket;
    this.#connection = connection;
    this.#parts = parts;
    const living = {
      bytesRead: () => socket.bytesRead,
      openStreamCount: () => this.#openStreamCount,
      ping: () => this.#ping(() => {}),
      closeGracefully: () => this.closeGracefully(),
      destroy: () => this.destroy(),
    };
    this.#life = new ConnectionLife(living, parts.keepalive, parts.clock, parts.random);
    session.on('error', () => {}); // 'close' follows and says all there is to know
    session.once('close', () => this.#life.ended());
    session.once('goaway', () => this.#seeSocketOff());
    session.once('remoteSettings', () => this.#life.prefaceReceived());
    session.on('stream', (stream, headers, _flags, rawHeaders) =>
      // @types/node does not know the fourth argument: the fields as they came, names and values
      // in turn.
      this.#opened(stream, headers, rawHeaders as unknown as readonly string[]),
    );
  }

  /**
   * The peer learns that it should go before we stop taking streams: what it sends during one round
   * trip still counts (RFC 9113 section 6.8). Not without open streams: Node stops reading then,
   * the answer to the ping included, and a call that crosses the GOAWAY is one that the peer knows
   * we have not seen.
   */
  closeGracefully(): void {
    if (this.#closing || this.#session.destroyed) return;
    this.#closing = true;
    this.#life.closing();
    if (this.#openStreamCount > 0) {
      this.#session.goaway(0, streamIdMax);
      this.#ping(() => this.#session.close());
    } else {
      this.#session.close();
    }
    this.#seeSocketOff();
  }

  /**
   * Without a round trip: every stream is answered or will be at once, and what the peer opens now
   * it knows to be refused.
   */
  closeNow(): void {
    if (this.#session.destroyed) return;
    this.#closing = true;
    this.#life.closing();
    this.#session.close();
    this.#seeSocketOff();
  }

  destroy(): void {
    this.#session.destroy();
    this.#socket.destroy();
  }

  /**
   * A session that closes ends its socket and waits for the peer to do the same, for as long as the
   * peer likes.
   */
  #seeSocketOff(): void {
    this.#parts.clock.after(socketEndMs, () => {
      if (this.#session.destroyed) this.#socket.destroySoon();
      else this.#seeSocketOff();
    });
  }

  #opened(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): void {
    this.#life.streamOpened();
    this.#openStreamCount += 1;
    stream.once('close', () => {
      this.#openStreamCount -= 1;
      if (this.#closing && this.#openStreamCount === 0) this.#session.close();
    });
    const { accept, clock } = this.#parts;
    serveStream(stream, headers, rawHeaders, this.#connection, accept, clock);
  }

  /** `answered` is also called when the ping cannot be sent or answered any more. */
  #ping(answered: () => void): void {
    if (this.#session.destroyed) return;
    // false: too many pings without an answer already; the one under way does.
    if (!this.#session.ping(() => answered())) answered();
  }
}

const streamIdMax = 2 ** 31 - 1;
const socketEndMs = 200;
