// One OTLP destination with everything around it that a test needs: memory, batches of known
// records, a renderer that copies, slabs from a plain list, and the real clock or a fake one.

import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { type Clock, systemClock } from '../../src/clock.ts';
import type {
  ClientTlsConfig,
  OtlpGrpcExporterConfig,
  OtlpHttpExporterConfig,
} from '../../src/config/config.ts';
import type { Batch, BatchRenderer, Outcome } from '../../src/exporter/destination.ts';
import { exportBufferSizeBytes } from '../../src/exporter/export-buffer.ts';
import type { ExportSlabs } from '../../src/exporter/export-buffers.ts';
import type { ExportTransport } from '../../src/exporter/export-transport.ts';
import { OtlpDestination, type OtlpExporterConfig } from '../../src/exporter/otlp-destination.ts';
import { OtlpGrpcExporter } from '../../src/exporter/otlp-grpc-exporter.ts';
import { OtlpHttpExporter } from '../../src/exporter/otlp-http-exporter.ts';
import {
  type ExportLogsServiceRequest,
  ExportLogsServiceRequestSchema,
} from '../../src/generated/opentelemetry/proto/collector/logs/v1/logs_service_pb.js';
import { MiB } from '../../src/limits.ts';
import { silentLog } from '../../src/log.ts';
import {
  DestinationCounter,
  type DestinationCounters,
  StatePage,
  statePageSizeBytes,
} from '../../src/memory/state-page.ts';
import { testCertificates } from '../support/certificates.ts';
import type { OtlpSink } from '../support/otlp-sink.ts';

const regionSizeBytes = 24 * MiB;

export const fastRetry = {
  initialIntervalMs: 20,
  multiplier: 1.5,
  randomizationFactor: 0.5,
  intervalMsMax: 100,
} as const;

const commonConfig = {
  required: true,
  retry: fastRetry,
  headers: { 'X-Tenant': 'blue' },
  compression: 'gzip',
  timeoutMs: 2_000,
  outcomeOverrides: {},
  queue: {
    consumersMax: 4,
    sizeBytesMax: 16 * MiB,
    batchesMax: 1_000,
    batch: { flushTimeoutMs: 20, sizeBytesMin: MiB, sizeBytesMax: 4_000_000 },
  },
} as const;

export async function clientTls(): Promise<ClientTlsConfig> {
  const { caPem, client } = await testCertificates();
  return {
    ca: { pem: caPem },
    cert: { pem: client.certPem },
    key: { pem: client.keyPem },
    serverName: undefined,
    versionMin: 'TLSv1.3',
    reloadIntervalMs: 60_000,
  };
}

export async function grpcConfig(
  sink: Pick<OtlpSink, 'port'>,
  changes: Partial<OtlpGrpcExporterConfig> = {},
): Promise<OtlpGrpcExporterConfig> {
  return {
    ...commonConfig,
    id: 'otlp_grpc/test',
    kind: 'otlp_grpc',
    tls: await clientTls(),
    host: '127.0.0.1',
    port: sink.port,
    plaintext: false,
    balancer: 'round_robin',
    ...changes,
  };
}

export async function httpConfig(
  sink: Pick<OtlpSink, 'port'>,
  changes: Partial<OtlpHttpExporterConfig> = {},
): Promise<OtlpHttpExporterConfig> {
  return {
    ...commonConfig,
    id: 'otlp_http/test',
    kind: 'otlp_http',
    tls: await clientTls(),
    url: `https://localhost:${sink.port}/v1/logs`,
    ...changes,
  };
}

export interface Enqueued {
  readonly ids: readonly string[];
  readonly outcome: Promise<Outcome>;
  abandon(): void;
}

export class ExporterRig {
  readonly destination: OtlpDestination;
  readonly counters: DestinationCounters;
  readonly slabs = new ListSlabs(4 * regionSizeBytes, 2 * regionSizeBytes);
  readonly #memory = new SharedArrayBuffer(6 * regionSizeBytes);
  /** Bodies go here, one behind the other; tests are short. */
  #nextBodyBytes = regionSizeBytes;

  constructor(config: OtlpExporterConfig, clock: Clock = systemClock, transport?: ExportTransport) {
    const page = new StatePage(new SharedArrayBuffer(statePageSizeBytes(1)), 0, 1);
    this.counters = page.shard(0).destination(0);
    this.slabs.attach(this.#memory);
    const deps = { clock, log: silentLog, random: Math.random, version: '1.2.3' };
    this.destination = new OtlpDestination(
      config,
      {
        ...deps,
        renderer: new CopyingRenderer(this.#memory),
        buffer: this.#memory,
        exportBuffer: { offsetBytes: 0, sizeBytes: exportBufferSizeBytes(config) },
        slabs: this.slabs,
        counters: this.counters,
        shardIndex: 0,
      },
      transport ??
        (config.kind === 'otlp_grpc'
          ? new OtlpGrpcExporter(config, deps)
          : new OtlpHttpExporter(config, deps)),
    );
  }

  /** A batch of records with these ids in their bodies, padded to `paddingBytes` each. */
  send(ids: readonly string[], paddingBytes = 0): Enqueued {
    const batch = this.place(requestOf(ids, paddingBytes), ids.length);
    const { promise: outcome, resolve } = Promise.withResolvers<Outcome>();
    const delivery = this.destination.enqueue(batch, resolve);
    return { ids, outcome, abandon: () => delivery.abandon() };
  }

  place(body: Uint8Array, recordCount: number): Batch {
    const bodyOffsetBytes = this.#nextBodyBytes;
    new Uint8Array(this.#memory).set(body, bodyOffsetBytes);
    this.#nextBodyBytes += body.length;
    return { bodyOffsetBytes, bodyLengthBytes: body.length, resourceCount: 1, recordCount };
  }

  count(name: keyof typeof DestinationCounter): number {
    return this.counters.get(DestinationCounter[name]);
  }
}

export function idsOf(requests: readonly ExportLogsServiceRequest[]): string[] {
  return requests.flatMap(({ resourceLogs }) =>
    resourceLogs.flatMap(({ scopeLogs }) =>
      scopeLogs.flatMap(({ logRecords }) => logRecords.map((record) => record.eventName)),
    ),
  );
}

export function idRange(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}

function requestOf(ids: readonly string[], paddingBytes: number): Uint8Array {
  const logRecords = ids.map((eventName) => ({
    eventName,
    body: { value: { case: 'stringValue', value: 'x'.repeat(paddingBytes) } as const },
  }));
  const resourceLogs = [{ scopeLogs: [{ logRecords }] }];
  const request = create(ExportLogsServiceRequestSchema, { resourceLogs });
  return toBinary(ExportLogsServiceRequestSchema, request);
}

/** Copies whole batches; splits by decoding and encoding again. */
class CopyingRenderer implements BatchRenderer {
  readonly #bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.#bytes = new Uint8Array(memory);
  }

  sizeBytesMax(batch: Batch): number {
    return batch.bodyLengthBytes;
  }

  renderBatch(batch: Batch, dstOffsetBytes: number, dstCapacityBytes: number): number {
    if (batch.bodyLengthBytes > dstCapacityBytes) return -1;
    this.#bytes.set(this.#body(batch), dstOffsetBytes);
    return batch.bodyLengthBytes;
  }

  renderRecords(
    batch: Batch,
    recordFrom: number,
    recordTo: number,
    dstOffsetBytes: number,
    dstCapacityBytes: number,
  ): { lengthBytes: number; recordEnd: number } {
    const request = fromBinary(ExportLogsServiceRequestSchema, Uint8Array.from(this.#body(batch)));
    // Batches are made by requestOf().
    const records = request.resourceLogs[0]!.scopeLogs[0]!.logRecords;
    let recordEnd = recordTo;
    for (; recordEnd > recordFrom; ) {
      const logRecords = records.slice(recordFrom, recordEnd);
      const part = create(ExportLogsServiceRequestSchema, {
        resourceLogs: [{ scopeLogs: [{ logRecords }] }],
      });
      const bytes = toBinary(ExportLogsServiceRequestSchema, part);
      if (bytes.length <= dstCapacityBytes) {
        this.#bytes.set(bytes, dstOffsetBytes);
        return { lengthBytes: bytes.length, recordEnd };
      }
      const share = dstCapacityBytes / bytes.length;
      const fewer = recordFrom + Math.floor((recordEnd - recordFrom) * share);
      recordEnd = Math.min(recordEnd - 1, fewer);
    }
    return { lengthBytes: 0, recordEnd: recordFrom };
  }

  #body(batch: Batch): Uint8Array {
    const { bodyOffsetBytes, bodyLengthBytes } = batch;
    return this.#bytes.subarray(bodyOffsetBytes, bodyOffsetBytes + bodyLengthBytes);
  }
}

/** Stands for a SlabPool: never gives what is still out, and scribbles over what comes back. */
export class ListSlabs implements ExportSlabs {
  occupancyPercent = 0;
  readonly bodySizeBytesMax: number;
  readonly #offsetBytes: number;
  readonly #sizeBytes: number;
  readonly #slabs = new Map<number, { offsetBytes: number; sizeBytes: number }>();
  #memory: SharedArrayBuffer | undefined;
  #count = 0;

  constructor(offsetBytes: number, sizeBytes: number) {
    this.#offsetBytes = offsetBytes;
    this.#sizeBytes = sizeBytes;
    this.bodySizeBytesMax = sizeBytes;
  }

  occupancyPercentWith(): number {
    return this.occupancyPercent;
  }

  attach(memory: SharedArrayBuffer): void {
    this.#memory = memory;
  }

  get outCount(): number {
    return this.#slabs.size;
  }

  reserve(sizeBytes: number): number {
    const taken = [...this.#slabs.values()].sort((a, b) => a.offsetBytes - b.offsetBytes);
    let offsetBytes = this.#offsetBytes;
    for (const slab of taken) {
      if (offsetBytes + sizeBytes <= slab.offsetBytes) break;
      offsetBytes = slab.offsetBytes + slab.sizeBytes;
    }
    if (offsetBytes + sizeBytes > this.#offsetBytes + this.#sizeBytes) return 0;
    this.#count += 1;
    this.#slabs.set(this.#count, { offsetBytes, sizeBytes });
    return this.#count;
  }

  free(slab: number): void {
    const { offsetBytes, sizeBytes } = this.#slabs.get(slab)!; // freeing twice fails here
    this.#slabs.delete(slab);
    new Uint8Array(this.#memory!, offsetBytes, sizeBytes).fill(0xee); // attached at once
  }

  bodyOffsetBytes(slab: number): number {
    return this.#slabs.get(slab)!.offsetBytes; // only slabs that are out are asked for
  }

  capacityBytes(slab: number): number {
    return this.#slabs.get(slab)!.sizeBytes; // as above
  }
}
