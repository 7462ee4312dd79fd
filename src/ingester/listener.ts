// The receivers of one shard: the gRPC port, the HTTP port, and what both share. It counts their
// connections together and ends them in order.

import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { GrpcReceiverConfig, HttpReceiverConfig, MemoryConfig } from '../config/config.ts';
import { OpenRequests } from '../http2/open-requests.ts';
import type { Log } from '../log.ts';
import { inflationsPerShard } from '../memory/arena-needs.ts';
import type { LandingPool } from '../memory/landing-pool.ts';
import type { ShardCounters } from '../memory/state-page.ts';
import { createGate } from '../tls/secure-listener.ts';
import { Admission } from './admission.ts';
import { CallWatch } from './call-watch.ts';
import { Decompression } from './decompression.ts';
import { GrpcReceiver } from './grpc-receiver.ts';
import { HttpReceiver } from './http-receiver.ts';
import type { AcceptCall, TakesRaw } from './ingest-call.ts';
import type { IngesterParts } from './ingester-parts.ts';
import { PlaceKeeper } from './place-keeper.ts';
import { Port, type PortOptions } from './port.ts';
import type { Slabs } from './slabs.ts';

export type Transport = 'grpc' | 'http';

export interface ListenerOptions {
  readonly grpc?: { readonly config: Omit<GrpcReceiverConfig, 'tls'>; readonly tls: TlsOptions };
  readonly http?: { readonly config: Omit<HttpReceiverConfig, 'tls'>; readonly tls: TlsOptions };
  /** `connectionsMax` is the share of this shard, for both ports together. */
  readonly memory: MemoryConfig;
  readonly slabs: Slabs;
  readonly landing: LandingPool;
  /** The arena. */
  readonly bytes: Uint8Array;
  readonly counters: ShardCounters;
  readonly clock: Clock;
  readonly log: Log;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly accept: AcceptCall;
  /** Absent: never. */
  readonly takesRaw?: TakesRaw;
}

export interface ListenerPorts {
  readonly grpc: number | undefined;
  readonly http: number | undefined;
}

interface Receiver {
  readonly port: Port;
  readonly configuredPort: number;
  readonly calls: GrpcReceiver | HttpReceiver;
}

export class Listener {
  readonly #clock: Clock;
  readonly #watch: CallWatch;
  readonly #receivers: ReadonlyMap<Transport, Receiver>;

  constructor(options: ListenerOptions) {
    const { grpc, http, clock } = options;
    this.#clock = clock;
    this.#watch = new CallWatch(clock);
    const parts = ingesterParts(options, this.#watch);
    const gate = createGate(options.memory.connectionsMax);
    const placeKeeper = new PlaceKeeper(gate, clock);
    const shared = { ...options, gate, placeKeeper, openRequests: new OpenRequests() };
    const receivers = new Map<Transport, Receiver>();
    if (grpc !== undefined) receivers.set('grpc', grpcReceiver(grpc, shared, parts));
    if (http !== undefined) receivers.set('http', httpReceiver(http, shared, parts));
    this.#receivers = receivers;
  }

  /** Resolves with the ports that are listened on. Rejects with PORT_TAKEN. */
  async listen(wanted: Partial<ListenerPorts> = {}): Promise<ListenerPorts> {
    const listen = async (transport: Transport) => {
      const receiver = this.#receivers.get(transport);
      return receiver?.port.listen(wanted[transport] ?? receiver.configuredPort);
    };
    return { grpc: await listen('grpc'), http: await listen('http') };
  }

  /** For new connections. */
  setSecureContext(transport: Transport, context: SecureContextOptions): void {
    this.#receivers.get(transport)?.port.setSecureContext(context);
  }

  /**
   * No new connections, GOAWAY on the others; calls under way go on, new ones are answered
   * DRAINING.
   */
  stopAccepting(): void {
    for (const { port, calls } of this.#receivers.values()) {
      calls.stopAccepting();
      port.stopAccepting();
    }
  }

  /**
   * Resolves when every connection has ended, at the latest after `withinMs`. What the engine has
   * not been given by then is answered DRAINING; what it has been given it should have answered.
   */
  async drain(withinMs: number): Promise<void> {
    this.stopAccepting();
    // The rest of the time is for those answers to reach the producers.
    const timer = this.#clock.after(withinMs * 0.8, () => this.#watch.giveUp());
    await Promise.all([...this.#receivers.values()].map(({ port }) => port.drain(withinMs)));
    timer.cancel();
  }

  /**
   * What the engine does not have is answered DRAINING at once, also what still comes, and each
   * connection ends as soon as its answers are written. Ends a drain() that runs.
   */
  drainNow(): void {
    this.stopAccepting();
    this.#watch.giveUp();
    for (const { port } of this.#receivers.values()) port.drainNow(answersWrittenMsMax);
  }
}

type SharedOptions = ListenerOptions & Pick<PortOptions, 'gate' | 'placeKeeper' | 'openRequests'>;

function grpcReceiver(
  { config, tls }: NonNullable<ListenerOptions['grpc']>,
  shared: SharedOptions,
  parts: IngesterParts,
): Receiver {
  const { host, keepalive, concurrentStreamsMax } = config;
  const calls = new GrpcReceiver(parts, config);
  const withoutAlpn = {
    refusal: 'This port speaks OTLP over gRPC: HTTP/2, negotiated with ALPN "h2".',
  };
  const port = new Port({
    ...shared,
    ...{ host, tls, withoutAlpn, keepalive, concurrentStreamsMax, accept: calls.accept },
  });
  return { port, configuredPort: config.port, calls };
}

function httpReceiver(
  { config, tls }: NonNullable<ListenerOptions['http']>,
  shared: SharedOptions,
  parts: IngesterParts,
): Receiver {
  const { host, idleTimeoutMs } = config;
  const calls = new HttpReceiver(parts, config);
  const port = new Port({
    ...shared,
    ...{ host, tls, withoutAlpn: 'http/1.1', accept: calls.accept },
    keepalive: { ...httpKeepalive, connectionIdleMsMax: idleTimeoutMs },
    concurrentStreamsMax: httpConcurrentStreamsMax,
  });
  return { port, configuredPort: config.port, calls };
}

function ingesterParts(options: ListenerOptions, watch: CallWatch): IngesterParts {
  const { memory, slabs, landing, bytes, counters, clock, random, accept } = options;
  const { takesRaw = () => false } = options;
  const admission = new Admission(slabs, random);
  landing.isMoving = () => admission.isMoving;
  admission.onStop = () => landing.movingStopped();
  const inflationsMax = inflationsPerShard(memory);
  const decompression = new Decompression({ slabs, bytes, inflationsMax, admission, clock });
  return {
    ...{ memory, slabs, landing, bytes, counters, clock, accept, takesRaw, watch },
    admission,
    decompression,
  };
}

// For a producer that is on the other side of the world; one that does not read is cut.
const answersWrittenMsMax = 1_000;

// The Collector's configuration has no keys for these on the HTTP port; they are what the gRPC port
// has without its keys.
const httpKeepalive = {
  connectionAgeMsMax: 3_600_000,
  connectionAgeGraceMs: 30_000,
  timeMs: 60_000,
  timeoutMs: 20_000,
};
const httpConcurrentStreamsMax = 256;
