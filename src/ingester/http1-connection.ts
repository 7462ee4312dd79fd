// One HTTP/1.1 connection: its requests in order of arrival, whether it is read, and its end. Node
// writes the answers in the order of the requests; this file says which of them is the last.
//
// Bytes that one connection can make us hold: its TLS state, one read of the socket (64 KiB), and
// requestsOpenLimit requests of a few kilobytes, answers included.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import type { AcceptStream, ServerConnection } from '../http2/server-stream.ts';
import { KiB } from '../limits.ts';
import { landingRoomBytesMin } from '../memory/landing-pool.ts';
import { endPolitely } from '../tls/polite-end.ts';
import { checkHead } from './http1-head.ts';
import { Http1Life, type Http1LifeBounds } from './http1-life.ts';
import { type Refusal, refusalBytes } from './http1-refusal.ts';
import { Http1Stream, type StreamOwner } from './http1-stream.ts';
import { SocketReading } from './socket-reading.ts';

export interface Http1Parts extends Http1LifeBounds {
  readonly accept: AcceptStream;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly events: Http1Events;
  /** Where bodies wait for memory: below landingRoomBytesMin nobody reads on. */
  readonly landing: LandingRoom;
}

export interface Http1Events {
  /** A request that never reached `accept` was answered with this code. */
  refused(code: Refusal['code']): void;
  /** A client did not send its header in time. */
  headersLate(): void;
  /** A client did not read its answers in time. */
  slowReader(): void;
  /** A client sent more requests than may be open, without waiting for an answer. */
  tooManyRequests(): void;
}

/** The part of memory/landing-pool.ts that a transport looks at. */
export interface LandingRoom {
  readonly freeBytes: number;
  whenRoom(callback: () => void): Timer;
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
  readonly #reading: SocketReading;
  readonly #life: Http1Life;
  /** Without an answer, or with one that is not written yet; in order of arrival. */
  readonly #open: Http1Stream[] = [];
  /** Answered; the rest of its body is read for nobody. */
  #discarded: Http1Stream | undefined;
  #discardTimer: Timer | undefined;
  #readerTimer: Timer | undefined;
  #landingWait: Timer | undefined;
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
    this.#reading = new SocketReading(socket);
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
    this.mindLanding();
  }

  /** Node has parsed the head of a request. */
  requested(request: IncomingMessage, response: ServerResponse): void {
    if (this.#last || this.#ended) {
      request.resume(); // came after the one whose answer closes the connection
      return;
    }
    if (this.#open.length >= requestsOpenLimit) {
      this.#parts.events.tooManyRequests();
      this.destroy();
      return;
    }
    this.#requestCount += 1;
    this.#discardEnded();
    const stream = new Http1Stream(request, response, this);
    this.#open.push(stream);
    if (!response.shouldKeepAlive) this.#last = true;
    const refusal = checkHead(request, stream.head);
    if (refusal !== undefined) this.#parts.events.refused(refusal.code);
    stream.start(this.#parts.accept, refusal);
    this.#boundOpen();
    this.mindLanding();
  }

  /** What comes is no request, or no body of one. Nothing that follows can be understood. */
  refuse(refusal: Refusal): void {
    if (this.#ended || this.#refusal !== undefined) return;
    const newest = this.#open.at(-1);
    const inBody = newest !== undefined && !newest.requestComplete;
    if (this.#last && !inBody) return; // what follows the last request concerns nobody
    this.#last = true;
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
    this.#last = true;
    this.#closing = true;
    this.#settle();
  }

  get isStopped(): boolean {
    return this.#reading.isStopped;
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
    this.#last = true;
    this.#socket.destroy();
  }

  /**
   * Reads only while there is room for what may come. A body that has memory is read to its end all
   * the same: what fills the pool may be waiting for that memory.
   */
  mindLanding(): void {
    const { landing } = this.#parts;
    if (this.#ended || this.#landingWait !== undefined) return;
    if (landing.freeBytes >= landingRoomBytesMin) return;
    if (this.#open.some((stream) => stream.isOnItsWay)) return;
    this.#reading.stop(landing);
    this.#landingWait = landing.whenRoom(() => {
      this.#landingWait = undefined;
      this.#reading.goOn(landing);
    });
  }

  answering(stream: Http1Stream, mustClose: boolean): boolean {
    const endsHere = (this.#closing || this.#last) && this.#refusal === undefined;
    // A request behind this one has to be answered as well.
    const closes = mustClose || (endsHere && this.#open.at(-1) === stream);
    if (closes) this.#last = true;
    if (stream === this.#open[0]) this.#watchReader();
    this.#boundOpen();
    return closes;
  }

  stopReading(stream: Http1Stream): void {
    this.#reading.stop(stream);
    if (this.#parts.landing.freeBytes < landingRoomBytesMin) this.#exits.landingFull();
  }

  readOn(stream: Http1Stream): void {
    this.#landingWait?.cancel();
    this.#landingWait = undefined;
    this.#reading.goOn(this.#parts.landing);
    this.#reading.goOn(stream);
  }

  gone(stream: Http1Stream): void {
    this.#open.splice(this.#open.indexOf(stream), 1);
    this.#reading.goOn(stream);
    this.#life.requestEnded();
    this.#readerTimer?.cancel();
    this.#readerTimer = undefined;
    if (this.#open[0]?.answered === true) this.#watchReader();
    if (!stream.requestComplete && !this.#last) this.#discard(stream);
    this.#boundOpen();
    this.#settle();
  }

  /** More requests, or more unread answers, than one connection may have: it is not read. */
  #boundOpen(): void {
    let unreadSizeBytes = 0;
    for (const stream of this.#open) unreadSizeBytes += stream.unreadSizeBytes;
    const isFull = this.#open.length >= requestsOpenMax || unreadSizeBytes > unreadSizeBytesMax;
    if (isFull) this.#reading.stop(this.#open);
    else this.#reading.goOn(this.#open);
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
    this.#landingWait?.cancel();
    this.#reading.release();
    endPolitely(this.#socket, this.#parts.clock);
  }

  #closed(): void {
    this.#ended = true;
    this.#life.ended();
    for (const stream of [...this.#open]) stream.end();
    for (const timer of [this.#discardTimer, this.#readerTimer, this.#landingWait]) {
      timer?.cancel();
    }
    this.#exits.closed();
  }
}

/** No client pipelines as deep; further requests wait in the socket. */
const requestsOpenMax = 64;
/** The same as streams of HTTP/2. One read of the socket may hold ten times as many requests. */
const requestsOpenLimit = 256;
const unreadSizeBytesMax = 64 * KiB;
const readerTimeoutMs = 30_000;
/** For what is left of a body after its answer. */
const discardTimeoutMs = 10_000;
