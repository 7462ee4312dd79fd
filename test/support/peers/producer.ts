// What is asked of every producer made with an OpenTelemetry SDK, and the variables of the
// specification that tell most of them where to send.

import type { CertificateFiles } from '../certificates.ts';

/** As in OTEL_EXPORTER_OTLP_PROTOCOL. */
export type OtlpProtocol = 'grpc' | 'http/protobuf' | 'http/json';

export interface ProducerOptions {
  readonly port: number;
  readonly protocol: OtlpProtocol;
  readonly files: CertificateFiles;
  readonly compression: 'none' | 'gzip';
  /** Records are numbered in the attribute `record.number`, from 0. */
  readonly logCount: number;
  /** Becomes the resource attribute `run.id`. */
  readonly runId: string;
  /** The records are divided over so many exporters, one after the other; default 1. */
  readonly connectionCount?: number;
}

/** Rejects unless the SDK says that every record was taken. */
export type Producer = (options: ProducerOptions) => Promise<void>;

export function exporterVariables(options: ProducerOptions): Record<string, string> {
  const { files, port, compression } = options;
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: `https://localhost:${port}`,
    OTEL_EXPORTER_OTLP_CERTIFICATE: files.ca,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: files.clientCert,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: files.clientKey,
    // Not every SDK knows a value that means "none"; all know the absence of one.
    ...(compression === 'none' ? {} : { OTEL_EXPORTER_OTLP_COMPRESSION: compression }),
  };
}

/** Arguments of the producers that are programs of their own: protocol, count, run, connections. */
export function producerArguments(options: ProducerOptions): string[] {
  const { protocol, logCount, runId, connectionCount = 1 } = options;
  return [protocol, String(logCount), runId, String(connectionCount)];
}
