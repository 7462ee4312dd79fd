// A SecureListener on a port of its own, with a clock that tests move and everything it reports
// written down; and clients for it.

import { once } from 'node:events';
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { Clock } from '../../src/clock.ts';
import type { ConnectionGate } from '../../src/tls/connection-gate.ts';
import type { PemMaterial } from '../../src/tls/pem-material.ts';
import { createGate, SecureListener } from '../../src/tls/secure-listener.ts';
import { listenerOptions } from '../../src/tls/server-context.ts';
import { type TestCertificates, testCertificates } from './certificates.ts';
import { FakeClock } from './fake-clock.ts';

export interface SecurePortOptions {
  readonly host?: string;
  readonly alpnProtocols?: readonly string[];
  readonly gate?: ConnectionGate<TcpSocket>;
  readonly clock?: Clock;
  readonly ticketKeys?: Buffer;
  readonly secured?: (socket: TLSSocket, remoteAddress: string) => void;
  /** Default 0. */
  readonly wideSocketsMax?: number;
}

/** @types/node does not know that tls.connect() takes allowHalfOpen as well. */
export type DialOptions = ConnectionOptions & { readonly allowHalfOpen?: boolean };

export class SecurePort {
  readonly clock = new FakeClock();
  readonly certificates: TestCertificates;
  readonly gate: ConnectionGate<TcpSocket>;
  readonly listener: SecureListener;
  /** What the listener reported, in order. */
  readonly events: string[] = [];
  parkedCount = 0;
  port = 0;
  readonly #clients: TcpSocket[] = [];
  #awaited: { readonly event: string; readonly resolve: () => void }[] = [];

  static async start(options: SecurePortOptions = {}): Promise<SecurePort> {
    const port = new SecurePort(await testCertificates(), options);
    port.port = await port.listener.listen(options.host ?? '127.0.0.1', 0);
    return port;
  }

  private constructor(certificates: TestCertificates, options: SecurePortOptions) {
    this.certificates = certificates;
    this.gate = options.gate ?? createGate(100);
    const { caPem, server } = certificates;
    const protocols = options.alpnProtocols ?? ['h2'];
    this.listener = new SecureListener({
      tls: listenerOptions(material(caPem, server), protocols, options.ticketKeys),
      gate: this.gate,
      clock: options.clock ?? this.clock,
      wideSocketsMax: options.wideSocketsMax ?? 0,
      events: {
        tlsFailed: (reason, address) => this.#report(`failed ${reason} ${address}`),
        handshakeTimeout: () => this.#report('timeout'),
        parked: (countDelta) => {
          this.parkedCount += countDelta;
          this.#report(countDelta > 0 ? 'parked' : 'unparked');
        },
        refused: (address) => this.#report(`refused ${address}`),
      },
      secured: (socket, remoteAddress) => {
        if (options.secured === undefined) socket.write('hello');
        else options.secured(socket, remoteAddress);
        this.#report(`secured ${remoteAddress} ${socket.alpnProtocol}`);
      },
    });
  }

  /** Resolves when the listener reports `event`, which it has not done yet. */
  reported(event: string): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited.push({ event, resolve });
    });
  }

  /** A good client unless `options` says otherwise; errors are seen as 'close'. */
  dial(options: DialOptions = {}): TLSSocket {
    const { caPem, client } = this.certificates;
    const socket = connect({
      host: '127.0.0.1',
      port: this.port,
      ca: caPem,
      cert: client.certPem,
      key: client.keyPem,
      servername: 'localhost',
      ALPNProtocols: ['h2'],
      ...options,
    });
    return this.#keep(socket);
  }

  /** A peer that connects and says nothing. */
  async dialTcp(): Promise<TcpSocket> {
    const socket = this.#keep(connectTcp(this.port, '127.0.0.1'));
    await once(socket, 'connect');
    return socket;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    this.listener.destroyAll();
    await this.listener.ended();
  }

  #keep<Socket extends TcpSocket>(socket: Socket): Socket {
    socket.on('error', () => {}); // 'close' follows
    this.#clients.push(socket);
    return socket;
  }

  #report(event: string): void {
    this.events.push(event);
    const met = this.#awaited.filter((awaited) => awaited.event === event);
    this.#awaited = this.#awaited.filter((awaited) => awaited.event !== event);
    for (const { resolve } of met) resolve();
  }
}

export function material(ca: string, pair: { certPem: string; keyPem: string }): PemMaterial {
  return { ca, cert: pair.certPem, key: pair.keyPem, warnings: [], expiresWallMs: undefined };
}

/** All that a socket says until it is closed. */
export async function readToEnd(socket: TcpSocket): Promise<string> {
  let text = '';
  socket.on('data', (bytes: Buffer) => {
    text += bytes.toString('latin1');
  });
  await closeOf(socket);
  return text;
}

/** The first bytes of a socket, or 'closed'. */
export function firstBytes(socket: TcpSocket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('data', (bytes: Buffer) => resolve(bytes.toString('latin1')));
    socket.once('close', () => resolve('closed'));
  });
}

/** Whichever way it ends. */
export async function closeOf(socket: TcpSocket): Promise<void> {
  if (socket.closed) return;
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
}
