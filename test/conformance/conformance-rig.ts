// The engine between an OtlpClient and a real sink, with both ports open, as the tests of this
// folder need it; requests in every form, and the proof that nobody else has suffered.

import assert from 'node:assert/strict';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import type { LogRecordSchema } from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { clientTls, engineConfig } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { otlpJson } from '../support/otlp-json.ts';
import { type OtlpSink, type SinkOptions, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type Form, isJson, OtlpClient, type Request } from './otlp-client.ts';
import { type Reply, readReply } from './reply.ts';

export interface RigOptions {
  readonly sink?: SinkOptions;
  /** Default: quickExporter(). */
  readonly exporters?: (files: CertificateFiles, sinkPort: number) => Record<string, object>;
  readonly grpc?: object;
  readonly http?: object;
  readonly memory?: object;
}

export interface ConformanceRig {
  readonly files: CertificateFiles;
  readonly sink: OtlpSink;
  readonly engine: EngineProcess;
  readonly client: OtlpClient;
  /** One request; the answer has passed what holds for every answer. */
  send(form: Form, request: Request): Promise<Reply>;
  /** A good request in every form is answered OK, on the connection that was there before. */
  stillGood(form: Form): Promise<void>;
  close(): Promise<void>;
}

export async function startRig(options: RigOptions = {}): Promise<ConformanceRig> {
  const directory = temporaryDirectory('conformance');
  const files = await writeTo(directory.path);
  const sink = await startSink({ clientCertificate: true, ...options.sink });
  const makeExporters = options.exporters ?? quickExporter(options.sink?.transport ?? 'grpc');
  const base = engineConfig(files, makeExporters(files, sink.port), ['grpc', 'http']);
  const { grpc, http } = (base as BaseConfig).receivers.otlp.protocols; // engineConfig()'s
  const protocols = { grpc: { ...grpc, ...options.grpc }, http: { ...http, ...options.http } };
  const config = { ...base, receivers: { otlp: { protocols } }, memory: options.memory ?? {} };
  let engine: EngineProcess;
  try {
    engine = await startEngine({ config });
  } catch (error) {
    await sink.close();
    directory.remove();
    throw error;
  }
  const client = await OtlpClient.create({ grpc: engine.port, http: engine.httpPort });
  const send = async (form: Form, request: Request) =>
    readReply(form, await client.exchange(form, request));
  return {
    ...{ files, sink, engine, client, send },
    async stillGood(form) {
      const before = client.connectionCount;
      const reply = await send(form, requestOf(form, goodMessage));
      assert.equal(isOk(reply), true, `${form}: ${reply.status} ${reply.code} ${reply.message}`);
      assert.equal(client.connectionCount, before, 'its connection has lived on');
    },
    async close() {
      client.close();
      try {
        assert.equal(await engine.stop(), 0);
      } finally {
        await engine.kill();
        await sink.close();
        directory.remove();
      }
    },
  };
}

interface BaseConfig {
  readonly receivers: { readonly otlp: { readonly protocols: { grpc: object; http: object } } };
}

export const quickRetry = { initial_interval: '100ms', max_interval: '200ms' } as const;

/** One exporter to the sink that tries again soon. */
export function quickExporter(transport: 'grpc' | 'http', retry: object = quickRetry) {
  return (files: CertificateFiles, port: number) => {
    const endpoint = transport === 'grpc' ? `localhost:${port}` : `https://localhost:${port}`;
    const tls = clientTls(files);
    const exporter = { endpoint, tls, compression: 'none', retry_on_failure: retry };
    return { [`otlp_${transport}`]: exporter };
  };
}

/** What a success is in either protocol. */
export function isOk({ status, code }: Reply): boolean {
  return (status === 0 || status === 200) && code === '';
}

/** A request of the form that carries this message; protobuf may be any bytes. */
export function requestOf(form: Form, message: ExportLogsServiceRequest | Uint8Array): Request {
  const bytes =
    message instanceof Uint8Array ? message : toBinary(ExportLogsServiceRequestSchema, message);
  if (form === 'gRPC') return { body: framed(bytes) };
  if (!isJson(form)) return { body: bytes };
  const request =
    message instanceof Uint8Array ? fromBinary(ExportLogsServiceRequestSchema, message) : message;
  return { body: Buffer.from(JSON.stringify(otlpJson(request))) };
}

export function framed(message: Uint8Array, flag = 0): Buffer {
  const frame = Buffer.alloc(5 + message.length);
  frame[0] = flag;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, 5);
  return frame;
}

/** A request whose body is these bytes, compressed so already. */
export function compressedRequest(form: Form, encoding: string, bytes: Uint8Array): Request {
  return form === 'gRPC'
    ? { body: framed(bytes, 1), headers: { 'grpc-encoding': encoding } }
    : { body: bytes, headers: { 'content-encoding': encoding } };
}

export type LogRecordInit = MessageInitShape<typeof LogRecordSchema>;

export function recordsMessage(...logRecords: LogRecordInit[]): ExportLogsServiceRequest {
  const resourceLogs = [{ scopeLogs: [{ logRecords }] }];
  return create(ExportLogsServiceRequestSchema, { resourceLogs });
}

export const goodMessage = recordsMessage({ eventName: 'good' });
