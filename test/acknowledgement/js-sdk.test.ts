// Scenario: the OpenTelemetry JavaScript SDK (gRPC exporter, batch processor) sends through the
// engine, over real mutual TLS, to a sink that decodes what it gets. Guarantees: every record
// arrives once; apart from the resource attributes that the engine is told to splice in, every byte
// of each ResourceLogs is what the SDK sent, in the order that it sent it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { credentials } from '@grpc/grpc-js';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { CompressionAlgorithm } from '@opentelemetry/otlp-exporter-base';
import { ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type ReadableLogRecord,
} from '@opentelemetry/sdk-logs';
import type { Resource } from '../../src/generated/opentelemetry/proto/resource/v1/resource_pb.js';
import {
  clientTls,
  enrichedAttributes,
  type InteropPipeline,
  startPipeline,
} from '../interop/interop-pipeline.ts';
import { bytesBesideResources } from './resource-logs-bytes.ts';

const recordCount = 5_000;

let pipeline: InteropPipeline;
before(async () => {
  pipeline = await startPipeline((files, sinkPort) => ({
    otlp_grpc: {
      endpoint: `localhost:${sinkPort}`,
      tls: clientTls(files),
      // One at a time, so that batches are joined while they wait.
      sending_queue: { num_consumers: 1 },
    },
  }));
});
after(() => pipeline.close());

/** The SDK's exporter, and the bytes of every request that it made. */
class RecordingExporter extends OTLPLogExporter {
  readonly sent: Uint8Array[] = [];

  override export(
    records: ReadableLogRecord[],
    done: Parameters<OTLPLogExporter['export']>[1],
  ): void {
    const request = ProtobufLogsSerializer.serializeRequest(records);
    assert(request !== undefined);
    this.sent.push(request);
    super.export(records, done);
  }
}

async function sendWithSdk(name: string, compression: CompressionAlgorithm): Promise<Uint8Array[]> {
  const { files, engine } = pipeline;
  const read = (path: string) => readFileSync(path);
  const exporter = new RecordingExporter({
    url: `https://localhost:${engine.port}`,
    compression,
    credentials: credentials.createSsl(
      read(files.ca),
      read(files.clientKey),
      read(files.clientCert),
    ),
  });
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': name,
      'deployment.environment.name': 'as sent',
    }),
    processors: [
      new BatchLogRecordProcessor({ exporter, maxExportBatchSize: 512, maxQueueSize: recordCount }),
    ],
  });
  const logger = provider.getLogger('e2e', '1.2.3');
  for (let index = 0; index < recordCount; index += 1) {
    logger.emit({
      severityNumber: SeverityNumber.INFO,
      severityText: 'INFO',
      body: `record ${index} Grüße ${'x'.repeat(index % 300)}`,
      attributes: {
        index,
        nested: { list: [1, 'two', { three: 3 }] },
        bytes: Buffer.from([0, 255]),
      },
    });
  }
  await provider.forceFlush();
  await provider.shutdown();
  return exporter.sent;
}

for (const compression of [CompressionAlgorithm.NONE, CompressionAlgorithm.GZIP]) {
  test(`the JavaScript SDK with ${compression} compression: each record arrives once, as it was sent`, async () => {
    const name = `sdk-${compression}`;
    const sent = await sendWithSdk(name, compression);
    const arrivals = pipeline.sink.arrivals.filter(({ request }) =>
      request.resourceLogs.some(({ resource }) => attribute(resource, 'service.name') === name),
    );
    const indexes = arrivals
      .flatMap(({ request }) => request.resourceLogs)
      .flatMap(({ scopeLogs }) => scopeLogs.flatMap((scope) => scope.logRecords))
      .map((record) =>
        Number(record.attributes.find(({ key }) => key === 'index')?.value?.value.value),
      );
    assert.deepEqual(
      indexes.toSorted((a, b) => a - b),
      Array.from({ length: recordCount }, (_, index) => index),
    );
    assert.deepEqual(
      arrivals.flatMap(({ bytes }) => bytesBesideResources(bytes)).toSorted(),
      sent.flatMap(bytesBesideResources).toSorted(),
    );
    for (const { resource } of arrivals.flatMap(({ request }) => request.resourceLogs)) {
      assert.equal(attribute(resource, 'service.name'), name);
      for (const [key, value] of Object.entries(enrichedAttributes)) {
        assert.equal(attribute(resource, key), value);
      }
    }
  });
}

function attribute(resource: Resource | undefined, key: string): unknown {
  return resource?.attributes.find((candidate) => candidate.key === key)?.value?.value.value;
}
