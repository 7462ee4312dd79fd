// OTLP over gRPC: carries requests of an OtlpDestination as unary calls of LogsService/Export.

import net from 'node:net';
import tls from 'node:tls';
import type { Clock } from '../clock.ts';
import type { OtlpGrpcExporterConfig } from '../config/config.ts';
import { CompressedFlag, writeMessagePrefix } from '../grpc/message-frame.ts';
import type { UnaryCall, UnaryRequest, UnaryResult } from '../grpc/unary-client.ts';
import { downstreamAnswerSizeBytesMax, grpcPrefixSizeBytes } from '../limits.ts';
import type { Log } from '../log.ts';
import { decodeExportResponse } from '../otlp/export-response.ts';
import type { ConnectionEvents } from './connection-slot.ts';
import { EndpointResolver, type Lookup } from './endpoint-resolver.ts';
import {
  badResponse,
  type ExportTransport,
  type RequestEnding,
  type TransportCall,
  type TransportRequest,
} from './export-transport.ts';
import { GrpcChannel } from './grpc-channel.ts';
import { GrpcConnection } from './grpc-connection.ts';
import { grpcVerdict, isGrpcOutcomeUnknown, statusName, Verdict } from './retry-policy.ts';
import { TlsContextSource } from './tls-context-source.ts';
import { userAgent } from './user-agent.ts';

export interface OtlpTransportDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  readonly version: string;
  /** Tests answer for the resolver. */
  readonly lookup?: Lookup;
}

const exportPath = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';

export class OtlpGrpcExporter implements ExportTransport {
  onConnected: (() => void) | undefined;
  readonly #config: OtlpGrpcExporterConfig;
  readonly #clock: Clock;
  readonly #tls: TlsContextSource;
  readonly #channel: GrpcChannel<GrpcConnection>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #authority: string;

  constructor(config: OtlpGrpcExporterConfig, deps: OtlpTransportDeps) {
    this.#config = config;
    this.#clock = deps.clock;
    this.#tls = new TlsContextSource(
      config.tls,
      `exporters.${config.id}.tls`,
      deps.clock,
      deps.log,
    );
    this.#headers = {
      ...lowerCased(config.headers),
      'user-agent': userAgent(deps.version),
    };
    const host = net.isIPv6(config.host) ? `[${config.host}]` : config.host;
    this.#authority = `${host}:${config.port}`;
    this.#channel = new GrpcChannel({
      resolver: new EndpointResolver(config.host, deps.clock, deps.lookup),
      balancer: config.balancer,
      clock: deps.clock,
      random: deps.random,
      connect: (address, silenceMsMax, events) => this.#connect(address, silenceMsMax, events),
      onReady: () => this.onConnected?.(),
    });
  }

  send(request: TransportRequest): TransportCall {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let unaryCall: UnaryCall | undefined;
    let cancelled = false;
    const exchange = async (): Promise<RequestEnding> => {
      const connection = await this.#channel.acquire(this.#config.timeoutMs);
      if (connection === undefined || cancelled) {
        release();
        return this.#unconnected(cancelled);
      }
      unaryCall = connection.call(this.#unaryRequest(request));
      void unaryCall.released.then(release);
      return this.#ending(await unaryCall.result, request);
    };
    return {
      ended: exchange(),
      released,
      cancel() {
        cancelled = true;
        unaryCall?.cancel();
      },
    };
  }

  async close(): Promise<void> {
    this.#channel.close();
    this.#tls.close();
  }

  async #connect(
    address: string,
    silenceMsMax: number,
    events: ConnectionEvents,
  ): Promise<GrpcConnection> {
    const { host, port, plaintext } = this.#config;
    const socket = plaintext
      ? net.connect({ host: address, port })
      : tls.connect({
          host: address,
          port,
          ...(await this.#tls.context()).connectionOptions(host, ['h2']),
        });
    socket.setNoDelay(true);
    return new GrpcConnection({
      authority: this.#authority,
      scheme: plaintext ? 'http' : 'https',
      socket,
      clock: this.#clock,
      silenceMsMax,
      ...events,
    });
  }

  #unaryRequest(request: TransportRequest): Omit<UnaryRequest, 'authority' | 'scheme'> {
    const { roomAndPayload, encoding, requestId } = request;
    const identity = encoding === 'identity';
    writeMessagePrefix(
      roomAndPayload,
      0,
      roomAndPayload.length - grpcPrefixSizeBytes,
      identity ? CompressedFlag.Identity : CompressedFlag.Compressed,
    );
    return {
      path: exportPath,
      headers: {
        ...this.#headers,
        ...(identity ? undefined : { 'grpc-encoding': encoding }),
        'gophership-batch-id': requestId,
      },
      pieces: [roomAndPayload],
      timeoutMs: this.#config.timeoutMs,
      answerSizeBytesMax: downstreamAnswerSizeBytesMax,
    };
  }

  #unconnected(cancelled: boolean): RequestEnding {
    return {
      kind: 'failed',
      failure: cancelled ? 'cancelled' : 'unconnected',
      message: `no connection to ${this.#authority}: ${this.#channel.lastFailure}`,
      outcomeUnknown: false,
      againNow: false,
    };
  }

  #ending(result: UnaryResult, request: TransportRequest): RequestEnding {
    switch (result.kind) {
      case 'status':
        return this.#answered(result, request);
      case 'unreadable':
        return badResponse(result.message);
      case 'failed': {
        const { failure, unprocessed, message } = result;
        const kept = failure === 'timeout' || failure === 'cancelled' ? failure : 'lost';
        return {
          kind: 'failed',
          failure: kept,
          message,
          outcomeUnknown: !unprocessed,
          againNow: unprocessed && (failure === 'goaway' || failure === 'connection'),
        };
      }
    }
  }

  #answered(
    result: Extract<UnaryResult, { kind: 'status' }>,
    request: TransportRequest,
  ): RequestEnding {
    const { status, message, retryDelayMs, body } = result;
    const verdict = grpcVerdict(
      status,
      retryDelayMs !== undefined,
      request.renderedSizeBytes,
      this.#config.outcomeOverrides,
    );
    if (verdict === Verdict.Delivered) {
      const response = body === undefined ? undefined : decodeExportResponse(body);
      if (response === undefined)
        return badResponse('OK with a message that is no export response');
      return { kind: 'delivered', ...response };
    }
    return {
      kind: 'refused',
      verdict,
      message: message === '' ? statusName(status) : `${statusName(status)}: ${message}`,
      serverDelayMs: retryDelayMs,
      outcomeUnknown: isGrpcOutcomeUnknown(status),
    };
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  return Object.fromEntries(entries);
}
