import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configText, loadText, loadWorld } from '../../test/support/config-fixtures.ts';
import type { ExporterConfig } from './config.ts';

type Variables = Readonly<Record<string, string>>;

/** Variables are written without their common prefix. */
function named(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]),
  );
}

function load(exporters: string | undefined, variables: Variables) {
  return exporters === undefined
    ? loadWorld({ variables: named(variables) })
    : loadText(configText({ exporters }), { variables: named(variables) });
}

/**
 * Each row: exporters of a file (undefined: no file), variables, and parts of the first exporter.
 */
function check(
  rows: readonly (readonly [string | undefined, Variables, Readonly<Record<string, unknown>>])[],
): void {
  for (const [exporters, variables, expected] of rows) {
    const { config, problems } = load(exporters, variables);
    assert.deepEqual(problems, [], JSON.stringify(variables));
    const exporter = flat(config?.exporters[0]);
    const actual = Object.fromEntries(Object.keys(expected).map((key) => [key, exporter[key]]));
    assert.deepEqual(actual, expected, JSON.stringify([exporters, variables]));
  }
}

function flat(exporter: ExporterConfig | undefined): Record<string, unknown> {
  const tls = exporter !== undefined && 'tls' in exporter ? exporter.tls : {};
  return { ...exporter, ...tls };
}

test('withOtelDefaults() makes a destination of variables alone', () => {
  check([
    [
      undefined,
      { ENDPOINT: 'https://c:4318' },
      { id: 'otlp_http', url: 'https://c:4318/v1/logs', timeoutMs: 30_000 },
    ],
    [undefined, { ENDPOINT: 'https://c/base/' }, { url: 'https://c/base/v1/logs' }],
    [undefined, { LOGS_ENDPOINT: 'https://c/own' }, { url: 'https://c/own' }],
    [undefined, { LOGS_ENDPOINT: 'https://l', ENDPOINT: 'https://c' }, { url: 'https://l/' }],
    [
      undefined,
      { ENDPOINT: 'https://c:4317/', PROTOCOL: 'grpc' },
      { id: 'otlp_grpc', host: 'c', port: 4317, plaintext: false },
    ],
    [undefined, { ENDPOINT: 'https://c', PROTOCOL: 'grpc' }, { host: 'c', port: 443 }],
    [
      undefined,
      { ENDPOINT: 'http://localhost:9', PROTOCOL: 'grpc' },
      { host: 'localhost', port: 9, plaintext: true },
    ],
    [
      undefined,
      { ENDPOINT: 'https://c', PROTOCOL: 'grpc', LOGS_PROTOCOL: 'http/protobuf' },
      { id: 'otlp_http' },
    ],
  ]);
});

test('withOtelDefaults() fills in what an exporter leaves out, LOGS first', () => {
  const own = 'otlp_grpc: { endpoint: "own:1" }';
  check([
    [own, { ENDPOINT: 'https://c', LOGS_ENDPOINT: 'https://l' }, { host: 'own', port: 1 }],
    ['otlp_grpc:', { ENDPOINT: 'c:2' }, { host: 'c', port: 2 }],
    ['otlp_http:', { ENDPOINT: 'https://c' }, { url: 'https://c/v1/logs' }],
    [own, { TIMEOUT: '1000', LOGS_TIMEOUT: '2000' }, { timeoutMs: 2_000 }],
    [own, { COMPRESSION: 'none' }, { compression: 'none' }],
    [own, { COMPRESSION: '' }, { compression: 'gzip' }],
    [
      own,
      { CERTIFICATE: '/ca', CLIENT_CERTIFICATE: '/c', CLIENT_KEY: '/k' },
      { ca: { file: '/ca' }, cert: { file: '/c' }, key: { file: '/k' } },
    ],
    [own, { HEADERS: 'Api-Key=a%20b,x= y ,' }, { headers: { 'api-key': 'a b', x: 'y' } }],
    [own, { HEADERS: 'a=b=c==' }, { headers: { a: 'b=c==' } }],
  ]);
});

test('withOtelDefaults() leaves alone what an exporter says itself', () => {
  const tls = 'tls: { ca_pem: A, cert_pem: B, key_pem: C }';
  const keys = `timeout: 9s, compression: zstd, headers: { a: b }, ${tls}`;
  const own = `otlp_grpc: { endpoint: "own:1", ${keys} }`;
  const variables = {
    TIMEOUT: '1',
    COMPRESSION: 'none',
    HEADERS: 'c=d',
    CERTIFICATE: '/ca',
    CLIENT_CERTIFICATE: '/c',
    CLIENT_KEY: '/k',
  };
  check([
    [
      own,
      variables,
      {
        timeoutMs: 9_000,
        compression: 'zstd',
        headers: { a: 'b' },
        ca: { pem: 'A' },
        cert: { pem: 'B' },
        key: { pem: 'C' },
      },
    ],
    [
      'otlp_grpc: { endpoint: "own:1" }',
      { ...variables, PROTOCOL: 'http/protobuf' },
      { timeoutMs: 5_000, compression: 'gzip', headers: {} },
    ],
  ]);
});

test('withOtelDefaults() sends API keys to one server only', () => {
  const { config, warnings } = loadText(
    configText({
      exporters:
        'otlp_grpc/a: { endpoint: "a:1" }, otlp_grpc/b: {}, otlp_http: { headers: { ' + 'k: v } }',
      pipeline: 'receivers: [otlp], exporters: [otlp_grpc/a, otlp_grpc/b, otlp_http]',
    }),
    { variables: named({ ENDPOINT: 'https://b', HEADERS: 'key=hush' }) },
  );
  const headers = config?.exporters.map((one) => ('headers' in one ? one.headers : undefined));
  assert.deepEqual(headers, [{}, { key: 'hush' }, { k: 'v' }]);
  assert.deepEqual(warnings, [
    'OTEL_EXPORTER_OTLP_HEADERS: not sent by exporters.otlp_grpc/a, which is one of several ' +
      'and has its own endpoint; set its headers',
  ]);
});

test('withOtelDefaults() takes INSECURE for loopback addresses without a scheme', () => {
  const grpc = (endpoint: string) => `otlp_grpc: { endpoint: "${endpoint}" }`;
  check([
    [grpc('localhost:1'), { INSECURE: 'true' }, { plaintext: true }],
    [grpc('localhost:1'), { INSECURE: 'TRUE', LOGS_INSECURE: 'false' }, { plaintext: false }],
    [grpc('https://localhost:1'), { INSECURE: 'true' }, { plaintext: false }],
    [grpc('localhost:1'), { INSECURE: '1' }, { plaintext: false }],
  ]);
  assert.deepEqual(load(grpc('c:1'), { INSECURE: 'true' }).problems, [
    'OTEL_EXPORTER_OTLP_INSECURE: exporters.otlp_grpc.tls.insecure: refused: plaintext only ' +
      'to a loopback address (127.0.0.0/8, ::1, localhost); use TLS',
  ]);
});

test('withOtelDefaults() names the variable that is wrong, never its value', () => {
  const own = 'otlp_grpc: { endpoint: "own:1" }';
  const rows: readonly (readonly [Variables, string])[] = [
    [{ TIMEOUT: '5s' }, 'TIMEOUT: must be a whole number of milliseconds'],
    [{ LOGS_TIMEOUT: '1' }, 'LOGS_TIMEOUT: exporters.otlp_grpc.timeout: must be from 100ms to 10m'],
    [{ PROTOCOL: 'http/json' }, 'PROTOCOL: must be grpc or http/protobuf'],
    [
      { COMPRESSION: 'lz4' },
      'COMPRESSION: exporters.otlp_grpc.compression: must be none or gzip or zstd',
    ],
    [{ HEADERS: 'hush' }, 'HEADERS: must be key=value pairs with commas between, percent-encoded'],
    [{ HEADERS: 'a=%zz' }, 'HEADERS: must be key=value pairs with commas between, percent-encoded'],
    [
      { HEADERS: 'a=%0ahush' },
      'HEADERS: exporters.otlp_grpc.headers.a: must be printable ASCII, without line breaks',
    ],
  ];
  for (const [variables, line] of rows) {
    assert.deepEqual(load(own, variables).problems, [`OTEL_EXPORTER_OTLP_${line}`]);
  }
  assert.match(
    load(own, { CLIENT_KEY: '/k' }).problems.join('\n'),
    /exporters\.otlp_grpc\.tls: a key needs its cert_file or cert_pem$/,
  );
});

test('withOtelDefaults() takes OTEL_LOG_LEVEL where no level is set', () => {
  const level = (text: string, OTEL_LOG_LEVEL: string) => {
    const { config, warnings } = loadText(text, { variables: { OTEL_LOG_LEVEL } });
    return [config?.telemetry.logs.level, ...warnings];
  };
  const own = configText({ more: 'telemetry: { logs: { level: error } }' });
  const collector = configText({ service: 'telemetry: { logs: { level: debug } }' });
  assert.deepEqual(level(configText(), 'WARN'), ['warn']);
  assert.deepEqual(level(own, 'warn'), ['error']);
  assert.deepEqual(level(collector, 'warn'), ['debug']);
  assert.deepEqual(level(configText(), 'verbose'), [
    'info',
    'OTEL_LOG_LEVEL: ignored, must be debug or info or warn or error',
  ]);
});
