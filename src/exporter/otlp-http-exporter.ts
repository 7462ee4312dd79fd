// OTLP over HTTP: carries requests of an OtlpDestination as POSTs over kept-alive HTTP/1.1
// connections.

import type { RequestOptions } from 'node:http';
import https from 'node:https';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '../clock.ts';
import type { OtlpHttpExporterConfig } from '../config/config.ts';
import { downstreamAnswerSizeBytesMax, grpcPrefixSizeBytes } from '../limits.ts';
import { http } from '../node-http.ts';
import { EndpointResolver } from './endpoint-resolver.ts';
import type {
  ExportTransport,
  RequestEnding,
  TransportCall,
  TransportRequest,
} from './export-transport.ts';
import { readHttpAnswer } from './http-answer.ts';
import { type HttpCall, type HttpResult, startHttpCall } from './http-call.ts';
import { HttpConnections } from './http-connections.ts';
import type { OtlpTransportDeps } from './otlp-grpc-exporter.ts';
import { TlsContextSource } from './tls-context-source.ts';
import { userAgent } from './user-agent.ts';

export class OtlpHttpExporter implements ExportTransport {
  onConnected: (() => void) | undefined;
  readonly #config: OtlpHttpExporterConfig;
  readonly #clock: Clock;
  readonly #tls: TlsContextSource;
  readonly #url: URL;
  readonly #host: string;
  readonly #secure: boolean;
  /** Of the connections to come; known before the first request goes. */
  #tlsOptions: ConnectionOptions = {};
  readonly #connections: HttpConnections;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #calls = new Set<HttpCall>();
  #closed = false;

  constructor(config: OtlpHttpExporterConfig, deps: OtlpTransportDeps) {
    this.#config = config;
    this.#clock = deps.clock;
    this.#url = new URL(config.url);
    this.#secure = this.#url.protocol === 'https:';
    this.#host = this.#url.hostname.replace(/^\[|\]$/g, '');
    this.#tls = new TlsContextSource(
      config.tls,
      `exporters.${config.id}.tls`,
      deps.clock,
      deps.log,
    );
    this.#connections = new HttpConnections({
      tlsOptions: this.#secure ? () => this.#tlsOptions : undefined,
      resolver: new EndpointResolver(this.#host, deps.clock, deps.lookup),
      clock: deps.clock,
      random: deps.random,
    });
    this.#headers = {
      ...config.headers,
      'content-type': 'application/x-protobuf',
      accept: 'application/x-protobuf',
      'user-agent': userAgent(deps.version),
    };
  }

  send(request: TransportRequest): TransportCall {
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    let call: HttpCall | undefined;
    let cancelled = false;
    const exchange = async (): Promise<RequestEnding> => {
      let options: RequestOptions;
      try {
        options = await this.#requestOptions(request);
      } catch (error) {
        release();
        return unsent('unconnected', error instanceof Error ? error.message : String(error));
      }
      if (cancelled || this.#closed) {
        release();
        return unsent('cancelled', 'cancelled');
      }
      const started = this.#start(options, request);
      call = started;
      this.#calls.add(started);
      void started.released.then(() => {
        this.#calls.delete(started);
        release();
      });
      return this.#ending(await started.result);
    };
    return {
      ended: exchange(),
      released,
      cancel() {
        cancelled = true;
        call?.cancel();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const call of this.#calls) call.cancel();
    this.#connections.close();
    this.#tls.close();
  }

  #start(options: RequestOptions, request: TransportRequest): HttpCall {
    return startHttpCall({
      request: this.#secure ? https.request(this.#url, options) : http.request(this.#url, options),
      secure: this.#secure,
      body: request.roomAndPayload.subarray(grpcPrefixSizeBytes),
      timeoutMs: this.#config.timeoutMs,
      answerSizeBytesMax: downstreamAnswerSizeBytesMax,
      clock: this.#clock,
    });
  }

  async #requestOptions(request: TransportRequest): Promise<RequestOptions> {
    const { encoding, requestId, roomAndPayload } = request;
    if (this.#secure) {
      const context = await this.#tls.context();
      this.#tlsOptions = context.connectionOptions(this.#host, ['http/1.1']);
    }
    return {
      method: 'POST',
      agent: this.#connections.agent,
      lookup: this.#connections.lookup,
      headers: {
        ...this.#headers,
        ...(encoding === 'identity' ? undefined : { 'content-encoding': encoding }),
        'content-length': roomAndPayload.length - grpcPrefixSizeBytes,
        'gophership-batch-id': requestId,
      },
    };
  }

  #ending(result: HttpResult): RequestEnding {
    if (result.kind === 'failed') {
      const { failure, message, unsent: nothingSent, stale } = result;
      return { kind: 'failed', failure, message, outcomeUnknown: !nothingSent, againNow: stale };
    }
    const { status, headers, body } = result;
    const { outcomeOverrides } = this.#config;
    return readHttpAnswer(status, headers, body, outcomeOverrides, this.#clock.wallMs());
  }
}

function unsent(failure: 'unconnected' | 'cancelled', message: string): RequestEnding {
  return { kind: 'failed', failure, message, outcomeUnknown: false, againNow: false };
}
