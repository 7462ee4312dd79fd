// The frozen, validated configuration that everything else is built from: plain data, so that it
// can be handed to worker threads by structured clone. load-config.ts makes it from YAML; nobody
// else does.

/** PEM text comes from a file (watched, reloaded) or stands in the configuration itself. */
export type PemSource = { readonly file: string } | { readonly pem: string };

export interface ListenerTlsConfig {
  readonly clientCa: PemSource;
  readonly cert: PemSource;
  readonly key: PemSource;
  readonly reloadIntervalMs: number;
}

export interface ClientTlsConfig {
  /** Undefined: Node's bundled roots. */
  readonly ca: PemSource | undefined;
  readonly cert: PemSource | undefined;
  readonly key: PemSource | undefined;
  readonly serverName: string | undefined;
  readonly versionMin: 'TLSv1.2' | 'TLSv1.3';
  readonly reloadIntervalMs: number;
}

export interface GrpcReceiverConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: ListenerTlsConfig;
  readonly messageSizeBytesMax: number;
  readonly concurrentStreamsMax: number;
  readonly keepalive: {
    readonly connectionAgeMsMax: number;
    readonly connectionAgeGraceMs: number;
    readonly connectionIdleMsMax: number;
    readonly timeMs: number;
    readonly timeoutMs: number;
  };
}

export interface HttpReceiverConfig {
  readonly host: string;
  readonly port: number;
  readonly tls: ListenerTlsConfig;
  readonly requestBodySizeBytesMax: number;
  readonly jsonBodySizeBytesMax: number;
  readonly logsUrlPath: string;
  readonly idleTimeoutMs: number;
}

/** The value of a resource attribute; the type decides the AnyValue kind. */
export type AttributeValue = string | boolean | number | bigint;
export type AttributeAction = 'insert' | 'update' | 'upsert' | 'delete';

export interface ResourceProcessorConfig {
  readonly id: string;
  readonly kind: 'resource';
  readonly attributes: readonly {
    readonly key: string;
    readonly action: AttributeAction;
    /** Undefined only for delete. */
    readonly value: AttributeValue | undefined;
  }[];
}

export type Detector = 'env' | 'system' | 'container' | 'k8s';

export interface ResourceDetectionConfig {
  readonly id: string;
  readonly kind: 'resourcedetection';
  readonly detectors: readonly Detector[];
  /** True: a detected value replaces one that the producer sent. */
  readonly override: boolean;
}

export type ProcessorConfig = ResourceProcessorConfig | ResourceDetectionConfig;

export interface RetryConfig {
  readonly initialIntervalMs: number;
  readonly multiplier: number;
  readonly randomizationFactor: number;
  readonly intervalMsMax: number;
}

export interface QueueConfig {
  /** Requests in flight at once, in the whole process. */
  readonly consumersMax: number;
  /** Bytes of batches waiting or in flight, per shard. */
  readonly sizeBytesMax: number;
  /** Batches waiting or in flight, per shard. */
  readonly batchesMax: number;
  readonly batch: {
    readonly flushTimeoutMs: number;
    readonly sizeBytesMin: number;
    readonly sizeBytesMax: number;
  };
}

interface ExporterBase {
  /** `type` or `type/name` as written in the configuration. */
  readonly id: string;
  /** False: never holds back an answer; loses its oldest batches when full, counted. */
  readonly required: boolean;
  readonly queue: QueueConfig;
  readonly retry: RetryConfig;
}

export type Compression = 'none' | 'gzip' | 'zstd';
export type OutcomeOverride = 'retry' | 'permanent' | 'hold';

interface OtlpExporterBase extends ExporterBase {
  readonly tls: ClientTlsConfig;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: Compression;
  readonly timeoutMs: number;
  /** Keys are gRPC status names ("UNAVAILABLE") or HTTP statuses ("429"). */
  readonly outcomeOverrides: Readonly<Record<string, OutcomeOverride>>;
}

export interface OtlpGrpcExporterConfig extends OtlpExporterBase {
  readonly kind: 'otlp_grpc';
  readonly host: string;
  readonly port: number;
  /** True only for loopback addresses. */
  readonly plaintext: boolean;
  readonly balancer: 'round_robin' | 'pick_first';
}

export interface OtlpHttpExporterConfig extends OtlpExporterBase {
  readonly kind: 'otlp_http';
  /** Whole URL of the logs path; `http:` only for loopback addresses. */
  readonly url: string;
}

export interface FileExporterConfig extends ExporterBase {
  readonly kind: 'file';
  /** `NAME.jsonl`; each shard writes `NAME.<shard>.jsonl`. */
  readonly path: string;
  readonly rotation: { readonly sizeBytesMax: number; readonly backupsMax: number };
}

export interface DebugExporterConfig extends ExporterBase {
  readonly kind: 'debug';
  readonly verbosity: 'basic' | 'normal' | 'detailed';
  readonly samplingInitial: number;
  readonly samplingThereafter: number;
}

export type ExporterConfig =
  | OtlpGrpcExporterConfig
  | OtlpHttpExporterConfig
  | FileExporterConfig
  | DebugExporterConfig;

export interface MemoryConfig {
  readonly limitBytes: number;
  readonly shardCount: number;
  readonly connectionsMax: number;
  readonly stallTimeoutMs: number;
  readonly admissionTimeoutMs: number;
}

/** Yellow and Red of one signal, in its own unit. */
export interface Thresholds {
  readonly yellow: number;
  readonly red: number;
}

export interface ZonesConfig {
  readonly observeOnly: boolean;
  readonly force: 'none' | 'green' | 'yellow' | 'red';
  readonly signals: {
    readonly cgroupMemoryPercent: Thresholds;
    readonly memoryPercent: Thresholds;
    /** Falling: Yellow and Red below. */
    readonly memoryExhaustionMs: Thresholds;
    readonly psiMemorySomePercent: Thresholds;
    readonly psiMemoryFullPercent: Thresholds;
    readonly psiCpuSomePercent: { readonly yellow: number };
    readonly arenaPercent: Thresholds;
    readonly loopDelayP99Ms: Thresholds;
    readonly anonymousMemoryPercent: Thresholds;
  };
  readonly releasePercent: number;
  readonly redDwellMs: number;
  readonly yellowDwellMs: number;
  readonly sampleOperations: number;
  readonly sampleIntervalMs: number;
}

export interface VaultConfig {
  readonly directory: string;
  readonly limitBytes: number;
  readonly segmentSizeBytes: number;
  readonly quarantineLimitBytes: number;
  readonly deadLetterLimitBytes: number;
  /** Undefined: the smaller of 10 % of the file system and 5 GiB. */
  readonly minFreeBytes: number | undefined;
  readonly ackDeadlineMs: number;
  readonly cursorIntervalMs: number;
  readonly fullPolicy: 'reject' | 'drop_oldest';
  readonly deadLetterPolicy: 'hold' | 'drop_oldest';
  readonly onDamage: 'quarantine' | 'refuse';
  /** Also where a restart of the host loses everything. */
  readonly allowVolatile: boolean;
}

export interface ReplayConfig {
  readonly rateBytesPerSecond: number;
  /** 0: paused in Yellow. */
  readonly yellowRateBytesPerSecond: number;
  readonly order: 'oldest' | 'newest';
  readonly minSharePercent: number;
}

export interface ControlConfig {
  readonly drainTimeoutMs: number;
  readonly host: string;
  readonly port: number;
  /** The receiver's, unless the control port has its own. */
  readonly tls: ListenerTlsConfig;
  /** `OU=...` or `URI=...` of a client certificate. */
  readonly roles: { readonly viewer: readonly string[]; readonly operator: readonly string[] };
}

export interface Config {
  readonly receivers: {
    readonly grpc: GrpcReceiverConfig | undefined;
    readonly http: HttpReceiverConfig | undefined;
  };
  /** In pipeline order. */
  readonly processors: readonly ProcessorConfig[];
  /** Those that the logs pipeline names. */
  readonly exporters: readonly ExporterConfig[];
  readonly memory: MemoryConfig;
  readonly zones: ZonesConfig;
  /** Undefined: no vault. */
  readonly vault: VaultConfig | undefined;
  readonly replay: ReplayConfig;
  readonly control: ControlConfig;
  readonly telemetry: {
    readonly logs: {
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly format: 'json' | 'text' | 'auto';
    };
    readonly metrics: { readonly compat: 'otelcol' | 'none' };
  };
}
