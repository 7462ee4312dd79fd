// The exporters of the pipeline, from what the schema parsed: defaults that depend on other keys
// are filled in, and process-wide bounds are divided among the shards.

import { MiB, requestSizeBytesDefault } from '../limits.ts';
import type { ExporterConfig, QueueConfig } from './config.ts';
import { isLoopback } from './endpoint.ts';
import { queueSizeBytesDefault } from './host-defaults.ts';
import type { Path } from './located-tree.ts';
import type { ExporterBlock } from './schema-exporters.ts';
import { queueSizeBytesMin, type RetryOnFailure, type SendingQueue } from './schema-queue.ts';
import { clientTlsConfig } from './schema-tls.ts';

export interface ExporterContext {
  readonly shardCount: number;
  readonly arenaSizeBytes: number;
  /** Largest message that a listener takes: the least that a queue must hold. */
  readonly messageSizeBytesMax: number;
  /** Of the pipeline's batch processor. */
  readonly flushTimeoutMs: number | undefined;
  problem(path: Path, text: string): void;
  warn(path: Path, text: string): void;
}

export function exporterConfig(component: ExporterBlock, context: ExporterContext): ExporterConfig {
  const { id, block } = component;
  const base = {
    id,
    queue: queueConfig(id, block.sending_queue, context),
    retry: retryConfig(block.retry_on_failure),
  };
  switch (component.type) {
    case 'otlp_grpc': {
      const { endpoint, tls } = component.block;
      return {
        ...base,
        ...otlpParts(component.block),
        kind: 'otlp_grpc',
        host: endpoint.host,
        port: endpoint.port,
        plaintext: tls.insecure || endpoint.scheme === 'http',
        balancer: component.block.balancer_name,
      };
    }
    case 'otlp_http':
      return {
        ...base,
        ...otlpParts(component.block),
        kind: 'otlp_http',
        url: logsUrl(component.block),
      };
    case 'file': {
      const { path, rotation, required } = component.block;
      return {
        ...base,
        kind: 'file',
        required,
        path,
        rotation: {
          sizeBytesMax: rotation.max_megabytes * MiB,
          backupsMax: rotation.max_backups,
        },
      };
    }
    case 'debug':
      return {
        ...base,
        kind: 'debug',
        required: false,
        verbosity: component.block.verbosity,
        samplingInitial: component.block.sampling_initial,
        samplingThereafter: component.block.sampling_thereafter,
      };
  }
}

/** Batches wait for it, in the vault if there is one. */
export function isRequired({ type, block }: ExporterBlock): boolean {
  return type !== 'debug' && block.required;
}

/** Where an exporter connects to; undefined for those that write here. */
export function destinationAddress(
  exporter: ExporterConfig,
): { readonly host: string; readonly port: number; readonly loopback: boolean } | undefined {
  if (exporter.kind === 'otlp_grpc') {
    return { host: exporter.host, port: exporter.port, loopback: isLoopback(exporter.host) };
  }
  if (exporter.kind !== 'otlp_http') return undefined;
  const url = new URL(exporter.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { host, port, loopback: isLoopback(host) };
}

type OtlpBlock = Extract<ExporterBlock, { type: 'otlp_grpc' | 'otlp_http' }>['block'];
type HttpBlock = Extract<ExporterBlock, { type: 'otlp_http' }>['block'];

function otlpParts(block: OtlpBlock) {
  return {
    required: block.required,
    tls: clientTlsConfig(block.tls),
    // HTTP/2 has lower-case names only.
    headers: Object.fromEntries(
      Object.entries(block.headers).map(([name, value]) => [name.toLowerCase(), value]),
    ),
    compression: block.compression,
    timeoutMs: block.timeout,
    outcomeOverrides: block.outcome_overrides,
  };
}

function logsUrl(block: HttpBlock): string {
  if (block.logs_endpoint !== undefined) return block.logs_endpoint.href;
  const url = new URL(block.endpoint?.href ?? '');
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/logs`;
  return url.href;
}

/** A waiting batch costs about 1 KB of heap besides its bytes in the arena. */
const batchesPerShardMax = 8192;

function queueConfig(id: string, queue: SendingQueue, context: ExporterContext): QueueConfig {
  const { shardCount, messageSizeBytesMax } = context;
  const path = ['exporters', id, 'sending_queue'];
  const { queue_size: queueSize, batch } = queue;
  const countsRequests =
    queueSize !== undefined &&
    (queue.sizer === 'requests' || (queue.sizer === undefined && queueSize < queueSizeBytesMin));
  if (countsRequests && queue.sizer === undefined) {
    context.warn([...path, 'queue_size'], 'taken as a number of requests; bytes are 1MiB or more');
  }
  const defaultBytes = queueSizeBytesDefault(context.arenaSizeBytes) / shardCount;
  const bytesPerShard =
    queueSize === undefined || countsRequests
      ? Math.max(Math.floor(defaultBytes), messageSizeBytesMax)
      : Math.floor(queueSize / shardCount);
  if (bytesPerShard < messageSizeBytesMax) {
    const least = Math.ceil((messageSizeBytesMax * shardCount) / MiB);
    context.problem(
      [...path, 'queue_size'],
      `must hold a largest message for each shard: at least ${least}MiB`,
    );
  }
  if (batch.flush_timeout !== undefined && context.flushTimeoutMs !== undefined) {
    context.warn(
      [...path, 'batch', 'flush_timeout'],
      'used in place of the timeout of the batch processor',
    );
  }
  const sizeBytesMax = batch.max_size ?? requestSizeBytesDefault(context.arenaSizeBytes);
  if ((batch.min_size ?? 0) > sizeBytesMax) {
    const held = `must not exceed max_size (${sizeBytesMax} bytes)`;
    context.problem([...path, 'batch', 'min_size'], held);
  }
  return {
    consumersMax: queue.num_consumers,
    sizeBytesMax: bytesPerShard,
    batchesMax: countsRequests
      ? Math.min(batchesPerShardMax, Math.ceil(queueSize / shardCount))
      : batchesPerShardMax,
    batch: {
      flushTimeoutMs: batch.flush_timeout ?? context.flushTimeoutMs ?? 200,
      sizeBytesMin: batch.min_size ?? Math.min(MiB, sizeBytesMax),
      sizeBytesMax,
    },
  };
}

function retryConfig(retry: RetryOnFailure) {
  return {
    initialIntervalMs: retry.initial_interval,
    multiplier: retry.multiplier,
    randomizationFactor: retry.randomization_factor,
    intervalMsMax: retry.max_interval,
  };
}
