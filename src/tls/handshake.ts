// One TLS handshake of a listener: exactly one outcome, within a bounded time. A peer that takes
// its time is given ten seconds, and much less if others wait for its place: a peer without a
// certificate must not keep out those who have one, whatever it sends. As long as there are places,
// others are let by instead: in a storm of new connections it is honest peers that are slow.

import type { Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { peerRefusal } from './peer-refusal.ts';

export interface HandshakeExits {
  /** The peer is verified. */
  secured(socket: TLSSocket): void;
  /** `reason` is a code of Node or OpenSSL; the socket is closed. */
  failed(reason: string): void;
  /** How many wait for a place. */
  waitingCount(): number;
  /** They wait because all places are taken. */
  isFull(): boolean;
  /** True: they need not wait for this one, it may take its time. */
  letOthersBy(): boolean;
}

export class Handshake {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #exits: HandshakeExits;
  readonly #startedMs: number;
  #timer: Timer;
  #othersAreBy = false;
  #ended = false;

  /**
   * Nothing is called back before the constructor returns. `isWide`: see secure-listener.ts.
   */
  constructor(
    server: Server,
    socket: Socket,
    clock: Clock,
    exits: HandshakeExits,
    isWide: boolean,
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#exits = exits;
    this.#startedMs = clock.nowMs();
    this.#timer = this.#supervise();
    // Node tells the server what becomes of a handshake, but not with which socket it began, and
    // the TLS socket of a failed one has no address any more. So each handshake gets a server of
    // its own that differs from the shared one in emit() only.
    const seat: Server = Object.create(server, { emit: { value: this.#announced.bind(this) } });
    const begin = () => void server.emit.call(seat, 'connection', socket);
    if (isWide) begin();
    else this.#whenPeerBegins(begin);
  }

  /** Ends it if it has had its time, or lets others by. False: they have to wait. */
  hurry(): boolean {
    const ageMs = this.#ageMs();
    if (ageMs < this.#ageMsMax()) return false;
    if (ageMs < handshakeTimeoutMs && !this.#othersAreBy && this.#exits.letOthersBy()) {
      this.#othersAreBy = true;
    } else this.#fail(timedOut);
    return true;
  }

  /** Ends it without telling anybody. */
  cut(): void {
    this.#end();
    this.#socket.destroy();
  }

  /** Node hands what is read by then to OpenSSL itself, before it reads on. */
  #whenPeerBegins(begin: () => void): void {
    const socket = this.#socket;
    const left = () => this.#fail('ECONNRESET');
    socket.once('close', left);
    socket.once('readable', () => {
      socket.off('close', left);
      if (socket.readableLength === 0) left();
      else if (!this.#ended) begin();
    });
  }

  /** False is Node's word for an event that nobody listens to. */
  #announced(event: string, ...details: unknown[]): boolean {
    // The types of details are those of the events of tls.Server.
    if (event === 'secureConnection') this.#established(details[0] as TLSSocket);
    else if (event === 'tlsClientError') {
      this.#refused(details[0] as Error, details[1] as TLSSocket);
    } else return false;
    return true;
  }

  #established(secured: TLSSocket): void {
    secured.on('error', () => {}); // 'close' follows
    if (this.#ended) return;
    if (this.#isExpired(secured)) {
      this.#fail('CERT_HAS_EXPIRED');
      return;
    }
    this.#end();
    this.#exits.secured(secured);
  }

  /** A session that is resumed is not verified again, and its ticket is good for hours. */
  #isExpired(secured: TLSSocket): boolean {
    if (!secured.isSessionReused()) return false;
    const certificate = secured.getPeerX509Certificate();
    const wallMs = this.#clock.wallMs();
    return certificate !== undefined && wallMs > certificate.validToDate.getTime();
  }

  #refused(error: Error, failed: TLSSocket): void {
    failed.on('error', () => {}); // told here already
    this.#fail(peerRefusal(error, failed));
    failed.destroy();
  }

  #supervise(): Timer {
    // Not from now: a timer of Node may fire a moment before its time.
    return this.#clock.after(lookMs - (this.#ageMs() % lookMs), () => {
      this.hurry();
      if (!this.#ended) this.#timer = this.#supervise();
    });
  }

  #ageMs(): number {
    return this.#clock.nowMs() - this.#startedMs;
  }

  #ageMsMax(): number {
    const waitingCount = this.#exits.waitingCount();
    if (waitingCount === 0) return handshakeTimeoutMs;
    if (this.#othersAreBy && !this.#exits.isFull()) return handshakeTimeoutMs;
    const isSilent = this.#socket.bytesRead === 0;
    return isSilent || waitingCount > crowdCountMin ? crowdedTimeoutMs : waitedForTimeoutMs;
  }

  #fail(reason: string): void {
    if (this.#ended) return;
    this.#end();
    this.#exits.failed(reason);
    this.#socket.destroy();
  }

  #end(): void {
    this.#ended = true;
    this.#timer.cancel();
  }
}

/** The reason of a handshake that took too long, as Node calls it. */
export const timedOut = 'ERR_TLS_HANDSHAKE_TIMEOUT';

/** A peer that begins and says no more holds about 50 KB of OpenSSL state. */
export const handshakeTimeoutMs = 10_000;

/**
 * While others wait. A handshake needs one round trip and a few milliseconds of CPU on either side:
 * this is enough for a peer on the other side of the world.
 */
const waitedForTimeoutMs = 2_000;

/** For a silent peer that others wait for, and for everybody while a crowd waits. */
const crowdedTimeoutMs = 1_000;

/**
 * As many as do their handshakes at once. With 64 of them and 1 s each, a crowd of 400 who never
 * finish keeps a new peer waiting for about 6 s, less than a producer's timeout.
 */
const crowdCountMin = 64;

const lookMs = 1_000;
