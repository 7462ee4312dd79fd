// Every row of the exporter keys, and the rules about plaintext, headers, queue, batch and backoff.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSaid, configText, loadText, type Parts } from '../../test/support/config-fixtures.ts';

/** "«" marks the place that each line has to name. */
function check(rows: readonly (readonly [Parts, ...string[]])[]): void {
  for (const [parts, ...lines] of rows) checkSaid(configText(parts), lines);
}

function grpc(keys: string): Parts {
  return { exporters: `otlp_grpc: { endpoint: "c.example.com:4317", ${keys} }` };
}

function http(keys: string): Parts {
  return { exporters: `otlp_http: { endpoint: "https://c.example.com", ${keys} }` };
}

const path = 'exporters.otlp_grpc';

test('schema-exporters.ts says what each key of OTLP exporters does', () => {
  check([
    [grpc('headers: { X-Key: 007 }, compression: zstd, timeout: 1s, balancer_name: pick_first')],
    [grpc('retry_on_failure: { initial_interval: 1s, max_interval: 1m, multiplier: 2 }')],
    [grpc('outcome_overrides: { UNAVAILABLE: hold }')],
    [http('outcome_overrides: { 429: hold, "500": retry }')],
    [http('logs_endpoint: "https://c.example.com/x?k=v", timeout: 30s')],
    [{ exporters: '«otlp/c: { endpoint: "c:1" }' }, 'exporters.otlp/c: old name, write otlp_grpc'],
    [
      { exporters: '«otlphttp: { endpoint: "https://c" }' },
      'exporters.otlphttp: old name, write otlp_http',
    ],
    [
      grpc('sending_queue: { «storage: file_storage }'),
      `${path}.sending_queue.storage: no effect: the vault is the storage`,
    ],
    [
      grpc('retry_on_failure: { «max_elapsed_time: 5m }'),
      `${path}.retry_on_failure.max_elapsed_time: no effect: no timer drops data`,
    ],
    [grpc('«auth: {}'), `${path}.auth: refused: use headers or a client certificate`],
    [grpc('«proxy_url: x'), `${path}.proxy_url: refused: connections are direct`],
    [
      http('encoding: «json'),
      'exporters.otlp_http.encoding: must be proto: JSON costs too much to write, is "json"',
    ],
    [http('encoding: «proto'), 'exporters.otlp_http.encoding: no effect: requests are protobuf'],
    [
      { exporters: '«kafka: {}' },
      'exporters.kafka: unknown type (version 1 has otlp_grpc, otlp_http, file and debug)',
    ],
    [
      { exporters: '«otlp_grcp: {}' },
      'exporters.otlp_grcp: unknown type, did you mean "otlp_grpc"?',
    ],
    [{ exporters: '«otlp_grpc: {}' }, `${path}.endpoint: required`],
    [
      { exporters: '«otlp_http:' },
      'exporters.otlp_http.endpoint: required, or logs_endpoint, or OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
  ]);
});

test('schema-exporters.ts names bounds and forms', () => {
  check([
    [grpc('timeout: «1'), `${path}.timeout: must be a duration such as 1h30m, 5s or 500ms, is "1"`],
    [grpc('timeout: «11m'), `${path}.timeout: must be from 100ms to 10m, is "11m"`],
    [
      grpc('compression: «brotli'),
      `${path}.compression: must be none or gzip or zstd, is "brotli"`,
    ],
    [
      grpc('outcome_overrides: { 429: «hold }'),
      `${path}.outcome_overrides.429: must be a gRPC status name, as UNAVAILABLE, is "hold"`,
    ],
    [
      http('outcome_overrides: { 429: «drop }'),
      'exporters.otlp_http.outcome_overrides.429: must be retry or permanent or hold, is "drop"',
    ],
    [grpc('headers: «[a]'), `${path}.headers: must be a map of texts`],
    [grpc('headers: { "a b": «x }'), `${path}.headers.a b: not a header name`],
    [grpc('headers: { te: «x }'), `${path}.headers.te: refused: set by the protocol`],
    [
      grpc('headers: { Grpc-Timeout: «x }'),
      `${path}.headers.Grpc-Timeout: refused: set by the protocol`,
    ],
    [grpc('headers: { a: x, A: «y }'), `${path}.headers.A: given twice, names differ only in case`],
  ]);
});

test('buildConfig() warns of requests smaller than the message that is asked for, and once', () => {
  checkSaid(
    configText({
      grpc: 'max_recv_msg_size_mib: 16',
      exporters: '«otlp_grpc: { endpoint: "c:1" }',
    }),
    [
      `${path}.sending_queue.batch.max_size: below the largest message that is received ` +
        '(16777216 bytes): a single record above it is rejected',
    ],
  );
});

test('buildConfig() refuses two file exporters with one path, named by the pipeline or not', () => {
  checkSaid(
    configText({ exporters: 'file/a: { path: /o/x.jsonl }, file/b: { path: «/o/../o/x.jsonl }' }),
    ['exporters.file/b.path: is written by file/a already'],
  );
});

test('schema-tls.ts verifies servers, with TLS 1.2 only where it is asked for', () => {
  check([
    [grpc('tls: { min_version: 1.2, ca_file: /ca, server_name_override: c }')],
    [
      grpc('tls: { min_version: «"1.3" }'),
      `${path}.tls.min_version: no effect: 1.2 only for a backend that has nothing newer`,
    ],
    [
      grpc('tls: { min_version: «"1.1" }'),
      `${path}.tls.min_version: refused: TLS 1.2 is the oldest version, is "1.1"`,
    ],
    [
      grpc('tls: { «insecure_skip_verify: true }'),
      `${path}.tls.insecure_skip_verify: refused: every peer is verified; put its CA into ca_file`,
    ],
    [grpc('tls: «{ cert_file: /c }'), `${path}.tls: a certificate needs its key_file or key_pem`],
    [grpc('tls: «{ key_pem: hush }'), `${path}.tls: a key needs its cert_file or cert_pem`],
    [grpc('tls: { ca_file: /a, ca_pem: «b }'), `${path}.tls.ca_pem: ca_file is given as well`],
  ]);
});

test('schema-exporters.ts allows plaintext to loopback addresses only', () => {
  const fault =
    'refused: plaintext only to a loopback address (127.0.0.0/8, ::1, localhost); use TLS';
  const insecure = (endpoint: string, mark = ''): Parts => ({
    exporters: `otlp_grpc: { endpoint: "${endpoint}", tls: { insecure: ${mark}true } }`,
  });
  const httpTo = (endpoint: string): Parts => ({
    exporters: `otlp_http: { endpoint: ${endpoint} }`,
  });
  const grpcTo = (endpoint: string): Parts => ({
    exporters: `otlp_grpc: { endpoint: ${endpoint} }`,
  });
  const refused = `${path}.tls.insecure: ${fault}, is "true"`;
  check([
    [insecure('localhost:1')],
    [insecure('127.1.2.3:1')],
    [insecure('[::1]:1')],
    [grpcTo('http://localhost:1')],
    [grpcTo('https://c.example.com')],
    [insecure('c.example.com:1', '«'), refused],
    [insecure('localhost.example.com:1', '«'), refused],
    [insecure('0.0.0.0:1', '«'), refused],
    [insecure('[::ffff:127.0.0.1]:1', '«'), refused],
    [grpcTo('«http://c.example.com'), `${path}.endpoint: ${fault}`],
    [
      insecure('https://localhost:1', '«'),
      `${path}.tls.insecure: contradicts the https:// endpoint, is "true"`,
    ],
    [httpTo('"http://localhost:1/base"')],
    [httpTo('"http://[::1]:1"')],
    [httpTo('«http://c.example.com'), `exporters.otlp_http.endpoint: ${fault}`],
    [
      http('tls: { insecure: «true }'),
      'exporters.otlp_http.tls.insecure: contradicts the https:// endpoint, is "true"',
    ],
    [
      httpTo('«https://me:hush@c.example.com'),
      'exporters.otlp_http.endpoint: refused: credentials in a URL end up in logs; use headers',
    ],
    [
      httpTo('«c.example.com:4318'),
      'exporters.otlp_http.endpoint: must be a URL, as https://collector.example.com:4318',
    ],
  ]);
});

test('schema-exporters.ts says what each key of file and debug does', () => {
  const both = (debug: string): Parts => ({
    exporters: `debug: { ${debug} }, file: { path: /o }`,
    pipeline: 'receivers: [otlp], exporters: [debug, file]',
  });
  check([
    [{ exporters: 'file: { path: /o.jsonl, rotation: { max_megabytes: 1, max_backups: 0 } }' }],
    [both('verbosity: detailed, sampling_initial: 1, sampling_thereafter: 5')],
    [
      { exporters: '«file: { «pth: /o.jsonl }' },
      'exporters.file.path: required',
      'exporters.file.pth: unknown, did you mean "path"?',
    ],
    [{ exporters: 'file: { path: «~ }' }, 'exporters.file.path: required'],
    [{ exporters: 'file: { path: «"" }' }, 'exporters.file.path: must not be empty, is ""'],
    [
      { exporters: 'file: { path: /o, format: «proto }' },
      'exporters.file.format: must be json: the one format of version 1, is "proto"',
    ],
    [
      both('verbosity: «loud'),
      'exporters.debug.verbosity: must be basic or normal or detailed, is "loud"',
    ],
    [both('«required: true'), 'exporters.debug.required: refused: debug is never required'],
    [
      {
        exporters: 'debug:',
        pipeline: 'receivers: [otlp], exporters: «[debug]',
      },
      'service.pipelines.logs.exporters: none of them is required: batches are acknowledged ' +
        'although nobody must have them',
    ],
  ]);
});

test('schema-queue.ts relates the sizes and times of queue, batch and backoff', () => {
  const queue = (keys: string) => grpc(`sending_queue: { ${keys} }`);
  const at = `${path}.sending_queue`;
  check([
    [queue('batch: { min_size: 4000000, max_size: 4000000, sizer: bytes }')],
    [
      queue('batch: { max_size: «512KiB }'),
      `${at}.batch.max_size: below the largest message that is received (8388608 bytes): ` +
        'a single record above it is rejected',
    ],
    [queue('batch: { max_size: 8MiB }')],
    [
      queue('batch: { min_size: «5MiB }'),
      `${at}.batch.min_size: must not exceed max_size (4000000 bytes)`,
    ],
    [queue('batch: { max_size: «0 }'), `${at}.batch.max_size: must be from 16KiB to 64MiB, is "0"`],
    [
      queue('batch: { sizer: «items }'),
      `${at}.batch.sizer: must be bytes: servers limit bytes, not records, is "items"`,
    ],
    [queue('queue_size: 100, sizer: requests')],
    [
      queue('queue_size: «1000'),
      `${at}.queue_size: taken as a number of requests; bytes are 1MiB or more`,
    ],
    [
      queue('queue_size: «1000, sizer: bytes'),
      `${at}.queue_size: must be from 1MiB to 4GiB; for a number of batches set sizer: ` +
        `requests, is "1000"`,
    ],
    [
      queue('queue_size: «4MiB'),
      `${at}.queue_size: must hold a largest message for each shard: at least 8MiB`,
    ],
    [
      queue('enabled: «false'),
      `${at}.enabled: refused: without a queue nothing could be acknowledged, is "false"`,
    ],
    [
      grpc('retry_on_failure: { initial_interval: «1m }'),
      `${path}.retry_on_failure.initial_interval: must not exceed max_interval (30000ms), is "1m"`,
    ],
    [
      { ...queue('batch: { flush_timeout: «1s }'), processors: 'batch: { timeout: 2s }' },
      `${at}.batch.flush_timeout: used in place of the timeout of the batch processor`,
    ],
  ]);
});

test('reportIssues() never shows headers, keys, or what variables and files held', () => {
  const secret = 'hush-0123456789';
  const variable = `$${'{env:S}'}`;
  const file = `$${'{file:/s}'}`;
  const world = { variables: { S: secret }, files: { '/s': `${secret}\n` } };
  const rows: readonly Parts[] = [
    grpc(`headers: { "bad name": ${secret} }`),
    grpc(`headers: { x-key: "${secret}\\n" }`),
    grpc(`headers: { x-key: { a: ${secret} } }`),
    grpc(`headers: { x-key: "${variable}é" }`),
    grpc(`timeout: "${variable}"`),
    grpc(`compression: "${file}"`),
    grpc(`tls: { key_pem: ${secret}, key_file: /k, cert_file: /c }`),
    http(`headers: { content-type: ${secret} }`),
    { exporters: `otlp_http: { endpoint: "http://me:${secret}@localhost" }` },
  ];
  for (const parts of rows) {
    const { problems } = loadText(configText(parts), world);
    assert.equal(problems.length, 1, JSON.stringify(parts));
    assert.doesNotMatch(problems.join('\n'), /hush/);
  }
});
