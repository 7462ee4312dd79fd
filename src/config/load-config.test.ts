// Processors, service, pipeline, the engine's own sections, and what holds for a run as a whole.
// Receivers and exporters have their tests beside their schemas.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkSaid, configText, loadText, type Parts } from '../../test/support/config-fixtures.ts';

/** "«" marks the place that each line has to name. */
function check(rows: readonly (readonly [Parts, ...string[]])[]): void {
  for (const [parts, ...lines] of rows) checkSaid(configText(parts), lines);
}

test('loadConfig() honours, warns of and refuses processors', () => {
  const attribute = (keys: string): Parts => ({
    processors: `resource: { attributes: [${keys}] }`,
  });
  const path = 'processors.resource.attributes[0]';
  check([
    [attribute('{ key: a, action: upsert, value: 1 }')],
    [attribute('{ key: a, action: delete }')],
    [{ processors: 'resourcedetection: { detectors: [env, system, container, k8s] }' }],
    [{ processors: 'batch: { timeout: 1s }' }],
    [{ processors: 'batch:' }],
    [
      { processors: '«memory_limiter: { limit_mib: 100 }' },
      'processors.memory_limiter: no effect: memory.limit_mib bounds the process',
    ],
    [
      { processors: 'batch: { «send_batch_max_size: 1 }' },
      'processors.batch.send_batch_max_size: no effect: sending_queue.batch.max_size counts bytes',
    ],
    [
      { processors: '«filter: {}' },
      'processors.filter: unknown type (not in version 1, which has resource, ' +
        'resourcedetection and batch)',
    ],
    [
      { processors: '«resuorce: {}' },
      'processors.resuorce: unknown type, did you mean "resource"?',
    ],
    [
      { processors: '«"batch/ x": {}', pipeline: 'receivers: [otlp], exporters: [e]' },
      'processors.batch/ x: an id is type or type/name, of letters, digits, "_", "-" and "."',
    ],
    [
      { processors: 'resourcedetection: { detectors: [«ec2] }' },
      'processors.resourcedetection.detectors[0]: must be env or system or container or k8s, ' +
        'is "ec2"',
    ],
    [attribute('«{ key: a, action: upsert }'), `${path}.value: required`],
    [attribute('{ key: a, action: delete, value: «1 }'), `${path}.value: delete takes no value`],
    [
      attribute('«{ key: a, action: insert, «from_attribute: b }'),
      `${path}.value: required`,
      `${path}.from_attribute: refused: attributes take static values, also from variables`,
    ],
    [
      attribute('{ key: a, action: «hash, value: 1 }'),
      `${path}.action: must be insert or update or upsert or delete, is "hash"`,
    ],
    [
      attribute('{ key: a, action: insert, value: «[1] }'),
      `${path}.value: must be text, number, true or false`,
    ],
    [
      attribute('{ key: a, action: insert, value: «9223372036854775808 }'),
      `${path}.value: must be at most 9223372036854775807`,
    ],
  ]);
});

test('loadConfig() honours, warns of and refuses the keys of service', () => {
  const other = 'refused: version 1 has one pipeline, logs; other signals are not received';
  const pipelines = (text: string): string =>
    configText().replace('pipelines: { logs:', `pipelines: { ${text}, logs:`);
  check([
    [{ service: 'telemetry: { logs: { level: debug } }' }],
    [
      { service: '«extensions: [health_check]', more: '«extensions: { health_check: {} }' },
      'service.extensions: no effect: there are none; health is on the control port',
      'extensions: no effect: there are none; health is on the control port',
    ],
    [
      { service: 'telemetry: { «metrics: { level: none } }' },
      'service.telemetry.metrics: no effect: /metrics on the control port',
    ],
    [{ more: '«connectors: {}' }, 'connectors: refused: version 1 has one pipeline'],
  ]);
  checkSaid(pipelines('«traces: { receivers: [otlp] }'), [`service.pipelines.traces: ${other}`]);
  checkSaid(pipelines('«logs/b: { receivers: [otlp] }'), [`service.pipelines.logs/b: ${other}`]);
});

test('checkPipeline() wants each component that is named, once, and warns of the others', () => {
  const path = 'service.pipelines.logs';
  check([
    [
      { pipeline: 'receivers: [otlp], processors: [«x], exporters: [«file/E]' },
      `${path}.processors[0]: "x" is not defined under processors`,
      `${path}.exporters[0]: "file/E" is not defined under exporters, did you mean "file/e"?`,
    ],
    [
      { pipeline: 'receivers: [otlp], exporters: [file/e, «file/e]' },
      `${path}.exporters[1]: "file/e" is named twice`,
    ],
    [
      { pipeline: 'receivers: «[], exporters: «[]' },
      `${path}.receivers: must name at least one of receivers`,
      `${path}.exporters: must name at least one of exporters`,
    ],
    [
      { pipeline: 'receivers: [otlp], exporters: [file/e]', processors: '«batch: {}' },
      `processors.batch: not used: ${path}.processors does not name it`,
    ],
    [
      {
        pipeline: 'receivers: [otlp], exporters: [file/e]',
        exporters: 'file/e: { path: /o }, «debug: {}',
      },
      `exporters.debug: not used: ${path}.exporters does not name it`,
    ],
  ]);
  const missing = configText({ pipeline: 'exporters: [file/e]' });
  checkSaid(missing.replace('logs:', '«logs:'), [`${path}.receivers: required`]);
});

test('loadConfig() refuses an exporter that sends to our own receiver', () => {
  const target = (endpoint: string, listener: string, mark = ''): Parts => ({
    grpc: `endpoint: "${listener}"`,
    exporters: `otlp_grpc: ${mark}{ endpoint: "${endpoint}", tls: { insecure: true } }`,
  });
  const loop = 'exporters.otlp_grpc: sends to our own receiver, a loop';
  check([
    [target('127.0.0.1:4317', 'localhost:4317', '«'), loop],
    [target('localhost:4317', '0.0.0.0:4317', '«'), loop],
    [target('localhost:4317', 'localhost:4318')],
    [target('localhost:4317', '10.0.0.1:4317')],
    [
      {
        protocols: 'http: { tls: { client_ca_file: /ca, cert_file: /cert, key_file: /key } }',
        exporters: 'otlp_http: «{ endpoint: "http://localhost:4318" }',
      },
      'exporters.otlp_http: sends to our own receiver, a loop',
    ],
  ]);
});

test('loadConfig() refuses two receivers on one port', () => {
  const tls = 'tls: { client_ca_file: /ca, cert_file: /cert, key_file: /key }';
  const both = (grpc: string, http: string, mark = ''): Parts => ({
    protocols: `grpc: { endpoint: "${grpc}", ${tls} }, http: { endpoint: ${mark}"${http}", ${tls} }`,
  });
  const same =
    'receivers.otlp.protocols.http.endpoint: port 1 is that of receivers.otlp.protocols.grpc: ' +
    'each needs its own';
  check([
    [both('localhost:1', 'localhost:1', '«'), same],
    [both('localhost:1', '127.0.0.1:1', '«'), same],
    [both('Example.org:1', 'example.org:1', '«'), same],
    [both('0.0.0.0:1', '10.0.0.1:1', '«'), same],
    [both('[::1]:1', '[::]:1', '«'), same],
    [both('10.0.0.2:1', '10.0.0.1:1')],
    [both('localhost:1', 'localhost:2')],
    [both('localhost:0', 'localhost:0')],
  ]);
});

test('loadConfig() checks the sections of the engine in full', () => {
  check([
    [{ more: 'zones: { observe_only: true, signals: { loop_delay_p99: { red: 1s } } }' }],
    [{ more: 'zones: { release_percent: 50, red_dwell: 1s, yellow_dwell: 1s }' }],
    [{ more: 'zones: { sample_operations: 1, sample_interval: 1s }' }],
    [{ more: 'zones: { force: red }' }],
    [{ more: 'control: { drain_timeout: 5s }' }],
    [{ more: 'control: { endpoint: localhost:4319 }' }],
    [
      { more: 'control: { endpoint: «localhost:4317 }' },
      'control.endpoint: port 4317 is that of receivers.otlp.protocols.grpc: each needs its own',
    ],
    [
      { more: 'zones: { force: «pink, «observe: true }' },
      'zones.force: must be none or green or yellow or red, is "pink"',
      'zones.observe: unknown, allowed: observe_only, force, signals, release_percent, ' +
        'red_dwell, yellow_dwell, sample_operations, sample_interval',
    ],
    [
      { more: 'zones: { signals: { arena_percent: { yellow: «90 } } }' },
      'zones.signals.arena_percent.yellow: must not exceed red, is "90"',
    ],
    [
      { more: 'zones: { signals: { memory_exhaustion: { red: «1m } } }' },
      'zones.signals.memory_exhaustion.red: must not exceed yellow: less time is more ' +
        'pressure, is "1m"',
    ],
    [
      { more: 'control: { roles: { viewer: [«CN=x] } }' },
      'control.roles.viewer[0]: must begin with OU= or URI=, is "CN=x"',
    ],
    [
      { more: 'telemetry: { logs: { level: «loud } }' },
      'telemetry.logs.level: must be debug or info or warn or error, is "loud"',
    ],
  ]);
});

test('loadConfig() shows all problems of one run in reading order', () => {
  const parts = {
    grpc: 'max_concurrent_streams: «0',
    processors: '«filter: {}',
    exporters: '«file/e: { «pth: /o }',
    service: '«telemetri: {}',
    more: 'memory: { limit_mib: «1, shards: «99 }\nzones: «5\n«memroy: {}',
  };
  checkSaid(configText(parts), [
    'receivers.otlp.protocols.grpc.max_concurrent_streams: must be from 1 to 1024, is "0"',
    'processors.filter: unknown type (not in version 1, which has resource, resourcedetection ' +
      'and batch)',
    'exporters.file/e.path: required',
    'exporters.file/e.pth: unknown, did you mean "path"?',
    'service.telemetri: unknown, did you mean "telemetry"?',
    'memory.limit_mib: must be from 64 to 4096, is "1"',
    'memory.shards: must be from 1 to 8, is "99"',
    'zones: must be a map, is "5"',
    'memroy: unknown, did you mean "memory"?',
  ]);
});

test('loadConfig() lists at most 100 problems, and says how many more there are', () => {
  const keys = Array.from({ length: 250 }, (_, index) => `unknown_key_${index}: 1`).join('\n');
  const { problems } = loadText(configText({ more: keys }));
  assert.equal(problems.length, 101);
  assert.equal(problems.at(-1), 'and 150 more problems');
});

test('loadConfig() escapes control characters in keys', () => {
  const { problems } = loadText(configText({ more: '"a\\e[31m\\u202e": 1' }));
  assert.match(problems[0] ?? '', /a\\u\{1b\}\[31m\\u\{202e\}: unknown/);
});

test('loadConfig() freezes what it returns, down to the leaves', () => {
  const { config } = loadText(configText());
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen));
  assert.notEqual(config, undefined);
  assert.equal(frozen(config), true);
});
