// What the soak tests have in common: an engine in a process of its own, a producer that costs
// little, and how often everything is done.

import type { TestContext } from 'node:test';
import { createSecureContext } from 'node:tls';
import { clientTls, engineConfig } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, testCertificates, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { headerBlock } from '../support/raw-frames.ts';
import { RawHttp2Client } from '../support/raw-http2-client.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { delimited, text } from '../support/wire-bytes.ts';

/** 1 is for every change; 100 is the long run. */
export const soakFactor = Number(process.env.GOPHERSHIP_SOAK_FACTOR ?? 1);

export interface SoakRig {
  readonly engine: EngineProcess;
  connect(): Promise<RawHttp2Client>;
  /** Ends the engine, which must end with 0; its last log line. */
  stop(): Promise<Readonly<Record<string, unknown>>>;
}

const limitMiB = 128; // the smallest that holds messages of 4 MiB: a leak has little room

/** The engine of a test that fails is killed after it. */
export async function startSoak(
  context: TestContext,
  exporters: (files: CertificateFiles) => Record<string, object>,
): Promise<SoakRig> {
  const directory = temporaryDirectory('soak');
  context.after(() => directory.remove());
  const files = await writeTo(directory.path);
  const config = { ...engineConfig(files, exporters(files)), memory: { limit_mib: limitMiB } };
  const engine = await startEngine({ config });
  context.after(() => engine.kill());
  const { caPem, client } = await testCertificates();
  // One context, but no session: every connection makes the whole handshake.
  const secureContext = createSecureContext({
    ca: caPem,
    cert: client.certPem,
    key: client.keyPem,
    minVersion: 'TLSv1.3',
  });
  return {
    engine,
    connect: () =>
      RawHttp2Client.connect({ port: engine.port, servername: 'localhost', secureContext }),
    async stop() {
      const code = await engine.stop();
      const last = engine.logs().findLast(({ msg }) => msg === 'stopped');
      if (code !== 0 || last === undefined) throw new Error(`the engine ended with ${code}`);
      return last;
    },
  };
}

export function exporterTo(files: CertificateFiles, port: number): Record<string, object> {
  const endpoint = `localhost:${port}`;
  return { otlp_grpc: { endpoint, tls: clientTls(files), compression: 'none', timeout: '20s' } };
}

export const exportBlock = headerBlock([
  [':method', 'POST'],
  [':scheme', 'https'],
  [':path', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
  [':authority', 'localhost'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
]);

/** A gRPC message with one record, about so long: cheap to make and to read at any size. */
export function oneRecordMessage(sizeBytes: number): Buffer {
  const record = delimited(5, delimited(1, text('x'.repeat(sizeBytes))));
  const request = delimited(1, delimited(2, delimited(2, record)));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  return Buffer.concat([prefix, request]);
}

/** The whole body of a success: a gRPC message of nothing. */
export const okBody = Buffer.alloc(5);
