// A real downstream for tests: OTLP over gRPC or over HTTP, with TLS, that decodes what it gets
// with the generated classes, keeps it, and misbehaves as the test says. The mode can change while
// it runs.

import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { fromBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { testCertificates } from './certificates.ts';
import { serveGrpc } from './sink-grpc.ts';
import { serveHttp } from './sink-http.ts';
import { type Respond, type SinkMode, type SinkRequest, stores } from './sink-mode.ts';

export type { SinkMode } from './sink-mode.ts';

export interface SinkArrival {
  readonly request: ExportLogsServiceRequest;
  readonly headers: Readonly<Record<string, string>>;
  /** The message as it came, decompressed. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly stored: boolean;
  /** Common name of the certificate that the client presented. */
  readonly clientName: string | undefined;
}

export interface SinkOptions {
  readonly transport?: 'grpc' | 'http';
  readonly plaintext?: boolean;
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  readonly mode?: SinkMode;
  /** Default false: asks for none, as public backends do. */
  readonly clientCertificate?: boolean;
  /** Default: those of testCertificates(). */
  readonly server?: { readonly certPem: string; readonly keyPem: string };
  /** Closes every connection as soon as it is accepted. */
  readonly resetAtAccept?: boolean;
}

export class OtlpSink {
  mode: SinkMode;
  /** Overrides `mode` for single requests. */
  decide: ((request: ExportLogsServiceRequest) => SinkMode | undefined) | undefined;
  resetAtAccept: boolean;
  /** Requests that were stored, in order. */
  readonly requests: ExportLogsServiceRequest[] = [];
  /** Everything that arrived whole, stored or not. */
  readonly arrivals: SinkArrival[] = [];
  /** TCP connections accepted. */
  connectionCount = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #watchers: (() => void)[] = [];

  constructor(server: Server, options: SinkOptions) {
    this.#server = server;
    this.mode = options.mode ?? { kind: 'ok' };
    this.resetAtAccept = options.resetAtAccept ?? false;
    server.on('connection', (socket: Socket) => {
      this.connectionCount += 1;
      if (this.resetAtAccept) {
        socket.resetAndDestroy();
        return;
      }
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port; // a TCP server's address is no string
  }

  async listen(port: number, host: string): Promise<void> {
    this.#server.listen(port, host);
    await once(this.#server, 'listening');
  }

  get openConnectionCount(): number {
    return this.#sockets.size;
  }

  get recordCount(): number {
    return this.requests.reduce((sum, request) => sum + recordCountOf(request), 0);
  }

  /** Resolves when `condition` holds; looked at after every request. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  waitForRecords(count: number): Promise<void> {
    return this.until(() => this.recordCount >= count);
  }

  /** Ends all connections, as a restart does. */
  dropConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    this.dropConnections();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  /** Decodes, keeps and answers one request. */
  take({ message, headers, clientName }: SinkRequest, respond: Respond): void {
    const request = fromBinary(ExportLogsServiceRequestSchema, message);
    const mode = this.#effective(this.decide?.(request) ?? this.mode, message.length);
    const stored = stores(mode);
    if (stored) this.requests.push(request);
    const recordCount = recordCountOf(request);
    const arrival = { request, headers, bytes: message, sizeBytes: message.length };
    this.arrivals.push({ ...arrival, recordCount, stored, clientName });
    if (mode.kind === 'late') {
      const timer = setTimeout(() => respond({ kind: 'ok' }), mode.answerAfterMs);
      this.#timers.add(timer);
    } else if (mode.kind !== 'blackhole') {
      respond(mode);
    }
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  #effective(mode: SinkMode, sizeBytes: number): SinkMode {
    if (mode.kind !== 'limit') return mode;
    return sizeBytes > mode.sizeBytesMax ? mode : { kind: 'ok' };
  }
}

export async function startSink(options: SinkOptions = {}): Promise<OtlpSink> {
  const { caPem, server: ownPair } = await testCertificates();
  const pair = options.server ?? ownPair;
  const tlsOptions = {
    ca: caPem,
    cert: pair.certPem,
    key: pair.keyPem,
    minVersion: 'TLSv1.3',
    requestCert: options.clientCertificate ?? false,
    rejectUnauthorized: options.clientCertificate ?? false,
  } as const;
  const plaintext = options.plaintext ?? false;
  let sink: OtlpSink;
  if (options.transport === 'http') {
    const server = plaintext ? http.createServer() : https.createServer(tlsOptions);
    sink = new OtlpSink(server, options);
    serveHttp(server, (request, respond) => sink.take(request, respond));
  } else {
    const server = plaintext ? http2.createServer() : http2.createSecureServer(tlsOptions);
    sink = new OtlpSink(server, options);
    serveGrpc(server, (request, respond) => sink.take(request, respond));
  }
  await sink.listen(options.port ?? 0, options.host ?? '127.0.0.1');
  return sink;
}

export function recordCountOf(request: ExportLogsServiceRequest): number {
  return request.resourceLogs.reduce(
    (sum, { scopeLogs }) => sum + scopeLogs.reduce((n, scope) => n + scope.logRecords.length, 0),
    0,
  );
}
