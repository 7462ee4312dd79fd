// OTLP over HTTP: carries requests of an OtlpDestination as POSTs over kept-alive HTTP/1.1 connections.

import http, { type Agent, type RequestOptions } from 'node:http';
import https from 'node:https';
import net, { type LookupFunction } from 'node:net';
import type { Clock, Timer } from '../clock.ts';
import type { OtlpHttpExporterConfig } from '../config/config.ts';
import { downstreamAnswerSizeBytesMax, grpcPrefixSizeBytes } from '../limits.ts';
import { EndpointResolver } from './endpoint-resolver.ts';
import type {
  ExportTransport,
  RequestEnding,
  TransportCall,
  TransportRequest,
} from './export-transport.ts';
import { readHttpAnswer } from './http-answer.ts';
import { type HttpCall, type HttpResult, startHttpCall } from './http-call.ts';
import type { OtlpTransportDeps } from './otlp-grpc-exporter.ts';
import { TlsContextSource } from './tls-context-source.ts';
import { userAgent } from './user-agent.ts';

const ageMsMax = 30 * 60_000;
const ageJitter = 0.1;

export class OtlpHttpExporter implements ExportTransport {
  onConnected: (() => void) | undefined;
  readonly #config: OtlpHttpExporterConfig;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #tls: TlsContextSource;
  readonly #url: URL;
  readonly #host: string;
  readonly #secure: boolean;
  readonly #lookup: LookupFunction;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #calls = new Set<HttpCall>();
  #agent: Agent;
  #ageTimer: Timer | undefined;
  #closed = false;

  constructor(config: OtlpHttpExporterConfig, deps: OtlpTransportDeps) {
    this.#config = config;
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#url = new URL(config.url);
    this.#secure = this.#url.protocol === 'https:';
    this.#host = this.#url.hostname.replace(/^\[|\]$/g, '');
    this.#tls = new TlsContextSource(
      config.tls,
      `exporters.${config.id}.tls`,
      deps.clock,
      deps.log,
    );
    this.#lookup = lookupOf(new EndpointResolver(this.#host, deps.lookup));
    this.#headers = {
      ...config.headers,
      'content-type': 'application/x-protobuf',
      accept: 'application/x-protobuf',
      'user-agent': userAgent(deps.version),
    };
    this.#agent = this.#newAgent();
    this.#ageLater();
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
    this.#ageTimer?.cancel();
    for (const call of this.#calls) call.cancel();
    this.#agent.destroy();
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
    const options: RequestOptions = {
      method: 'POST',
      agent: this.#agent,
      lookup: this.#lookup,
      headers: {
        ...this.#headers,
        ...(encoding === 'identity' ? undefined : { 'content-encoding': encoding }),
        'content-length': roomAndPayload.length - grpcPrefixSizeBytes,
        'gophership-batch-id': requestId,
      },
    };
    if (!this.#secure) return options;
    const context = await this.#tls.context();
    return { ...options, ...context.connectionOptions(this.#host, ['http/1.1']) };
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

  #newAgent(): Agent {
    const options = { keepAlive: true, noDelay: true };
    return this.#secure ? new https.Agent(options) : new http.Agent(options);
  }

  /** Connections do not get old, so that load follows changes behind the name: a new agent makes new ones. */
  #ageLater(): void {
    const ageMs = ageMsMax * (1 + ageJitter * (2 * this.#random() - 1));
    this.#ageTimer = this.#clock.after(ageMs, () => {
      const old = this.#agent;
      this.#agent = this.#newAgent();
      // Idle ones close now, busy ones after their answer.
      old.maxFreeSockets = 0;
      for (const sockets of Object.values(old.freeSockets)) {
        for (const socket of sockets ?? []) socket.destroy();
      }
      this.#ageLater();
    });
  }
}

function unsent(failure: 'unconnected' | 'cancelled', message: string): RequestEnding {
  return { kind: 'failed', failure, message, outcomeUnknown: false, againNow: false };
}

/** The resolver in the shape that sockets ask for. */
function lookupOf(resolver: EndpointResolver): LookupFunction {
  return (_host, options, callback) => {
    resolver.addresses().then(
      (addresses) => {
        const answers = addresses.map((address) => ({ address, family: net.isIP(address) }));
        if (options.all) callback(null, answers);
        else callback(null, answers[0]!.address, answers[0]!.family); // resolvers give at least one
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    );
  };
}
