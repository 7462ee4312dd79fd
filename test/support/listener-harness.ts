// A Listener on a real port with real TLS, over a small arena, with an engine that answers OK to
// all; and clients for it.

import { type ClientHttp2Session, connect, type IncomingHttpHeaders } from 'node:http2';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { assert } from '../../src/assert.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { frameMessage } from '../../src/grpc/message-frame.ts';
import type { IngestCall } from '../../src/ingester/ingest-call.ts';
import { Listener, type ListenerOptions } from '../../src/ingester/listener.ts';
import { MiB } from '../../src/limits.ts';
import { type Log, silentLog } from '../../src/log.ts';
import { LandingPool } from '../../src/memory/landing-pool.ts';
import { SlabPool } from '../../src/memory/slab-pool.ts';
import { type ShardCounters, StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { listenerOptions } from '../../src/tls/server-context.ts';
import { type TestCertificates, testCertificates } from './certificates.ts';
import { exportPath } from './fake-server-stream.ts';
import { type SmallArenaOptions, smallArena } from './small-arena.ts';

export interface HarnessOptions {
  readonly arena?: SmallArenaOptions;
  readonly messageSizeBytesMax?: number;
  readonly memory?: Partial<ListenerOptions['memory']>;
  readonly concurrentStreamsMax?: number;
  readonly log?: Log;
  readonly clock?: Clock;
  /** Instead of an OK at once. */
  readonly accept?: (call: IngestCall, harness: ListenerHarness) => void;
  /** Whether the engine takes bodies as they came; it does not unless given. */
  readonly takesRaw?: (bodyLengthBytes: number, producer: string) => boolean;
}

export interface GrpcAnswer {
  /** `grpc-status CODE`, `http N`, or how the stream ended without an answer. */
  readonly outcome: string;
  readonly fields: IncomingHttpHeaders;
}

export class ListenerHarness {
  readonly certificates: TestCertificates;
  readonly slabs: SlabPool;
  readonly bytes: Uint8Array;
  readonly counters: ShardCounters;
  readonly listener: Listener;
  port = 0;
  httpPort = 0;
  reservedBytesMost = 0;
  acceptedCount = 0;
  readonly #clients: ClientHttp2Session[] = [];

  static async start(options: HarnessOptions = {}): Promise<ListenerHarness> {
    const harness = new ListenerHarness(await testCertificates(), options);
    const { grpc, http } = await harness.listener.listen();
    assert(grpc !== undefined && http !== undefined, 'both ports listen');
    harness.port = grpc;
    harness.httpPort = http;
    return harness;
  }

  private constructor(certificates: TestCertificates, options: HarnessOptions) {
    const arena = smallArena({ largePageCount: 16 * 6, ...options.arena });
    this.certificates = certificates;
    this.slabs = new SlabPool(arena, 0);
    this.bytes = arena.bytes;
    this.counters = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1).shard(0);
    const { caPem, server } = certificates;
    const material = {
      ca: caPem,
      cert: server.certPem,
      key: server.keyPem,
      warnings: [],
      expiresWallMs: undefined,
    };
    this.listener = new Listener({
      grpc: {
        config: {
          host: '127.0.0.1',
          port: 0,
          messageSizeBytesMax: options.messageSizeBytesMax ?? MiB,
          concurrentStreamsMax: options.concurrentStreamsMax ?? 256,
          keepalive: {
            connectionAgeMsMax: 3_600_000,
            connectionAgeGraceMs: 30_000,
            connectionIdleMsMax: 1_800_000,
            timeMs: 60_000,
            timeoutMs: 20_000,
          },
        },
        tls: listenerOptions(material, ['h2']),
      },
      http: {
        config: {
          host: '127.0.0.1',
          port: 0,
          requestBodySizeBytesMax: options.messageSizeBytesMax ?? MiB,
          jsonBodySizeBytesMax: options.messageSizeBytesMax ?? MiB,
          logsUrlPath: '/v1/logs',
          idleTimeoutMs: 600_000,
        },
        tls: listenerOptions(material, ['h2', 'http/1.1']),
      },
      memory: {
        stallTimeoutMs: 10_000,
        admissionTimeoutMs: 3_000,
        connectionsMax: 400,
        limitBytes: 256 * MiB,
        shardCount: 1,
        ...options.memory,
      },
      slabs: this.slabs,
      landing: new LandingPool(arena.bytes, arena.layout.shards[0]!.landing), // one shard
      bytes: this.bytes,
      counters: this.counters,
      clock: options.clock ?? systemClock,
      log: options.log ?? silentLog,
      random: Math.random,
      ...(options.takesRaw && { takesRaw: options.takesRaw }),
      accept: (call) => {
        this.acceptedCount += 1;
        this.reservedBytesMost = Math.max(this.reservedBytesMost, this.slabs.reservedBytes);
        if (options.accept === undefined) this.finish(call);
        else options.accept(call, this);
      },
    });
  }

  finish(call: IngestCall): void {
    this.slabs.free(call.slab);
    call.answer({ kind: 'ok', rejectedRecords: 0, message: '' });
  }

  /** TLS options of a client that may come in. */
  clientTls(): ConnectionOptions {
    const { caPem, client } = this.certificates;
    return { ca: caPem, cert: client.certPem, key: client.keyPem, servername: 'localhost' };
  }

  client(): ClientHttp2Session {
    const session = connect(`https://127.0.0.1:${this.port}`, {
      ...this.clientTls(),
      maxSessionMemory: 1_024, // or the client itself refuses answers once it has 10 MB to send
    });
    session.on('error', () => {}); // streams report it
    this.#clients.push(session);
    return session;
  }

  tls(options: ConnectionOptions): TLSSocket {
    return connectTls({ host: '127.0.0.1', port: this.port, ...options });
  }

  /** A good request on a connection of its own: proof that the port still works. */
  async works(): Promise<boolean> {
    const client = this.client();
    const { outcome } = await call(client, frameMessage(new Uint8Array(10)));
    client.close();
    return outcome === '0';
  }

  async stop(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.listener.drain(2_000);
    this.slabs.close();
  }
}

/** One call; with `stalls` the request is not ended. */
export function call(
  client: ClientHttp2Session,
  body: Uint8Array,
  headers: Record<string, string> = {},
  stalls = false,
): Promise<GrpcAnswer> {
  const request = client.request({
    ':method': 'POST',
    ':path': exportPath,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  let fields: IncomingHttpHeaders = {};
  let ended = 'closed';
  request.on('response', (received) => {
    fields = { ...fields, ...received };
  });
  request.on('trailers', (received) => {
    fields = { ...fields, ...received };
  });
  request.on('error', (error) => {
    ended = error.message;
  });
  request.resume();
  if (body.length > 0) request.write(body);
  if (!stalls) request.end();
  return new Promise((resolve) => {
    request.on('close', () => resolve({ outcome: outcomeOf(fields, ended), fields }));
  });
}

function outcomeOf(fields: IncomingHttpHeaders, ended: string): string {
  const status = fields['grpc-status'];
  if (status !== undefined) {
    return `${status} ${String(fields['grpc-message'] ?? '').split(':')[0]}`.trim();
  }
  return fields[':status'] === undefined ? ended : `http ${fields[':status']}`;
}
