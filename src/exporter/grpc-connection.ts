// One HTTP/2 connection to one address of a gRPC destination, from the TCP connect to the close.

import http2 from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../clock.ts';
import { type UnaryCall, UnaryClient, type UnaryRequest } from '../grpc/unary-client.ts';
import { DeadPeerWatch } from './dead-peer-watch.ts';

export interface GrpcConnectionOptions {
  readonly authority: string;
  readonly scheme: 'https' | 'http';
  /** Connecting already. */
  readonly socket: Socket;
  readonly clock: Clock;
  readonly silenceMsMax: number;
  /** The server's SETTINGS have come: requests may go. */
  readonly onReady: () => void;
  /**
   * The server wants no more requests on it, or answers none; those under way go on. Its owner
   * calls leave().
   */
  readonly onLeaving: (tooManyPings: boolean) => void;
  /** Last callback, exactly once. */
  readonly onClosed: (reason: string) => void;
}

const streamIdMax = 2 ** 31 - 1;
const connectTimeoutMs = 10_000;
// Node refuses streams when a session's buffers pass this; our memory is bounded by the export
// buffers, so it only has to be out of the way.
const sessionMemoryMbMax = 128;

export class GrpcConnection {
  readonly #options: GrpcConnectionOptions;
  readonly #session: http2.ClientHttp2Session;
  readonly #client: UnaryClient;
  readonly #watch: DeadPeerWatch;
  readonly #connectTimer: Timer;
  #inFlight = 0;
  #ready = false;
  #leaving = false;
  #closed = false;
  /** A server has answered on it: it is not one that accepts and resets. */
  #proven = false;
  #error: Error | undefined;

  constructor(options: GrpcConnectionOptions) {
    const { socket, clock } = options;
    this.#options = options;
    this.#session = http2.connect(`${options.scheme}://${options.authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false },
      maxSessionMemory: sessionMemoryMbMax,
    });
    this.#client = new UnaryClient(this.#session, clock);
    this.#watch = new DeadPeerWatch({
      clock,
      silenceMsMax: options.silenceMsMax,
      bytesRead: () => socket.bytesRead,
      ping: () => void this.#session.ping(() => {}), // its answer counts as bytes read
      onDead: () => this.destroy(new Error('no answer to a PING')),
      onStuck: () => this.#startLeaving(false),
    });
    this.#connectTimer = clock.after(connectTimeoutMs, () => {
      this.destroy(new Error(`not connected within ${connectTimeoutMs} ms`));
    });
    this.#listen();
  }

  /** True: takes requests. */
  get isReady(): boolean {
    return this.#ready && !this.#leaving && !this.#closed;
  }

  get isProven(): boolean {
    return this.#proven;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  call(request: Omit<UnaryRequest, 'authority' | 'scheme'>): UnaryCall {
    const { authority, scheme } = this.#options;
    this.#inFlight += 1;
    const call = this.#client.call({ ...request, authority, scheme });
    this.#watch.sent();
    void call.result.then((result) => {
      this.#inFlight -= 1;
      const answered = result.kind !== 'failed';
      if (answered) this.#proven = true;
      this.#watch.ended(answered);
    });
    return call;
  }

  /** No new requests; closes when those under way have ended. */
  leave(): void {
    this.#leaving = true;
    this.#session.close();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#session.destroy();
    // A socket that is still connecting belongs to no session yet.
    this.#options.socket.destroy();
  }

  #startLeaving(tooManyPings: boolean): void {
    if (this.#leaving || this.#closed) return;
    this.#leaving = true;
    this.#options.onLeaving(tooManyPings);
  }

  #listen(): void {
    const session = this.#session;
    const { socket, onReady, onClosed } = this.#options;
    const fail = (error: Error) => {
      this.#error ??= error;
    };
    session.on('error', fail);
    socket.on('error', fail);
    session.on('connect', () => {
      if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
        this.destroy(new Error('the server does not speak HTTP/2 (ALPN)'));
      }
    });
    session.once('remoteSettings', () => {
      if (this.#closed) return;
      this.#connectTimer.cancel();
      this.#ready = true;
      onReady();
    });
    session.on('goaway', (errorCode, lastStreamId, opaque) => {
      // It has processed a request. The highest number only announces that the real one will
      // follow.
      if (lastStreamId > 0 && lastStreamId < streamIdMax) this.#proven = true;
      const calm = errorCode === http2.constants.NGHTTP2_ENHANCE_YOUR_CALM;
      this.#startLeaving(calm && opaque?.toString() === 'too_many_pings');
    });
    session.on('close', () => {
      this.#closed = true;
      this.#connectTimer.cancel();
      this.#watch.close();
      onClosed(this.#error?.message ?? 'closed by the server');
    });
  }
}
