// The HTTP/2 server of the receive path, for now over node:http2: TLS 1.3 with client certificates,
// ALPN h2 only. Everything that can go wrong on a connection ends that connection and nothing else.
//
// Bytes that one connection can make us hold: concurrentStreamsMax x streamWindowSizeBytes, sent to
// streams that wait for a slab, beside TLS state and about 1 KB a stream. Node credits the
// connection's window as bytes arrive, so the windows of the streams are the bound.

import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';
import { assert } from '../assert.ts';
import { GopherShipError } from '../errors.ts';
import { headerFieldOverheadSizeBytes, headerListSizeBytesMax, KiB } from '../limits.ts';
import { peerRefusal } from '../tls/peer-refusal.ts';
import { ConnectionGate } from './connection-gate.ts';
import { NodeHttp2Session, type SessionParts } from './node-http2-session.ts';

export interface Http2ServerOptions extends SessionParts {
  readonly tls: TlsOptions;
  readonly concurrentStreamsMax: number;
  /** Connections that have begun TLS; further ones wait, unread. */
  readonly connectionsMax: number;
  readonly events: ConnectionEvents;
  /** The name of the verified peer. */
  readonly peerSubject: (socket: TLSSocket) => string;
}

export interface ConnectionEvents {
  opened(): void;
  /** Once for each opened(). */
  closed(): void;
  /** TLS was not established; `reason` is a code of Node or OpenSSL. */
  tlsFailed(reason: string, remoteAddress: string): void;
  /** A connection beyond all bounds was closed. */
  refused(remoteAddress: string): void;
}

export class NodeHttp2Server {
  readonly #options: Http2ServerOptions;
  readonly #listener: Server;
  readonly #http2: Http2SecureServer;
  readonly #gate: ConnectionGate<Socket>;
  /**
   * Sockets that began TLS, by the peer's address: Node does not say which one a TLS event belongs
   * to.
   */
  readonly #socketByPeer = new Map<string, Socket>();
  /**
   * Of sockets that closed during the handshake. Node closes the socket of a refused certificate
   * before it tells us, in the same turn and order, and by then the TLS socket has no address.
   */
  readonly #closedAddresses: string[] = [];
  readonly #sessions = new Set<NodeHttp2Session>();
  /** Between 'secureConnection' and the 'session' that Node emits inside it. */
  #secured: TLSSocket | undefined;
  #stopped = false;
  #ended: (() => void) | undefined;

  constructor(options: Http2ServerOptions) {
    this.#options = options;
    this.#gate = new ConnectionGate<Socket>(
      { placesMax: options.connectionsMax, handshakesMax, parkedMax },
      { admit: (socket) => this.#startTls(socket), refuse: (socket) => this.#refuse(socket) },
    );
    this.#http2 = this.#createHttp2();
    // Paused on arrival, because a parked socket must not be read.
    this.#listener = createServer({ pauseOnConnect: true, noDelay: true });
    this.#listener.on('connection', (socket) => this.#arrived(socket));
  }

  /** Resolves with the port, which matters when 0 was asked for. */
  listen(host: string, port: number): Promise<number> {
    const listener = this.#listener;
    return new Promise((resolve, reject) => {
      const failed = (cause: NodeJS.ErrnoException) => {
        const text = `cannot listen on ${host}:${port}: ${cause.code ?? cause.message}`;
        reject(new GopherShipError('PORT_TAKEN', text, { cause }));
      };
      listener.once('error', failed);
      listener.listen({ host, port, reusePort: true }, () => {
        listener.off('error', failed);
        // accept() without file descriptors, for one: nothing is lost, the next connection may
        // work.
        listener.on('error', () => {});
        const address = listener.address() as AddressInfo; // a listening TCP socket has a port
        resolve(address.port);
      });
    });
  }

  get connectionCount(): number {
    return this.#sessions.size;
  }

  get parkedCount(): number {
    return this.#gate.parkedCount;
  }

  /** For connections that start TLS from now on. */
  setSecureContext(context: SecureContextOptions): void {
    this.#http2.setSecureContext(context);
  }

  /**
   * No new connections, and GOAWAY on all: calls under way finish, the peers take others elsewhere.
   */
  stopAccepting(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#listener.close();
    for (const socket of this.#gate.takeParked()) socket.destroy();
    for (const session of this.#sessions) session.closeGracefully();
  }

  /** Resolves when every connection has ended; those that have not `withinMs` from now are cut. */
  async drain(withinMs: number): Promise<void> {
    this.stopAccepting();
    if (this.#gate.placedCount === 0) return;
    const ended = new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
    const timer = this.#options.clock.after(withinMs, () => this.#cut());
    await ended;
    timer.cancel();
  }

  /** Ends each connection as soon as its open streams are answered, `withinMs` at the latest. */
  drainNow(withinMs: number): void {
    this.stopAccepting();
    for (const session of this.#sessions) session.closeNow();
    this.#options.clock.after(withinMs, () => this.#cut());
  }

  #cut(): void {
    for (const session of this.#sessions) session.destroy();
    for (const socket of this.#socketByPeer.values()) socket.destroy();
  }

  #createHttp2(): Http2SecureServer {
    const server = createSecureServer({
      ...this.#options.tls,
      // Said again here, so that no configuration can weaken them.
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: true,
      ALPNProtocols: ['h2'],
      handshakeTimeout: handshakeTimeoutMs,
      settings: {
        headerTableSize: 4 * KiB,
        maxConcurrentStreams: this.#options.concurrentStreamsMax,
        maxHeaderListSize: headerListSizeBytesAdvertised,
        initialWindowSize: streamWindowSizeBytes,
      },
      maxHeaderListPairs: headerFieldsMax,
      maxSessionMemory: sessionMemoryMb,
      maxSessionRejectedStreams: rejectedStreamsMax,
    });
    server.prependListener('secureConnection', (socket) => this.#tlsEstablished(socket));
    server.on('tlsClientError', (error, socket) => this.#tlsFailed(error, socket));
    server.on('unknownProtocol', (socket) => this.#endUnknownProtocol(socket));
    server.on('session', (session) => this.#sessionOpened(session));
    server.on('sessionError', () => {}); // 'close' of the session follows
    return server;
  }

  #arrived(socket: Socket): void {
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => this.#left(socket));
    this.#gate.arrived(socket);
  }

  #startTls(socket: Socket): void {
    const peer = peerKey(socket);
    this.#socketByPeer.set(peer, socket);
    socket.once('close', () => this.#socketByPeer.delete(peer));
    this.#http2.emit('connection', socket);
    this.#superviseHandshake(socket);
  }

  /** A peer that stays silent goes when others wait, long before Node's handshake timeout. */
  #superviseHandshake(socket: Socket): void {
    this.#options.clock.after(silentHandshakeMs, () => {
      if (socket.destroyed || !this.#gate.isHandshaking(socket)) return;
      if (socket.bytesRead === 0 && this.#gate.parkedCount > 0) socket.destroy();
      else this.#superviseHandshake(socket);
    });
  }

  #refuse(socket: Socket): void {
    this.#options.events.refused(socket.remoteAddress ?? '');
    socket.destroy();
  }

  #tlsEstablished(secured: TLSSocket): void {
    secured.on('error', () => {}); // 'close' follows
    this.#secured = secured;
    this.#handshakeEnded(secured);
  }

  #tlsFailed(error: NodeJS.ErrnoException, failed: TLSSocket): void {
    failed.on('error', () => {}); // told here already
    const remoteAddress = failed.remoteAddress ?? this.#closedAddresses.shift() ?? '';
    this.#options.events.tlsFailed(peerRefusal(error, failed), remoteAddress);
    this.#handshakeEnded(failed);
    failed.destroy();
  }

  #handshakeEnded(tlsSocket: TLSSocket): void {
    // Undefined when the socket is closed already: then left() has told the gate.
    const socket = this.#socketByPeer.get(peerKey(tlsSocket));
    if (socket !== undefined) this.#gate.handshakeEnded(socket);
  }

  #sessionOpened(session: ServerHttp2Session): void {
    const socket = this.#secured;
    assert(socket !== undefined, 'a session opens while its socket is announced');
    this.#secured = undefined;
    const { events, peerSubject } = this.#options;
    const connection = {
      peerSubject: peerSubject(socket),
      remoteAddress: socket.remoteAddress ?? '',
    };
    const opened = new NodeHttp2Session(session, socket, connection, this.#options);
    this.#sessions.add(opened);
    events.opened();
    session.once('close', () => {
      this.#sessions.delete(opened);
      events.closed();
    });
    if (this.#stopped) opened.closeGracefully();
  }

  /**
   * A client that finished TLS without ALPN: HTTP/1.1 by the look of it, so it is told in HTTP/1.1.
   */
  #endUnknownProtocol(socket: TLSSocket): void {
    const text = 'This port speaks OTLP over gRPC: HTTP/2, negotiated with ALPN "h2".\n';
    socket.end(
      'HTTP/1.1 505 HTTP Version Not Supported\r\nconnection: close\r\ncontent-type: text/plain\r\n' +
        `content-length: ${text.length}\r\n\r\n${text}`,
    );
    this.#options.clock.after(unknownProtocolTimeoutMs, () => socket.destroy());
    socket.resume();
    socket.once('end', () => socket.destroySoon());
  }

  #keepAddress(socket: Socket): void {
    // Asked for in #startTls(), so Node still knows it.
    this.#closedAddresses.push(socket.remoteAddress ?? '');
    setImmediate(() => {
      this.#closedAddresses.length = 0;
    });
  }

  #left(socket: Socket): void {
    if (this.#gate.isHandshaking(socket)) this.#keepAddress(socket);
    this.#gate.left(socket);
    if (this.#gate.placedCount === 0) this.#ended?.();
  }
}

function peerKey(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}

const handshakeTimeoutMs = 10_000;
const silentHandshakeMs = 1_000;
const unknownProtocolTimeoutMs = 1_000;
const handshakesMax = 64;
const parkedMax = 1_024;

// Measured over loopback with TLS (2 cores, Node 26.10, 2026-11): one stream of 4 MiB messages
// reaches 210 MB/s with 16 KiB, 280 with 32 KiB, 315 with 64 KiB, 290 with 256 KiB; 64 streams at
// once 280 to 330 with each of them.
export const streamWindowSizeBytes = 32 * KiB;

// Node resets a stream whose header list is longer than what we advertise. Twice what we allow
// leaves room to answer with a status instead.
const headerListSizeBytesAdvertised = 2 * headerListSizeBytesMax;

// Node resets a stream with more fields than this. None that keeps to what we advertise can have as
// many, so the answer is ours to give.
const headerFieldsMax = Math.ceil(headerListSizeBytesAdvertised / headerFieldOverheadSizeBytes);

// Node refuses streams (ENHANCE_YOUR_CALM) once its own count of a session's memory reaches this,
// 10 MB by default. A well-behaved peer must not meet that; our bound is the one at the top of this
// file.
const sessionMemoryMb = 1_024;

// A client that starts before it has seen our SETTINGS may open more streams than we take; Node
// refuses those, which the client may send again, but would end the connection at the hundredth.
const rejectedStreamsMax = 1_000;
