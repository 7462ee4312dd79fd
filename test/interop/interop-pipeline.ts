// The engine between a peer and a real sink, as every interop test needs it: over mutual TLS, with
// resource attributes to add, and with an end that takes everything down.

import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { type OtlpSink, startSink } from '../support/otlp-sink.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';

/** What the engine of these tests adds to every resource. */
export const enrichedAttributes = {
  'deployment.environment.name': 'interop',
  'interop.engine': 'gophership',
} as const;

/** As in the configuration's `receivers.otlp.protocols`. */
export type ReceiverName = 'grpc' | 'http';

export interface InteropPipeline {
  readonly files: CertificateFiles;
  readonly sink: OtlpSink;
  readonly engine: EngineProcess;
  /** Where each receiver listens; 0 for one that was not asked for. */
  readonly ports: Readonly<Record<ReceiverName, number>>;
  /** Ends what was started, engine first; the engine must drain and end with 0. */
  close(): Promise<void>;
}

/** Makes the engine's exporters by id, once certificates and sink are there. */
export type ExporterMaker = (
  files: CertificateFiles,
  sinkPort: number,
) => Record<string, object> | Promise<Record<string, object>>;

export async function startPipeline(
  makeExporters: ExporterMaker = exporterToSink,
  receivers: readonly ReceiverName[] = ['grpc'],
): Promise<InteropPipeline> {
  const directory = temporaryDirectory('interop');
  const files = await writeTo(directory.path);
  const sink = await startSink({ clientCertificate: true });
  const release = async () => {
    await sink.close();
    directory.remove();
  };
  try {
    const config = engineConfig(files, await makeExporters(files, sink.port), receivers);
    const engine = await startEngine({ config });
    const close = async () => {
      try {
        const code = await engine.stop();
        if (code !== 0) throw new Error(`the engine ended with ${code}`);
      } finally {
        await release();
      }
    };
    const ports = { grpc: engine.port, http: engine.httpPort };
    return { files, sink, engine, ports, close };
  } catch (error) {
    await release();
    throw error;
  }
}

/** `tls` of a client, as the engine and the Collector write it. */
export function clientTls(files: CertificateFiles): object {
  return { ca_file: files.ca, cert_file: files.clientCert, key_file: files.clientKey };
}

/** `tls` of a listener, as the engine and the Collector write it. */
export function listenerTls(files: CertificateFiles): object {
  return { client_ca_file: files.ca, cert_file: files.serverCert, key_file: files.serverKey };
}

export function engineConfig(
  files: CertificateFiles,
  exporters: Readonly<Record<string, object>>,
  receivers: readonly ReceiverName[] = ['grpc'],
): object {
  const attributes = Object.entries(enrichedAttributes).map(([key, value]) => {
    return { key, value, action: 'upsert' };
  });
  const listener = { endpoint: '127.0.0.1:0', tls: listenerTls(files) };
  const protocols = Object.fromEntries(receivers.map((name) => [name, listener]));
  return {
    receivers: { otlp: { protocols } },
    processors: { resource: { attributes } },
    exporters,
    control: { endpoint: '127.0.0.1:0' },
    service: {
      pipelines: {
        logs: {
          receivers: ['otlp'],
          processors: ['resource'],
          exporters: Object.keys(exporters),
        },
      },
    },
  };
}

/** The usual pipeline with both receivers listening. */
export function startBothReceivers(): Promise<InteropPipeline> {
  return startPipeline(exporterToSink, ['grpc', 'http']);
}

function exporterToSink(files: CertificateFiles, sinkPort: number): Record<string, object> {
  const endpoint = `localhost:${sinkPort}`;
  return { otlp_grpc: { endpoint, tls: clientTls(files), compression: 'none' } };
}
