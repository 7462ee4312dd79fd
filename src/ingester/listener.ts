// The gRPC port of one shard: joins the HTTP/2 server with the receiver, counts connections, and
// ends both in order. It knows neither who parses the frames nor what becomes of an accepted call.

import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { GrpcReceiverConfig, MemoryConfig } from '../config/config.ts';
import { type ConnectionEvents, NodeHttp2Server } from '../http2/node-http2-server.ts';
import type { Log } from '../log.ts';
import { inflationsPerShard } from '../memory/arena-needs.ts';
import { ShardCounter, type ShardCounters } from '../memory/state-page.ts';
import { peerIdentity } from '../tls/peer-identity.ts';
import { Admission, type Slabs } from './admission.ts';
import { CallWatch } from './call-watch.ts';
import { Decompression } from './decompression.ts';
import { GrpcReceiver } from './grpc-receiver.ts';
import type { AcceptCall } from './ingest-call.ts';

export interface ListenerOptions {
  readonly config: Omit<GrpcReceiverConfig, 'tls'>;
  /** `connectionsMax` is the share of this shard. */
  readonly memory: MemoryConfig;
  /** From tls/server-context.ts. */
  readonly tls: TlsOptions;
  readonly slabs: Slabs;
  /** The arena. */
  readonly bytes: Uint8Array;
  readonly counters: ShardCounters;
  readonly clock: Clock;
  readonly log: Log;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly accept: AcceptCall;
}

export class Listener {
  readonly #options: ListenerOptions;
  readonly #receiver: GrpcReceiver;
  readonly #server: NodeHttp2Server;

  constructor(options: ListenerOptions) {
    this.#options = options;
    const { config, memory, slabs, bytes, counters, clock, random, accept } = options;
    const { messageSizeBytesMax } = config;
    const admission = new Admission(slabs, random);
    const decompression = new Decompression({
      slabs,
      bytes,
      sizeBytesMax: messageSizeBytesMax,
      inflationsMax: inflationsPerShard(memory),
      admission,
      clock,
    });
    this.#receiver = new GrpcReceiver({
      memory,
      messageSizeBytesMax,
      slabs,
      bytes,
      counters,
      clock,
      accept,
      admission,
      decompression,
      watch: new CallWatch(clock),
    });
    this.#server = new NodeHttp2Server({
      tls: options.tls,
      concurrentStreamsMax: config.concurrentStreamsMax,
      connectionsMax: memory.connectionsMax,
      keepalive: config.keepalive,
      clock,
      random,
      accept: this.#receiver.accept,
      events: this.#events(),
      peerSubject: (socket) => peerIdentity(socket)?.subject ?? '',
    });
  }

  /** Resolves with the port that is listened on. Rejects with PORT_TAKEN. */
  listen(port: number = this.#options.config.port): Promise<number> {
    return this.#server.listen(this.#options.config.host, port);
  }

  /** For new connections. */
  setSecureContext(context: SecureContextOptions): void {
    this.#server.setSecureContext(context);
  }

  /**
   * No new connections, GOAWAY on the others; calls under way go on, new ones are answered
   * DRAINING.
   */
  stopAccepting(): void {
    this.#receiver.stopAccepting();
    this.#server.stopAccepting();
  }

  /**
   * Resolves when every connection has ended, at the latest after `withinMs`. What the engine has
   * not been given by then is answered DRAINING; what it has been given it should have answered.
   */
  async drain(withinMs: number): Promise<void> {
    this.stopAccepting();
    const { clock } = this.#options;
    // The rest of the time is for those answers to reach the producers.
    const timer = clock.after(withinMs * 0.8, () => this.#receiver.giveUp());
    await this.#server.drain(withinMs);
    timer.cancel();
  }

  /**
   * What the engine does not have is answered DRAINING at once, also what still comes, and each
   * connection ends as soon as its answers are written. Ends a drain() that runs.
   */
  drainNow(): void {
    this.stopAccepting();
    this.#receiver.giveUp();
    this.#server.drainNow(answersWrittenMsMax);
  }

  #events(): ConnectionEvents {
    const { counters, log } = this.#options;
    return {
      opened() {
        counters.add(ShardCounter.OpenConnections, 1);
        counters.add(ShardCounter.AcceptedConnections, 1);
      },
      closed: () => counters.add(ShardCounter.OpenConnections, -1),
      tlsFailed(reason, remoteAddress) {
        counters.add(ShardCounter.TlsFailures, 1);
        log.warn('TLS_PEER', 'TLS handshake failed', { reason, peer: remoteAddress });
      },
      refused(remoteAddress) {
        log.error('TLS_PEER', 'connection closed: too many wait for a place', {
          peer: remoteAddress,
        });
      },
    };
  }
}

// For a producer that is on the other side of the world; one that does not read is cut.
const answersWrittenMsMax = 1_000;
