// From what the schema parsed to the Config that everything is built from: units in names, defaults
// of the host filled in, relations between sections checked.

import { resolve } from 'node:path';
import { MiB, requestSizeBytesDefault } from '../limits.ts';
import { type ExporterContext, exporterConfig, isRequired } from './build-exporters.ts';
import type {
  Config,
  ExporterConfig,
  GrpcReceiverConfig,
  HttpReceiverConfig,
  ProcessorConfig,
} from './config.ts';
import type { HostFacts } from './environment.ts';
import { cgroupShare, memoryConfig } from './host-defaults.ts';
import { checkLoops, checkPorts } from './listener-addresses.ts';
import type { Path } from './located-tree.ts';
import type { ParsedConfig } from './schema.ts';
import type { ProcessorBlock } from './schema-processors.ts';
import type { GrpcReceiver, HttpReceiver } from './schema-receivers.ts';
import { listenerTlsConfig } from './schema-tls.ts';
import { replayConfig, vaultConfig } from './schema-vault.ts';
import { zonesConfig } from './schema-zones.ts';
import { checkVault } from './vault-relations.ts';

export interface Reports {
  problem(path: Path, text: string): void;
  warn(path: Path, text: string): void;
}

export function buildConfig(parsed: ParsedConfig, host: HostFacts, reports: Reports): Config {
  const memory = memoryConfig(parsed.memory, host);
  if (parsed.memory.limit_mib !== undefined && host.cgroupLimitBytes !== undefined) {
    const cgroupMiB = Math.floor(host.cgroupLimitBytes / MiB);
    if (memory.limitBytes > host.cgroupLimitBytes * cgroupShare) {
      const held = `more than 84 % of the cgroup's ${cgroupMiB} MiB`;
      reports.warn(['memory', 'limit_mib'], `${held}: the kernel may end the process`);
    }
  }
  const pipeline = parsed.service.pipelines.logs;
  const exporterBlocks = named(parsed.exporters, pipeline.exporters);
  const vault = parsed.vault && { consumerCount: exporterBlocks.filter(isRequired).length };
  const arenaSizeBytes = host.arenaSizeBytes({ ...memory, vault });
  const messageSizeBytesMax = host.messageSizeBytesDefault(arenaSizeBytes);
  const { grpc, http } = parsed.receivers.otlp?.protocols ?? {};
  const receivers = {
    grpc: grpc && grpcReceiver(grpc, messageSizeBytesMax),
    http: http && httpReceiver(http, messageSizeBytesMax),
  };
  const listener = receivers.grpc ?? receivers.http;
  const controlTls = parsed.control.tls && listenerTlsConfig(parsed.control.tls);
  const processorBlocks = named(parsed.processors, pipeline.processors);
  const context: ExporterContext = {
    shardCount: memory.shardCount,
    arenaSizeBytes,
    messageSizeBytesMax: Math.max(
      receivers.grpc?.messageSizeBytesMax ?? 0,
      receivers.http?.requestBodySizeBytesMax ?? 0,
    ),
    flushTimeoutMs: flushTimeoutMs(processorBlocks),
    problem: reports.problem,
    warn: reports.warn,
  };
  const exporters = exporterBlocks.map((one) => exporterConfig(one, context));
  const segmentSizeBytesMin = host.segmentSizeBytesMin(context.messageSizeBytesMax);
  checkFiles(parsed.exporters, reports);
  checkRequestSizes(exporters, parsed.receivers, context, reports);
  checkPorts(receivers, parsed.control.endpoint, reports.problem);
  checkLoops(exporters, receivers, reports.problem);
  checkVault(parsed.vault, exporters, segmentSizeBytesMin, reports.problem);
  checkRequired(exporters, reports);
  return {
    receivers,
    processors: processorBlocks.flatMap(processorConfig),
    exporters,
    memory,
    zones: zonesConfig(parsed.zones),
    vault: parsed.vault && vaultConfig(parsed.vault),
    replay: replayConfig(parsed.replay),
    control: {
      drainTimeoutMs: parsed.control.drain_timeout,
      host: parsed.control.endpoint.host,
      port: parsed.control.endpoint.port,
      // The schema wants at least one listener.
      tls: controlTls ?? (listener as GrpcReceiverConfig | HttpReceiverConfig).tls,
      roles: parsed.control.roles,
    },
    telemetry: {
      logs: {
        level: parsed.telemetry.logs.level ?? parsed.service.telemetry.logs.level ?? 'info',
        format: parsed.telemetry.logs.format,
      },
      metrics: parsed.telemetry.metrics,
    },
  };
}

/** The components that the pipeline names, in its order; others are not built. */
function named<Component extends { readonly id: string }>(
  components: readonly Component[],
  ids: readonly string[],
): readonly Component[] {
  return ids.flatMap((id) => components.filter((component) => component.id === id));
}

function grpcReceiver(grpc: GrpcReceiver, messageSizeBytesDefault: number): GrpcReceiverConfig {
  const { server_parameters: server } = grpc.keepalive;
  return {
    host: grpc.endpoint.host,
    port: grpc.endpoint.port,
    tls: listenerTlsConfig(grpc.tls),
    messageSizeBytesMax:
      grpc.max_recv_msg_size_mib === undefined
        ? messageSizeBytesDefault
        : grpc.max_recv_msg_size_mib * MiB,
    concurrentStreamsMax: grpc.max_concurrent_streams,
    keepalive: {
      connectionAgeMsMax: server.max_connection_age,
      connectionAgeGraceMs: server.max_connection_age_grace,
      connectionIdleMsMax: server.max_connection_idle,
      timeMs: server.time,
      timeoutMs: server.timeout,
    },
  };
}

function httpReceiver(http: HttpReceiver, messageSizeBytesDefault: number): HttpReceiverConfig {
  const bodySizeBytesMax = http.max_request_body_size ?? messageSizeBytesDefault;
  return {
    host: http.endpoint.host,
    port: http.endpoint.port,
    tls: listenerTlsConfig(http.tls),
    requestBodySizeBytesMax: bodySizeBytesMax,
    jsonBodySizeBytesMax: Math.min(http.max_json_body_size, bodySizeBytesMax),
    logsUrlPath: http.logs_url_path,
    idleTimeoutMs: http.idle_timeout,
  };
}

function processorConfig({ id, type, block }: ProcessorBlock): ProcessorConfig[] {
  switch (type) {
    case 'resource':
      return [
        {
          id,
          kind: 'resource',
          attributes: block.attributes.map(({ key, action, value }) => ({ key, action, value })),
        },
      ];
    case 'resourcedetection':
      return [{ id, kind: type, detectors: block.detectors, override: block.override }];
    case 'batch':
    case 'memory_limiter':
      return [];
  }
}

function flushTimeoutMs(processors: readonly ProcessorBlock[]): number | undefined {
  for (const { type, block } of processors) if (type === 'batch') return block.timeout;
  return undefined;
}

/**
 * Each would find the other's file taken. Those that no pipeline names count too: they are refused
 * here rather than on the day when somebody uses them.
 */
function checkFiles(blocks: ParsedConfig['exporters'], reports: Reports): void {
  const idByPath = new Map<string, string>();
  for (const { id, type, block } of blocks) {
    if (type !== 'file') continue;
    const path = resolve(block.path);
    const other = idByPath.get(path);
    idByPath.set(path, other ?? id);
    if (other === undefined) continue;
    reports.problem(['exporters', id, 'path'], `is written by ${other} already`);
  }
}

/**
 * One record may be as large as a message. Said only to those who have set either size: the
 * defaults suit servers that stop at 4 MiB.
 */
function checkRequestSizes(
  exporters: readonly ExporterConfig[],
  receivers: ParsedConfig['receivers'],
  { messageSizeBytesMax, arenaSizeBytes }: ExporterContext,
  reports: Reports,
): void {
  const { grpc, http } = receivers.otlp?.protocols ?? {};
  const isSet =
    grpc?.max_recv_msg_size_mib !== undefined || http?.max_request_body_size !== undefined;
  for (const { id, kind, queue } of exporters) {
    if (kind !== 'otlp_grpc' && kind !== 'otlp_http') continue;
    const { sizeBytesMax } = queue.batch;
    if (sizeBytesMax >= messageSizeBytesMax) continue;
    if (!isSet && sizeBytesMax === requestSizeBytesDefault(arenaSizeBytes)) continue;
    reports.warn(
      ['exporters', id, 'sending_queue', 'batch', 'max_size'],
      `below the largest message that is received (${messageSizeBytesMax} bytes): ` +
        'a single record above it is rejected',
    );
  }
}

function checkRequired(exporters: readonly ExporterConfig[], reports: Reports): void {
  if (exporters.some(({ required }) => required)) return;
  reports.warn(
    ['service', 'pipelines', 'logs', 'exporters'],
    'none of them is required: batches are acknowledged although nobody must have them',
  );
}
