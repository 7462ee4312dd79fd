// Destinations: otlp_grpc, otlp_http, file and debug, with the key names of the Collector's
// exporters.

import { z } from 'zod';
import { componentMap } from './component-map.ts';
import { grpcEndpoint, httpUrl, isLoopback, plaintextFault } from './endpoint.ts';
import {
  block,
  choice,
  count,
  duration,
  flag,
  noEffect,
  refused,
  relation,
  text,
  told,
} from './schema-keys.ts';
import { retryOnFailure, sendingQueue } from './schema-queue.ts';
import { clientTls } from './schema-tls.ts';

const queued = {
  sending_queue: sendingQueue.prefault({}),
  retry_on_failure: retryOnFailure.prefault({}),
};
const required = flag(
  'false: never holds back an answer, and loses its oldest batches when full, counted',
).prefault(true);

const headers = relation(
  told(z.record(z.string(), text('value', { lengthMax: 8192, secret: true })), {
    effect: 'honoured',
    type: 'map of texts',
    bounds: 'at most 64',
    reason: 'sent with every request, API keys for example; values are never shown',
  }),
  checkHeaders,
);

const outcomeOverrides = told(
  z.record(
    z.string(),
    choice(['retry', 'permanent', 'hold'], 'what an answer means for the batch'),
  ),
  {
    effect: 'honoured',
    type: 'map of words',
    bounds: 'retry, permanent, hold',
    reason:
      'changes what an answer means, by gRPC status name ("UNAVAILABLE") or HTTP status ' +
      '("429"); hold: a fault of the destination',
  },
);

const otlp = {
  tls: clientTls.prefault({}),
  headers: headers.prefault({}),
  compression: choice(['none', 'gzip', 'zstd'], 'gzip runs at level 1').prefault('gzip'),
  outcome_overrides: outcomeOverrides.prefault({}),
  required,
  ...queued,
  compression_params: noEffect('gzip runs at level 1'),
  encoding: choice(['proto'], 'requests are protobuf', {
    error: 'must be proto: JSON costs too much to write',
    needlessValue: 'proto',
  }).optional(),
  auth: refused('use headers or a client certificate'),
  middlewares: refused('there are none'),
  proxy_url: refused('connections are direct'),
  read_buffer_size: noEffect('answers are small'),
  write_buffer_size: noEffect('requests are sent from the arena'),
  profiles_endpoint: noEffect('only logs are sent'),
  traces_endpoint: noEffect('only logs are sent'),
  metrics_endpoint: noEffect('only logs are sent'),
};
const endpointDefault = { computedDefault: 'OTEL_EXPORTER_OTLP_ENDPOINT' };

const otlpGrpc = relation(
  block('OTLP over gRPC', {
    endpoint: grpcEndpoint('server to send to', endpointDefault),
    timeout: duration('100ms', '10m', 'one request, sent as grpc-timeout').prefault('5s'),
    balancer_name: choice(
      ['round_robin', 'pick_first'],
      'how connections spread over the addresses of a name',
    ).prefault('round_robin'),
    ...otlp,
    keepalive: noEffect('a silent connection with a request under way is pinged'),
    wait_for_ready: noEffect('batches wait in the queue'),
    authority: refused('use tls.server_name_override'),
  }),
  (exporter, report) => {
    checkPlaintext(exporter, report);
    checkOverrides(
      exporter,
      /^[A-Z_]{2,32}$/,
      'must be a gRPC status name, as UNAVAILABLE',
      report,
    );
  },
);

const otlpHttp = relation(
  block('OTLP over HTTP, protobuf', {
    endpoint: httpUrl('base URL; /v1/logs is appended', endpointDefault).optional(),
    logs_endpoint: httpUrl('URL for logs, used as it is').optional(),
    timeout: duration('100ms', '10m', 'one request').prefault('30s'),
    ...otlp,
    max_idle_conns: noEffect('connections are few and kept'),
    max_idle_conns_per_host: noEffect('connections are few and kept'),
    max_conns_per_host: noEffect('sending_queue.num_consumers bounds them'),
    idle_conn_timeout: noEffect('connections are few and kept'),
    disable_keep_alives: noEffect('connections are kept'),
    force_attempt_http2: noEffect('HTTP/2 is used where the server has it'),
    http2_read_idle_timeout: noEffect('a silent connection with a request under way is pinged'),
    http2_ping_timeout: noEffect('10 s'),
    cookies: refused('requests carry no cookies'),
  }),
  (exporter, report) => {
    if (exporter.endpoint === undefined && exporter.logs_endpoint === undefined) {
      report(['endpoint'], 'required, or logs_endpoint, or OTEL_EXPORTER_OTLP_ENDPOINT');
    }
    checkPlaintext(exporter, report);
    checkOverrides(exporter, /^[1-5]\d\d$/, 'must be an HTTP status, as 429', report);
  },
);

const file = block(
  'OTLP/JSON, one request a line, one file set per shard; acknowledged after fdatasync',
  {
    path: text('NAME.jsonl; each shard writes NAME.<shard>.jsonl'),
    rotation: block('bounds of each file set', {
      max_megabytes: count(1, 65_536, 'size at which a file is closed and renamed', {
        type: 'MiB',
      }).prefault(10),
      max_backups: count(0, 10_000, 'closed files that are kept; the oldest goes').prefault(10),
      max_days: noEffect('files are bounded by size and number'),
      localtime: noEffect('closed files are numbered'),
    }).prefault({}),
    required,
    ...queued,
    format: choice(['json'], 'one form', {
      error: 'must be json: the one format of version 1',
      needlessValue: 'json',
    }).optional(),
    append: noEffect('files are always appended to'),
    flush_interval: noEffect('each request is on the disk before it is acknowledged'),
    create_directory: noEffect('the directory is made when it is missing'),
    compression: refused('files are plain JSON lines'),
    encoding: refused('files are plain JSON lines'),
    group_by: refused('not in version 1'),
  },
);

const debug = block('prints what is received to stderr; never required', {
  verbosity: choice(
    ['basic', 'normal', 'detailed'],
    'basic: counts; normal: one line a record; detailed: every field',
  ).prefault('basic'),
  sampling_initial: count(1, 100_000, 'batches printed in each second').prefault(2),
  sampling_thereafter: count(1, 1_000_000, 'then each n-th of that second').prefault(1),
  ...queued,
  required: refused('debug is never required'),
  use_internal_logger: noEffect('stderr is used'),
  output_paths: noEffect('stderr is used'),
});

const exporterSchemas = { otlp_grpc: otlpGrpc, otlp_http: otlpHttp, file, debug };

export const exporters = componentMap('destinations, by id: type or type/name', {
  schemas: exporterSchemas,
  renamed: { otlp: 'otlp_grpc', otlphttp: 'otlp_http' },
  otherTypes: 'version 1 has otlp_grpc, otlp_http, file and debug',
});

export type ExporterBlock = z.output<typeof exporters>[number];

type Report = Parameters<Parameters<typeof relation>[1]>[1];
type Block = Readonly<Record<string, unknown>>;

function checkPlaintext(exporter: Block, report: Report): void {
  const { tls, endpoint, logs_endpoint: logsEndpoint } = exporter;
  const insecure = typeof tls === 'object' && tls !== null && 'insecure' in tls && tls.insecure;
  if (endpoint instanceof URL || logsEndpoint instanceof URL) {
    const url = logsEndpoint instanceof URL ? logsEndpoint : endpoint;
    if (insecure === true && url instanceof URL && url.protocol === 'https:') {
      report(['tls', 'insecure'], 'contradicts the https:// endpoint');
    }
    return;
  }
  if (typeof endpoint !== 'object' || endpoint === null || !('host' in endpoint)) return;
  const { host, scheme } = { scheme: undefined, ...endpoint };
  if (scheme === 'https' && insecure === true) {
    report(['tls', 'insecure'], 'contradicts the https:// endpoint');
  } else if ((scheme === 'http' || insecure === true) && !isLoopback(String(host))) {
    report(insecure === true ? ['tls', 'insecure'] : ['endpoint'], plaintextFault);
  }
}

function checkOverrides(exporter: Block, name: RegExp, mustBe: string, report: Report): void {
  const { outcome_overrides: overrides } = exporter;
  if (typeof overrides !== 'object' || overrides === null) return;
  for (const key of Object.keys(overrides)) {
    if (!name.test(key)) report(['outcome_overrides', key], mustBe);
  }
}

/** RFC 9110 tokens; what the protocol itself sets cannot be set again. */
function checkHeaders(all: Block, report: Report): void {
  const names = Object.keys(all);
  if (names.length > 64) report([], 'must be at most 64 headers');
  const seen = new Set<string>();
  for (const name of names) {
    const lower = name.toLowerCase();
    const value = all[name];
    if (!/^[\w!#$%&'*+.^`|~-]{1,128}$/.test(name)) report([name], 'not a header name');
    else if (lower.startsWith('grpc-') || reservedHeaders.has(lower)) {
      report([name], 'refused: set by the protocol');
    } else if (seen.has(lower)) report([name], 'given twice, names differ only in case');
    if (typeof value === 'string' && !/^[\x20-\x7e]*$/.test(value)) {
      report([name], 'must be printable ASCII, without line breaks');
    }
    seen.add(lower);
  }
}

const reservedHeaders: ReadonlySet<string> = new Set([
  ...['connection', 'content-encoding', 'content-length', 'content-type', 'host', 'keep-alive'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'user-agent', 'gophership-batch-id'],
]);
