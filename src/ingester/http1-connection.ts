// One HTTP/1.1 connection: its requests in order of arrival, whether it is read, and its end. Node
// writes the answers in the order of the requests; this file says which of them is the last.
//
// Bytes that one connection can make us hold: its TLS state, one read of the socket (64 KiB), and
// requestsOpenLimit requests of a few kilobytes, answers included. The requests of all connections
// together are bounded by OpenRequests.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import type { AcceptStream, ServerConnection } from '../http2/server-stream.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import { endPolitely } from '../tls/polite-end.ts';
import { checkHead, forgetFields } from './http1-head.ts';
import { Http1Life, type Http1LifeBounds } from './http1-life.ts';
import { ignoreRequests } from './http1-parser.ts';
import { Http1Reading, type ReadingRoom } from './http1-reading.ts';
import { type Refusal, refusalBytes } from './http1-refusal.ts';
import { Http1Stream, type StreamOwner } from './http1-stream.ts';

export interface Http1Parts extends Http1LifeBounds, ReadingRoom {
  readonly accept: AcceptStream;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly events: Http1Events;
}

export interface Http1Events {
  /** A request that never reached `accept` was answered with this code. */
  refused(code: Refusal['code']): void;
  /** A client did not send its header in time. */
  headersLate(): void;
  /** A client did not read its answers in time. */
  slowReader(): void;
  /**
   * A client sent more requests, without waiting for an answer, than it may have open, or than the
   * shard has room for. The connection ends with the answers to those that were taken.
   */
  tooManyRequests(bound: 'connection' | 'shard'): void;
}

export interface Http1ConnectionExits {
  /** There is no room in the landing pool: nobody should read on. */
  landingFull(): void;
  closed(): void;
}

export class Http1Connection implements StreamOwner {
  readonly connection: ServerConnection;
  readonly #socket: TLSSocket;
  readonly #parts: Http1Parts;
  readonly #exits: Http1ConnectionExits;
  readonly #reading: Http1Reading;
  readonly #life: Http1Life;
  /** Without an answer, or with one that is not written yet; in order of arrival. */
  readonly #open: Http1Stream[] = [];
  /** Answered; the rest of its body is read for nobody. */
  #discarded: Http1Stream | undefined;
  #discardTimer: Timer | undefined;
  #readerTimer: Timer | undefined;
  /** The next answer that can be the last is the last. */
  #closing = false;
  /** No request is taken any more: an answer says or will say so. */
  #last = false;
  /** Waits until every open request is answered. */
  #refusal: Refusal | undefined;
  #requestCount = 0;
  #ended = false;

  constructor(
    socket: TLSSocket,
    connection: ServerConnection,
    parts: Http1Parts,
    exits: Http1ConnectionExits,
  ) {
    this.#socket = socket;
    this.connection = connection;
    this.#parts = parts;
    this.#exits = exits;
    this.#reading = new Http1Reading(socket, connection, parts, () => this.readingChanged());
    // What Node calls after an answer that closes the connection.
    socket.destroySoon = () => this.#end();
    // Above it Node would stop its parser, and take what TLS has decrypted already for a syntax
    // error (Node 26.10). Our own bounds come first.
    Object.defineProperty(socket, 'writableHighWaterMark', { value: Infinity });
    socket.once('close', () => this.#closed());
    const living = {
      openRequestCount: () => this.#open.length,
      closeSoon: () => {
        this.#closing = true;
      },
      close: () => this.#close(),
    };
    this.#life = new Http1Life(living, parts, parts.clock, parts.random);
    this.readingChanged();
  }

  /** Node has parsed the head of a request. */
  requested(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#takes()) {
      forgetFields(request);
      request.resume();
      return;
    }
    this.#requestCount += 1;
    this.#discardEnded();
    const stream = new Http1Stream(request, response, this);
    this.#open.push(stream);
    if (!response.shouldKeepAlive) this.#takeNoMore();
    const refusal = checkHead(request, stream.head);
    if (refusal !== undefined) this.#parts.events.refused(refusal.code);
    stream.start(this.#parts.accept, refusal);
    this.readingChanged();
  }

  /** What comes is no request, or no body of one. Nothing that follows can be understood. */
  refuse(refusal: Refusal): void {
    if (this.#ended || this.#refusal !== undefined) return;
    const newest = this.#open.at(-1);
    const inBody = newest !== undefined && !newest.requestComplete;
    if (this.#last && !inBody) return; // what follows the last request concerns nobody
    this.#takeNoMore();
    this.#closing = true;
    const isAnswered = inBody ? newest.answered : this.#discarded?.requestComplete === false;
    if (!isAnswered) {
      this.#parts.events.refused(refusal.code);
      if (inBody) newest.refuse(refusal);
      else this.#refusal = refusal;
    }
    this.#settle();
  }

  /** The header that began, or should have, is not complete in time. */
  headersLate(): void {
    if (this.#ended || this.#last) return;
    this.#parts.events.headersLate();
    this.#takeNoMore();
    this.#closing = true;
    this.#settle();
  }

  get isStopped(): boolean {
    return this.#reading.isStopped;
  }

  /** For how long it has had no open request. */
  get idleMs(): number {
    return this.#life.idleMs;
  }

  /** Requests so far. */
  get requestCount(): number {
    return this.#requestCount;
  }

  /** Ends it when the requests that are open now are answered; at once without any. */
  closeGracefully(): void {
    this.#closing = true;
    this.#settle();
  }

  destroy(): void {
    this.#takeNoMore();
    this.#socket.destroy();
  }

  /** Something has changed that decides whether it is read. */
  readingChanged(): void {
    if (!this.#ended) this.#reading.mind(this.#open, !this.#last);
  }

  answering(stream: Http1Stream, mustClose: boolean): boolean {
    const endsHere = (this.#closing || this.#last) && this.#refusal === undefined;
    // A request behind this one has to be answered as well.
    const closes = mustClose || (endsHere && this.#open.at(-1) === stream);
    if (closes) this.#takeNoMore();
    if (stream === this.#open[0]) this.#watchReader();
    return closes;
  }

  holding(): void {
    this.readingChanged();
    if (this.#parts.landing.firstRoomBytes < landingRoomBytesMin) this.#exits.landingFull();
  }

  gone(stream: Http1Stream): void {
    this.#open.splice(this.#open.indexOf(stream), 1);
    this.#parts.openRequests.leave();
    this.#life.requestEnded();
    this.#readerTimer?.cancel();
    this.#readerTimer = undefined;
    if (this.#open[0]?.answered === true) this.#watchReader();
    if (!stream.requestComplete && !this.#last) this.#discard(stream);
    this.readingChanged();
    this.#settle();
  }

  /** One more request. False: it never was here, and can be sent again on another connection. */
  #takes(): boolean {
    if (this.#last || this.#ended) return false;
    const openCount = this.#open.length;
    const isTooMany = openCount >= requestsOpenLimit;
    if (!isTooMany && this.#parts.openRequests.enter(openCount)) return true;
    this.#parts.events.tooManyRequests(isTooMany ? 'connection' : 'shard');
    this.#takeNoMore();
    this.#closing = true;
    this.readingChanged();
    this.#settle();
    return false;
  }

  #takeNoMore(): void {
    this.#last = true;
    ignoreRequests(this.#socket);
  }

  /** The oldest request is answered: it is the client's turn to read. */
  #watchReader(): void {
    this.#readerTimer ??= this.#parts.clock.after(readerTimeoutMs, () => {
      this.#parts.events.slowReader();
      this.destroy();
    });
  }

  #discard(stream: Http1Stream): void {
    this.#discarded = stream;
    this.#discardTimer = this.#parts.clock.after(discardTimeoutMs, () => {
      if (!stream.requestComplete) this.#end();
    });
  }

  /** The next request has begun. */
  #discardEnded(): void {
    this.#discarded = undefined;
    this.#discardTimer?.cancel();
  }

  #settle(): void {
    if (this.#open.length > 0 || this.#ended) return;
    if (this.#refusal !== undefined) this.#socket.write(refusalBytes(this.#refusal));
    if (this.#closing || this.#refusal !== undefined) this.#end();
  }

  #close(): void {
    if (this.#open.length === 0) this.#end();
    else this.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reading.end();
    endPolitely(this.#socket, this.#parts.clock);
  }

  #closed(): void {
    this.#ended = true;
    this.#life.ended();
    for (const stream of [...this.#open]) stream.end();
    this.#reading.end();
    for (const timer of [this.#discardTimer, this.#readerTimer]) timer?.cancel();
    this.#exits.closed();
  }
}

/** The same as streams of HTTP/2. One read of the socket may hold ten times as many requests. */
const requestsOpenLimit = 256;
const readerTimeoutMs = 30_000;
/** For what is left of a body after its answer. */
const discardTimeoutMs = 10_000;
