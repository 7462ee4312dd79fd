// One port of one shard: TCP, TLS 1.3 with client certificates, and nothing above. Whoever comes in
// is verified, everybody else is reported and gone; everything that can go wrong on a connection
// ends that connection and nothing else.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type SecureContextOptions,
  type TLSSocket,
  type TlsOptions,
  type Server as TlsServer,
} from 'node:tls';
import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { GopherShipError } from '../errors.ts';
import { ConnectionGate, type GateExits } from './connection-gate.ts';
import { Handshake, handshakeTimeoutMs, timedOut } from './handshake.ts';

export interface ListenerEvents {
  /** TLS was not established; `reason` is a code of Node or OpenSSL. */
  tlsFailed(reason: string, remoteAddress: string): void;
  /** Said before the tlsFailed() of a handshake that took too long. */
  handshakeTimeout(): void;
  /** One connection more, or less, waits unread for a place. */
  parked(countDelta: 1 | -1): void;
  /** A connection beyond all bounds was closed. */
  refused(remoteAddress: string): void;
}

export interface SecureListenerOptions {
  /** From tls/server-context.ts. */
  readonly tls: TlsOptions;
  /** May be shared with other listeners of this thread. */
  readonly gate: ConnectionGate<Socket>;
  readonly clock: Clock;
  readonly events: ListenerEvents;
  /**
   * For every verified connection. `alpnProtocol` is one of those in `tls`, or false when the
   * client named none; one that names others only is refused by OpenSSL.
   */
  readonly secured: (socket: TLSSocket, remoteAddress: string) => void;
  /** Connections that may read wide at a time. Tests pass their own. */
  readonly wideSocketsMax?: number;
}

/** The gate of one shard. */
export function createGate(connectionsMax: number): ConnectionGate<Socket> {
  return new ConnectionGate<Socket>({
    placesMax: connectionsMax,
    handshakesMax,
    slowHandshakesMax,
    // Whoever waits for nothing but the handshakes of others has the memory of a place, which is
    // more than that of one who is parked: so many come on top.
    parkedMax: parkedMax + connectionsMax,
  });
}

export class SecureListener {
  readonly #options: SecureListenerOptions;
  readonly #listener: Server;
  readonly #tls: TlsServer;
  readonly #exits: GateExits<Socket>;
  /** Every socket that has begun TLS, with its handshake while that goes on. */
  readonly #sockets = new Map<Socket, Handshake | undefined>();
  readonly #parked = new Set<Socket>();
  #closed = false;
  #ended: (() => void) | undefined;

  constructor(options: SecureListenerOptions) {
    this.#options = options;
    this.#tls = createTlsServer({
      ...options.tls,
      // Said again here, so that no configuration can weaken them.
      minVersion: 'TLSv1.3',
      maxVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: true,
      // Ours comes first; this one would still come without it.
      handshakeTimeout: 2 * handshakeTimeoutMs,
    });
    this.#exits = {
      admit: (socket) => this.#startTls(socket),
      hurry: (socket) => this.#sockets.get(socket)?.hurry() ?? false,
      refuse: (socket) => this.#refuse(socket),
    };
    // Paused on arrival, because a parked socket must not be read.
    this.#listener = createServer({ pauseOnConnect: true, noDelay: true });
    this.#listener.on('connection', (socket) => this.take(socket));
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
      listener.listen({ host, port, reusePort: true, backlog }, () => {
        listener.off('error', failed);
        // accept() without file descriptors, for one: nothing is lost, the next connection may
        // work.
        listener.on('error', () => {});
        const address = listener.address() as AddressInfo; // a listening TCP socket has a port
        resolve(address.port);
      });
    });
  }

  /**
   * A connection that has come, here or to whoever listens instead. It is paused, and nothing of it
   * was read.
   */
  take(socket: Socket): void {
    if (this.#closed) {
      socket.destroy();
      return;
    }
    const { gate, events, clock } = this.#options;
    socket.on('error', () => {}); // 'close' follows
    socket.once('close', () => this.#left(socket));
    gate.arrived(socket, this.#exits, clock.nowMs());
    if (gate.isParked(socket)) {
      // Node keeps an address once it was asked for; later the peer may be gone.
      void socket.remoteAddress;
      this.#parked.add(socket);
      events.parked(1);
    }
  }

  /** Connections that have begun TLS and are not closed yet. */
  get connectionCount(): number {
    return this.#sockets.size;
  }

  /** For connections that start TLS from now on. */
  setSecureContext(context: SecureContextOptions): void {
    this.#tls.setSecureContext(context);
  }

  /**
   * No new connections; those that are not verified yet are closed, and `secured` is not called any
   * more.
   */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const socket of this.#options.gate.takeParked(this.#exits)) {
      this.#unpark(socket);
      socket.destroy();
    }
    for (const handshake of this.#sockets.values()) handshake?.cut();
  }

  /** Resolves when every connection has ended. After close() only. */
  async ended(): Promise<void> {
    assert(this.#closed, 'a listener that accepts does not end');
    if (this.#sockets.size === 0) return;
    await new Promise<void>((resolve) => {
      const before = this.#ended;
      this.#ended = () => {
        before?.();
        resolve();
      };
    });
  }

  destroyAll(): void {
    this.close();
    for (const socket of this.#sockets.keys()) socket.destroy();
  }

  #startTls(socket: Socket): void {
    const { gate, clock, events, secured } = this.#options;
    this.#unpark(socket);
    const remoteAddress = socket.remoteAddress ?? '';
    const { wideSocketsMax = wideSocketsUsualMax } = this.#options;
    const isWide = gate.wide.size < wideSocketsMax;
    if (isWide) gate.wide.add(socket);
    const exits = {
      secured: (tlsSocket: TLSSocket) => {
        this.#handshakeEnded(socket);
        secured(tlsSocket, remoteAddress);
      },
      failed: (reason: string) => {
        if (reason === timedOut) events.handshakeTimeout();
        events.tlsFailed(reason, remoteAddress);
        this.#handshakeEnded(socket);
      },
      waitingCount: () => gate.parkedCount,
      isFull: () => gate.isFull,
      letOthersBy: () => gate.letOthersBy(socket),
    };
    const handshake = new Handshake(this.#tls, socket, clock, exits, isWide);
    this.#sockets.set(socket, handshake);
  }

  #handshakeEnded(socket: Socket): void {
    if (this.#sockets.has(socket)) this.#sockets.set(socket, undefined);
    this.#options.gate.handshakeEnded(socket);
  }

  #refuse(socket: Socket): void {
    this.#options.events.refused(socket.remoteAddress ?? '');
    socket.destroy();
  }

  #unpark(socket: Socket): void {
    if (this.#parked.delete(socket)) this.#options.events.parked(-1);
  }

  #left(socket: Socket): void {
    this.#unpark(socket);
    this.#sockets.delete(socket);
    this.#options.gate.wide.delete(socket);
    this.#options.gate.left(socket);
    if (this.#sockets.size === 0) this.#ended?.();
  }
}

// Node's own 511 is what a host with as many containers opens at once; the kernel lowers it to what
// it allows (net.core.somaxconn).
const backlog = 4_096;

// Into how large a buffer OpenSSL's input is read is settled by the first read (Node 26, NodeBIO):
// 64 KiB are offered to it, and once a body has touched them they stay with the connection. When
// the first bytes are handed over instead, it is as long as these and grows by 16 KiB, once. That
// costs two reads of the kernel for each TLS record: an eighth of the throughput with bodies of
// 183 KB, nothing with small ones. So a few connections read wide, and of many most do not. Who
// says nothing has no TLS state then.
//
// Anonymous memory of a connection (linux-x64, 2026-11-26): wide 66 KiB idle, 130 to 150 once it
// has received 1 MiB; else 56 to 66, and 66 to 84.
const wideSocketsUsualMax = 16;

const handshakesMax = 64;
const slowHandshakesMax = 1_024;
/** 8 KB each. */
const parkedMax = 1_024;
