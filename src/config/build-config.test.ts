// The values of the Config: defaults, units, what is computed from the host and from other keys.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  configText,
  loadText,
  loadWorld,
  type Parts,
  type World,
} from '../../test/support/config-fixtures.ts';
import { exampleConfig } from '../../test/support/example-config.ts';
import { GiB, MiB } from '../limits.ts';
import type { Config } from './config.ts';

function build(parts: Parts, world: World = {}): Config {
  const { config, problems } = loadText(configText(parts), world);
  assert.deepEqual(problems, []);
  assert.ok(config !== undefined);
  return config;
}

test('buildConfig() fills in the defaults of receivers and engine', () => {
  const { receivers, memory, control, telemetry, vault, replay } = build({});
  const tls = {
    clientCa: { file: '/ca' },
    cert: { file: '/cert' },
    key: { file: '/key' },
    reloadIntervalMs: 10_000,
  };
  assert.deepEqual(receivers, {
    grpc: {
      host: 'localhost',
      port: 4317,
      tls,
      messageSizeBytesMax: 8 * MiB,
      concurrentStreamsMax: 256,
      keepalive: {
        connectionAgeMsMax: 3_600_000,
        connectionAgeGraceMs: 30_000,
        connectionIdleMsMax: 1_800_000,
        timeMs: 60_000,
        timeoutMs: 20_000,
      },
    },
    http: undefined,
  });
  assert.deepEqual(memory, {
    limitBytes: 256 * MiB,
    shardCount: 1,
    connectionsMax: 527,
    stallTimeoutMs: 10_000,
    admissionTimeoutMs: 3_000,
  });
  assert.deepEqual(control, {
    drainTimeoutMs: 20_000,
    host: 'localhost',
    port: 4319,
    tls,
    roles: { viewer: ['OU=gophership-viewer'], operator: ['OU=gophership-operator'] },
  });
  assert.deepEqual(telemetry, {
    logs: { level: 'info', format: 'auto' },
    metrics: { compat: 'otelcol' },
  });
  assert.equal(vault, undefined);
  assert.equal(replay.rateBytesPerSecond, 50 * MiB);
});

test('buildConfig() fills in the defaults of an HTTP receiver alone, and takes its TLS', () => {
  const http = (keys: string) => {
    const tls = 'client_ca_file: /ca, cert_file: /cert, key_file: /key';
    return build({ protocols: `http: { tls: { ${tls} }, ${keys} }` });
  };
  const { receivers, control } = http('');
  assert.equal(receivers.grpc, undefined);
  assert.deepEqual(receivers.http, {
    host: 'localhost',
    port: 4318,
    tls: control.tls,
    requestBodySizeBytesMax: 8 * MiB,
    jsonBodySizeBytesMax: 4 * MiB,
    logsUrlPath: '/v1/logs',
    idleTimeoutMs: 600_000,
  });
  const sizes = (keys: string) => {
    const { requestBodySizeBytesMax, jsonBodySizeBytesMax } = http(keys).receivers.http ?? {};
    return [requestBodySizeBytesMax, jsonBodySizeBytesMax];
  };
  assert.deepEqual(sizes('max_request_body_size: 1MiB'), [MiB, MiB]);
  assert.deepEqual(sizes('max_json_body_size: 8MiB'), [8 * MiB, 8 * MiB]);
  assert.deepEqual(sizes('max_json_body_size: 64KiB'), [8 * MiB, 65_536]);
});

test('buildConfig() listens on both ports of this host when there is no configuration', () => {
  const OTEL_EXPORTER_OTLP_ENDPOINT = 'https://c.example.com';
  const { config, warnings } = loadWorld({ variables: { OTEL_EXPORTER_OTLP_ENDPOINT } });
  const { grpc, http } = config?.receivers ?? {};
  assert.deepEqual([grpc?.host, grpc?.port], ['localhost', 4317]);
  assert.deepEqual([http?.host, http?.port], ['localhost', 4318]);
  assert.deepEqual(http?.tls, grpc?.tls);
  assert.deepEqual(warnings, []);
});

test('buildConfig() makes queues hold the largest message of both receivers', () => {
  const tls = 'tls: { client_ca_file: /ca, cert_file: /cert, key_file: /key }';
  const queueSize = (grpcMiB: number, httpMiB: number) =>
    build({
      protocols:
        `grpc: { ${tls}, max_recv_msg_size_mib: ${grpcMiB} }, ` +
        `http: { ${tls}, max_request_body_size: ${httpMiB}MiB }`,
    }).exporters[0]?.queue.sizeBytesMax;
  assert.equal(queueSize(4, 4), 32 * MiB);
  assert.equal(queueSize(4, 40), 40 * MiB);
  assert.equal(queueSize(48, 4), 48 * MiB);
});

test('buildConfig() fills in the defaults of each exporter', () => {
  const { exporters } = build({
    exporters:
      'otlp_grpc: { endpoint: "[::1]:1" }, otlp_http/h: { endpoint: "https://h/x/" }, debug: ' +
      '{}, file: { path: /o.jsonl }',
    pipeline: 'receivers: [otlp], exporters: [file, otlp_http/h, debug, otlp_grpc]',
  });
  const queue = {
    consumersMax: 10,
    sizeBytesMax: 32 * MiB,
    batchesMax: 8192,
    batch: { flushTimeoutMs: 200, sizeBytesMin: MiB, sizeBytesMax: 4_000_000 },
  };
  const retry = {
    initialIntervalMs: 5_000,
    multiplier: 1.5,
    randomizationFactor: 0.5,
    intervalMsMax: 30_000,
  };
  const otlp = {
    queue,
    retry,
    required: true,
    tls: {
      ca: undefined,
      cert: undefined,
      key: undefined,
      serverName: undefined,
      versionMin: 'TLSv1.3',
      reloadIntervalMs: 10_000,
    },
    headers: {},
    compression: 'gzip',
    outcomeOverrides: {},
  };
  assert.deepEqual(exporters, [
    {
      id: 'file',
      kind: 'file',
      queue,
      retry,
      required: true,
      path: '/o.jsonl',
      rotation: { sizeBytesMax: 10 * MiB, backupsMax: 10 },
    },
    {
      id: 'otlp_http/h',
      kind: 'otlp_http',
      ...otlp,
      timeoutMs: 30_000,
      url: 'https://h/x/v1/logs',
    },
    {
      id: 'debug',
      kind: 'debug',
      queue,
      retry,
      required: false,
      verbosity: 'basic',
      samplingInitial: 2,
      samplingThereafter: 1,
    },
    {
      id: 'otlp_grpc',
      kind: 'otlp_grpc',
      ...otlp,
      timeoutMs: 5_000,
      host: '::1',
      port: 1,
      plaintext: false,
      balancer: 'round_robin',
    },
  ]);
});

test('buildConfig() keeps text as text and numbers exact', () => {
  const { processors, exporters } = build({
    processors:
      'resource: { attributes: [{ key: i, action: insert, value: 9007199254740993 }, { key: d, ' +
      'action: insert, value: 1.5 }, { key: t, action: insert, value: "1" }, { key: b, ' +
      'action: update, value: true }, { key: x, action: delete }] }',
    exporters: 'otlp_grpc: { endpoint: "c:1", headers: { X-A: 007, b: 1.50, c: true } }',
  });
  assert.deepEqual(processors[0], {
    id: 'resource',
    kind: 'resource',
    attributes: [
      { key: 'i', action: 'insert', value: 9_007_199_254_740_993n },
      { key: 'd', action: 'insert', value: 1.5 },
      { key: 't', action: 'insert', value: '1' },
      { key: 'b', action: 'update', value: true },
      { key: 'x', action: 'delete', value: undefined },
    ],
  });
  const [exporter] = exporters;
  assert.equal(exporter?.kind, 'otlp_grpc');
  assert.deepEqual(exporter.headers, { 'x-a': '007', b: '1.50', c: 'true' });
});

test('buildConfig() divides queues among shards, and never below one message', () => {
  const queueOf = (keys: string, more: string) => {
    const [exporter] = build({
      exporters: `otlp_grpc: { endpoint: "c:1", sending_queue: { ${keys} } }`,
      grpc: 'max_recv_msg_size_mib: 4',
      more,
    }).exporters;
    return [exporter?.queue.sizeBytesMax, exporter?.queue.batchesMax];
  };
  assert.deepEqual(queueOf('', 'memory: { shards: 4 }'), [8 * MiB, 8192]);
  assert.deepEqual(queueOf('', 'memory: { shards: 8, limit_mib: 64 }'), [4 * MiB, 8192]);
  assert.deepEqual(queueOf('queue_size: 40MiB', 'memory: { shards: 4 }'), [10 * MiB, 8192]);
  assert.deepEqual(queueOf('queue_size: 1000', 'memory: { shards: 3 }'), [11_184_810, 334]);
  assert.deepEqual(queueOf('queue_size: 3, sizer: requests', ''), [32 * MiB, 3]);
});

test("buildConfig() takes the batch processor's flush timeout where an exporter has none", () => {
  const flushOf = (batch: string, exporter: string) =>
    build({
      processors: `batch: { ${batch} }`,
      exporters: `otlp_grpc: { endpoint: "c:1", sending_queue: { batch: { ${exporter} } } }`,
    }).exporters[0]?.queue.batch.flushTimeoutMs;
  assert.equal(flushOf('timeout: 2s', ''), 2_000);
  assert.equal(flushOf('timeout: 2s', 'flush_timeout: 1s'), 1_000);
  assert.equal(flushOf('', ''), 200);
});

test('buildConfig() lowers the least request size to the largest', () => {
  const [exporter] = build({
    exporters: 'otlp_grpc: { endpoint: "c:1", sending_queue: { batch: { max_size: 512KiB } } }',
  }).exporters;
  assert.equal(exporter?.queue.batch.sizeBytesMin, 512 * 1024);
});

test('buildConfig() warns of a limit that the cgroup does not hold', () => {
  const host = { cgroupLimitBytes: 300 * MiB };
  const said = (limit: number) =>
    loadText(configText({ more: `memory: { limit_mib: ${limit} }` }), { host }).warnings;
  assert.deepEqual(said(252), []);
  assert.deepEqual(said(253), [
    "g.yaml:6:22: memory.limit_mib: more than 84 % of the cgroup's 300 MiB: " +
      'the kernel may end the process',
  ]);
});

test('buildConfig() reads the example of the documentation, every section', () => {
  const files = { '/etc/gophership/tenant': 'tenant-1\n' };
  const { config, problems } = loadText(exampleConfig, { files });
  assert.deepEqual(problems, []);
  assert.equal(config?.receivers.grpc?.messageSizeBytesMax, 16 * MiB);
  assert.equal(config.receivers.http?.host, '0.0.0.0');
  assert.deepEqual(config.receivers.http.tls, config.receivers.grpc.tls);
  assert.deepEqual(config.control.tls, config.receivers.grpc.tls);
  const [exporter] = config.exporters;
  assert.equal(exporter?.kind, 'otlp_grpc');
  assert.deepEqual(exporter.headers, { 'x-tenant': 'tenant-1' });
  assert.deepEqual(exporter.tls.cert, { file: '/etc/gophership/tls/client.pem' });
  assert.deepEqual(
    config.processors.map(({ kind }) => kind),
    ['resourcedetection', 'resource'],
  );
  assert.deepEqual(config.zones.signals.loopDelayP99Ms, { yellow: 50, red: 250 });
  assert.deepEqual(config.zones.signals.arenaPercent, { yellow: 60, red: 85 });
  assert.equal(config.vault?.limitBytes, 8 * GiB);
  assert.equal(config.vault.quarantineLimitBytes, Math.floor(8 * GiB * 0.05));
  assert.equal(config.vault.allowVolatile, false);
  assert.equal(config.vault.ackDeadlineMs, 250);
  assert.deepEqual(config.replay, {
    rateBytesPerSecond: 50 * MiB,
    yellowRateBytesPerSecond: MiB,
    order: 'oldest',
    minSharePercent: 10,
  });
  assert.deepEqual(config.control.roles.operator, ['OU=gophership-operator']);
  assert.deepEqual(config.telemetry, {
    logs: { level: 'info', format: 'json' },
    metrics: { compat: 'otelcol' },
  });
});
