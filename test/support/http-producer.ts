// A producer over OTLP/HTTP on node:https (HTTP/1.1): one connection that is kept, one request at a
// time; every answer as it came.

import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { StatusSchema } from '../../src/generated/google/rpc/status_pb.js';
import { ExportLogsServiceRequestSchema } from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { testCertificates } from './certificates.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface HttpProducerOptions {
  readonly port: number;
  readonly path?: string;
}

export class HttpProducer {
  readonly #options: HttpProducerOptions;
  readonly #agent: Agent;
  /** Connections that were made until now. */
  connectionCount = 0;

  static async create(options: HttpProducerOptions): Promise<HttpProducer> {
    const { caPem, client } = await testCertificates();
    const agent = new Agent({
      keepAlive: true,
      maxSockets: 1,
      ca: caPem,
      cert: client.certPem,
      key: client.keyPem,
      servername: 'localhost',
      ALPNProtocols: ['http/1.1'],
    });
    return new HttpProducer(options, agent);
  }

  private constructor(options: HttpProducerOptions, agent: Agent) {
    this.#options = options;
    this.#agent = agent;
  }

  /** One batch, of records that are named `NAME/0`, `NAME/1` and so on. */
  send(name: string, recordCount = 1, bodySizeBytes = 100): Promise<HttpAnswer> {
    const logRecords = Array.from({ length: recordCount }, (_, index) => ({
      eventName: `${name}/${index}`,
      body: { value: { case: 'stringValue' as const, value: 'x'.repeat(bodySizeBytes) } },
    }));
    const message = create(ExportLogsServiceRequestSchema, {
      resourceLogs: [{ scopeLogs: [{ logRecords }] }],
    });
    return this.post(toBinary(ExportLogsServiceRequestSchema, message));
  }

  /** Rejects when the connection ends without an answer. */
  post(
    body: Uint8Array | string,
    headers: Readonly<Record<string, string>> = { 'content-type': 'application/x-protobuf' },
  ): Promise<HttpAnswer> {
    const { port, path = '/v1/logs' } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
    const target = { host: '127.0.0.1', port, path, method: 'POST', agent: this.#agent, headers };
    const sent = request(target, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode = 0, headers: fields } = response;
        resolve({ status: statusCode, headers: fields, body: Buffer.concat(chunks) });
      });
    });
    sent.on('socket', (socket) => {
      if (socket.connecting) this.connectionCount += 1;
    });
    sent.on('error', reject);
    sent.end(body);
    return promise;
  }

  close(): void {
    this.#agent.destroy();
  }
}

/** The text of an error answer in protobuf: `CODE: why`. */
export function statusMessage({ body }: HttpAnswer): string {
  return fromBinary(StatusSchema, body).message;
}
