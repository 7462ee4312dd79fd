// The OpenTelemetry SDK for JavaScript as a producer, in this process.

import { credentials } from '@grpc/grpc-js';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
} from '@opentelemetry/sdk-logs';
import { readClientPem } from './loopback-bridge.ts';
import type { ProducerOptions } from './producer.ts';

export async function runJavaScriptProducer(options: ProducerOptions): Promise<void> {
  const { logCount, connectionCount = 1 } = options;
  for (let index = 0; index < connectionCount; index += 1) {
    const from = Math.floor((index * logCount) / connectionCount);
    const to = Math.floor(((index + 1) * logCount) / connectionCount);
    await emit(options, from, to);
  }
}

async function emit(options: ProducerOptions, from: number, to: number): Promise<void> {
  const exporter = new CheckedExporter(newExporter(options));
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'javascript', 'run.id': options.runId }),
    processors: [
      new BatchLogRecordProcessor({ exporter, maxQueueSize: Math.max(2048, to - from) }),
    ],
  });
  const logger = provider.getLogger('producer');
  for (let number = from; number < to; number += 1) {
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      body: `line ${number} of the JavaScript producer`,
      attributes: { 'record.number': number },
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
  if (exporter.errors.length > 0) throw new AggregateError(exporter.errors, 'exports failed');
}

function newExporter(options: ProducerOptions): LogRecordExporter {
  const { port, protocol, files } = options;
  const compression =
    options.compression === 'gzip' ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE;
  const { ca, cert, key } = readClientPem(files);
  const url = `https://localhost:${port}`;
  switch (protocol) {
    case 'grpc':
      return new GrpcExporter({
        url,
        compression,
        credentials: credentials.createSsl(ca, key, cert),
      });
    case 'http/protobuf':
      return new ProtobufExporter({
        url: `${url}/v1/logs`,
        compression,
        httpAgentOptions: { ca, cert, key },
      });
    case 'http/json':
      return new JsonExporter({
        url: `${url}/v1/logs`,
        compression,
        httpAgentOptions: { ca, cert, key },
      });
  }
}

/** Keeps the errors that the SDK would only log. */
class CheckedExporter implements LogRecordExporter {
  readonly errors: Error[] = [];
  readonly #inner: LogRecordExporter;

  constructor(inner: LogRecordExporter) {
    this.#inner = inner;
  }

  export(...[records, done]: Parameters<LogRecordExporter['export']>): void {
    this.#inner.export(records, (result) => {
      if (result.error !== undefined) this.errors.push(result.error);
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#inner.shutdown();
  }

  forceFlush(): Promise<void> {
    return this.#inner.forceFlush();
  }
}
