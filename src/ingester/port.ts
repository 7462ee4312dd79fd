// One port of one shard: the door, and behind it the protocols that its clients may choose from
// with ALPN. It counts connections and ends them; what requests mean is not its business.

import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket, TlsOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { LifeBounds } from '../http2/connection-life.ts';
import { Http2Server } from '../http2/http2-server.ts';
import type { OpenRequests } from '../http2/open-requests.ts';
import type { AcceptStream } from '../http2/server-stream.ts';
import type { Log } from '../log.ts';
import { ConnectionAbuse } from '../memory/connection-abuse.ts';
import type { LandingPool } from '../memory/landing-pool.ts';
import { ShardCounter, type ShardCounters } from '../memory/state-page.ts';
import type { ConnectionGate } from '../tls/connection-gate.ts';
import { peerIdentity } from '../tls/peer-identity.ts';
import { type ListenerEvents, SecureListener } from '../tls/secure-listener.ts';
import { endUnknownProtocol } from '../tls/unknown-protocol.ts';
import { Http1Server } from './http1-server.ts';
import type { PlaceKeeper } from './place-keeper.ts';

export interface PortOptions {
  readonly host: string;
  /** From tls/server-context.ts; its ALPN protocols are those of the port. */
  readonly tls: TlsOptions;
  /** Clients without ALPN: served as HTTP/1.1, or told in these words what the port speaks. */
  readonly withoutAlpn: 'http/1.1' | { readonly refusal: string };
  readonly keepalive: LifeBounds;
  readonly concurrentStreamsMax: number;
  readonly accept: AcceptStream;
  /** Shared by the ports of a shard. */
  readonly gate: ConnectionGate<Socket>;
  /** Of that gate. */
  readonly placeKeeper: PlaceKeeper;
  readonly landing: LandingPool;
  readonly openRequests: OpenRequests;
  readonly counters: ShardCounters;
  readonly clock: Clock;
  readonly log: Log;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

export class Port {
  readonly #options: PortOptions;
  readonly #door: SecureListener;
  readonly #http2: Http2Server;
  readonly #http1: Http1Server;

  constructor(options: PortOptions) {
    this.#options = options;
    const { tls, keepalive, concurrentStreamsMax } = options;
    const { accept, gate, landing, openRequests, counters, clock, random } = options;
    this.#http2 = new Http2Server({
      ...{
        accept,
        clock,
        random,
        keepalive,
        concurrentStreamsMax,
        landing,
        openRequests,
        counters,
      },
    });
    this.#http1 = new Http1Server({
      ...{ accept, clock, random, landing, openRequests },
      connectionAgeMsMax: keepalive.connectionAgeMsMax,
      connectionAgeGraceMs: keepalive.connectionAgeGraceMs,
      idleTimeoutMs: keepalive.connectionIdleMsMax,
      wasUnread: (forMs) => counters.add(ShardCounter.ReadPauseMs, forMs),
      events: {
        refused: (code) => counters.addRefused(code),
        headersLate: () => counters.addAbuse(ConnectionAbuse.Preface),
        slowReader: () => counters.addAbuse(ConnectionAbuse.SlowReader),
        tooManyRequests(bound) {
          if (bound === 'shard') counters.add(ShardCounter.RefusedStreams, 1);
          else counters.addAbuse(ConnectionAbuse.ConcurrentStreams);
        },
      },
    });
    options.placeKeeper.watch(() => this.#http2.connections);
    options.placeKeeper.watch(() => this.#http1.connections);
    this.#door = new SecureListener({
      ...{ tls, gate, clock },
      events: this.#doorEvents(),
      secured: (socket, remoteAddress) => this.#serve(socket, remoteAddress),
    });
  }

  /** Resolves with the port, which matters when 0 was asked for. Rejects with PORT_TAKEN. */
  listen(port: number): Promise<number> {
    return this.#door.listen(this.#options.host, port);
  }

  /** For new connections. */
  setSecureContext(context: SecureContextOptions): void {
    this.#door.setSecureContext(context);
  }

  /** No new connections; those that are there end when their calls are answered. */
  stopAccepting(): void {
    this.#door.close();
    this.#http2.closeGracefully();
    this.#http1.closeGracefully();
  }

  /** Resolves when every connection has ended; those that have not `withinMs` from now are cut. */
  async drain(withinMs: number): Promise<void> {
    this.stopAccepting();
    const timer = this.#options.clock.after(withinMs, () => this.#door.destroyAll());
    await this.#door.ended();
    timer.cancel();
  }

  /** Ends each connection as soon as its open calls are answered, `withinMs` at the latest. */
  drainNow(withinMs: number): void {
    this.stopAccepting();
    this.#http2.closeNow();
    this.#options.clock.after(withinMs, () => this.#door.destroyAll());
  }

  #serve(socket: TLSSocket, remoteAddress: string): void {
    const { counters, clock, withoutAlpn } = this.#options;
    counters.add(ShardCounter.OpenConnections, 1);
    counters.add(ShardCounter.AcceptedConnections, 1);
    socket.once('close', () => counters.add(ShardCounter.OpenConnections, -1));
    const connection = { peerSubject: peerIdentity(socket)?.subject ?? '', remoteAddress };
    if (socket.alpnProtocol === 'h2') this.#http2.serve(socket, connection);
    else if (socket.alpnProtocol === 'http/1.1' || withoutAlpn === 'http/1.1')
      this.#http1.serve(socket, connection);
    else endUnknownProtocol(socket, clock, withoutAlpn.refusal);
  }

  #doorEvents(): ListenerEvents {
    const { counters, log, placeKeeper } = this.#options;
    return {
      tlsFailed(reason, remoteAddress) {
        counters.add(ShardCounter.TlsFailures, 1);
        log.warn('TLS_PEER', 'TLS handshake failed', { reason, peer: remoteAddress });
      },
      handshakeTimeout: () => counters.addAbuse(ConnectionAbuse.Handshake),
      parked(countDelta) {
        counters.add(ShardCounter.OpenParkedConnections, countDelta);
        if (countDelta > 0) placeKeeper.parked();
      },
      refused(remoteAddress) {
        counters.add(ShardCounter.RefusedConnections, 1);
        log.error('TLS_PEER', 'connection closed: too many wait for a place', {
          peer: remoteAddress,
        });
      },
    };
  }
}
