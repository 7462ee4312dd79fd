// A real downstream for tests: OTLP over gRPC or over HTTP, with TLS, that decodes what it gets with the
// generated classes, keeps it, and misbehaves as the test says. The mode can change while it runs.

import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
  ExportLogsServiceResponseSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { frameMessage, parseUnaryBody } from '../../src/grpc/message-frame.ts';
import { encodeStatus, encodeStatusDetailsHeader } from '../../src/grpc/retry-info.ts';
import { encodeStatusMessage } from '../../src/grpc/status-message.ts';
import { testCertificates } from './certificates.ts';

/** What happens to a request. Where gRPC and HTTP differ, each does its own. */
export type SinkMode =
  | { readonly kind: 'ok'; readonly message?: string }
  /** UNAVAILABLE or 503, with RetryInfo or Retry-After when a delay is given. */
  | { readonly kind: 'unavailable'; readonly retryDelayMs?: number }
  /** RESOURCE_EXHAUSTED or 429, likewise. */
  | { readonly kind: 'exhausted'; readonly retryDelayMs?: number }
  /** Bare RESOURCE_EXHAUSTED or 413 for messages above this, else ok. */
  | { readonly kind: 'limit'; readonly sizeBytesMax: number }
  | { readonly kind: 'grpc'; readonly status: number; readonly message?: string }
  | {
      readonly kind: 'http';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Never answers, stores nothing. */
  | { readonly kind: 'blackhole' }
  /** Stores now and answers later, whether or not anybody still waits. */
  | { readonly kind: 'late'; readonly answerAfterMs: number }
  /** Resets the stream (gRPC) or closes the connection (HTTP); `stored`: after keeping the request. */
  | { readonly kind: 'reset'; readonly stored?: boolean }
  /** Closes the connection under all its streams. */
  | { readonly kind: 'disconnect'; readonly stored?: boolean }
  /** REFUSED_STREAM; HTTP has no such thing and closes the connection. */
  | { readonly kind: 'refused-stream' }
  /** Answers ok and says GOAWAY, as servers do with old connections. */
  | { readonly kind: 'goaway' }
  | { readonly kind: 'partial'; readonly rejected: number; readonly message: string }
  /** Success with a body that is no protobuf; the request is stored. */
  | { readonly kind: 'garbage' };

export interface SinkArrival {
  readonly request: ExportLogsServiceRequest;
  readonly headers: Readonly<Record<string, string>>;
  /** The message as it came, decompressed. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly recordCount: number;
  readonly stored: boolean;
}

export interface SinkOptions {
  readonly transport?: 'grpc' | 'http';
  readonly plaintext?: boolean;
  readonly port?: number;
  readonly mode?: SinkMode;
  /** Default false: asks for none, as public backends do. */
  readonly clientCertificate?: boolean;
  /** Default: those of testCertificates(). */
  readonly server?: { readonly certPem: string; readonly keyPem: string };
  /** Closes every connection as soon as it is accepted. */
  readonly resetAtAccept?: boolean;
}

type Respond = (mode: SinkMode) => void;

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

  async listen(port: number): Promise<void> {
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
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
  take(message: Uint8Array, headers: Readonly<Record<string, string>>, respond: Respond): void {
    const request = fromBinary(ExportLogsServiceRequestSchema, message);
    const mode = this.#effective(this.decide?.(request) ?? this.mode, message.length);
    const stored = stores(mode);
    if (stored) this.requests.push(request);
    const recordCount = recordCountOf(request);
    const arrival = { request, headers, bytes: message, sizeBytes: message.length };
    this.arrivals.push({ ...arrival, recordCount, stored });
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
    serveHttp(server, sink);
  } else {
    const server = plaintext ? http2.createServer() : http2.createSecureServer(tlsOptions);
    sink = new OtlpSink(server, options);
    serveGrpc(server, sink);
  }
  await sink.listen(options.port ?? 0);
  return sink;
}

export function recordCountOf(request: ExportLogsServiceRequest): number {
  return request.resourceLogs.reduce(
    (sum, { scopeLogs }) => sum + scopeLogs.reduce((n, scope) => n + scope.logRecords.length, 0),
    0,
  );
}

function stores(mode: SinkMode): boolean {
  switch (mode.kind) {
    case 'ok':
    case 'late':
    case 'goaway':
    case 'partial':
    case 'garbage':
      return true;
    case 'reset':
    case 'disconnect':
      return mode.stored ?? false;
    default:
      return false;
  }
}

function exportResponse(mode: SinkMode): Uint8Array {
  const partialSuccess =
    mode.kind === 'partial'
      ? { rejectedLogRecords: BigInt(mode.rejected), errorMessage: mode.message }
      : mode.kind === 'ok' && mode.message !== undefined
        ? { errorMessage: mode.message }
        : undefined;
  const fields = partialSuccess === undefined ? {} : { partialSuccess };
  return toBinary(ExportLogsServiceResponseSchema, create(ExportLogsServiceResponseSchema, fields));
}

function decompress(body: Buffer, encoding: string | undefined): Uint8Array {
  if (encoding === 'gzip') return gunzipSync(body);
  return encoding === 'zstd' ? zstdDecompressSync(body) : body;
}

function plainHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

const garbage = Uint8Array.of(0x0a, 0xff, 0xff);

function serveGrpc(server: http2.Http2Server | http2.Http2SecureServer, sink: OtlpSink): void {
  server.on('sessionError', () => {});
  server.on('stream', (incoming, headers) => {
    const stream = incoming as http2.ServerHttp2Stream; // a server's streams are nothing else
    stream.on('error', () => {});
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (stream.destroyed || stream.aborted) return;
      const body = parseUnaryBody(Buffer.concat(chunks));
      if (body.kind !== 'message') throw new Error(`sink got no message: ${body.kind}`);
      const encoding = body.flag === 1 ? String(headers['grpc-encoding']) : undefined;
      const message = decompress(Buffer.from(body.message), encoding);
      sink.take(message, plainHeaders(headers), (mode) => answerGrpc(stream, mode));
    });
  });
}

function answerGrpc(stream: http2.ServerHttp2Stream, mode: SinkMode): void {
  if (stream.destroyed) return;
  switch (mode.kind) {
    case 'reset':
      stream.close(http2.constants.NGHTTP2_INTERNAL_ERROR);
      return;
    case 'disconnect':
      stream.session?.destroy();
      return;
    case 'refused-stream':
      stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
      return;
    case 'http':
      stream.respond({ ':status': mode.status, ...mode.headers });
      stream.end(mode.body ?? '');
      return;
    case 'unavailable':
      grpcError(stream, 14, 'sink is unavailable', mode.retryDelayMs);
      return;
    case 'exhausted':
      grpcError(stream, 8, 'sink is exhausted', mode.retryDelayMs);
      return;
    case 'limit':
      grpcError(stream, 8, `message larger than ${mode.sizeBytesMax} bytes`, undefined);
      return;
    case 'grpc':
      grpcError(stream, mode.status, mode.message ?? '', undefined);
      return;
    default: {
      if (mode.kind === 'goaway') stream.session?.goaway(0, stream.id ?? 0);
      const body = mode.kind === 'garbage' ? garbage : exportResponse(mode);
      stream.respond({ 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
      stream.end(frameMessage(body));
    }
  }
}

function grpcError(
  stream: http2.ServerHttp2Stream,
  code: number,
  message: string,
  retryDelayMs: number | undefined,
): void {
  const details =
    retryDelayMs === undefined
      ? undefined
      : {
          'grpc-status-details-bin': encodeStatusDetailsHeader({ code, message, retryDelayMs }),
        };
  const fields = {
    'content-type': 'application/grpc',
    'grpc-status': String(code),
    'grpc-message': encodeStatusMessage(message),
    ...details,
  };
  stream.respond(fields, { endStream: true });
}

function serveHttp(server: http.Server | https.Server, sink: OtlpSink): void {
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('error', () => {});
    response.on('error', () => {});
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const encoding = request.headers['content-encoding'];
      const message = decompress(Buffer.concat(chunks), encoding);
      sink.take(message, plainHeaders(request.headers), (mode) => answerHttp(response, mode));
    });
  });
}

function answerHttp(response: http.ServerResponse, mode: SinkMode): void {
  switch (mode.kind) {
    case 'reset':
    case 'disconnect':
    case 'refused-stream':
      response.socket?.destroy();
      return;
    case 'http':
      response.writeHead(mode.status, mode.headers);
      response.end(mode.body ?? '');
      return;
    case 'unavailable':
      httpError(response, 503, 'sink is unavailable', mode.retryDelayMs);
      return;
    case 'exhausted':
      httpError(response, 429, 'sink is exhausted', mode.retryDelayMs);
      return;
    case 'limit':
      httpError(response, 413, `message larger than ${mode.sizeBytesMax} bytes`, undefined);
      return;
    case 'grpc':
      throw new Error('a gRPC status at an HTTP sink');
    default: {
      if (mode.kind === 'goaway') response.setHeader('connection', 'close');
      response.writeHead(200, { 'content-type': 'application/x-protobuf' });
      response.end(mode.kind === 'garbage' ? garbage : exportResponse(mode));
    }
  }
}

function httpError(
  response: http.ServerResponse,
  status: number,
  message: string,
  retryDelayMs: number | undefined,
): void {
  if (retryDelayMs !== undefined) {
    response.setHeader('retry-after', String(Math.ceil(retryDelayMs / 1000)));
  }
  response.writeHead(status, { 'content-type': 'application/x-protobuf' });
  response.end(encodeStatus({ code: 2, message }));
}
