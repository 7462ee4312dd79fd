import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { loadText } from '../../test/support/config-fixtures.ts';
import { exampleConfig } from '../../test/support/example-config.ts';
import { defaultConfigYaml } from './default-config.ts';

const paths = {
  ...{ ca: '/ca.pem', cert: '/cert.pem', key: '/key.pem', output: '/o/logs.jsonl' },
  vault: '/o/vault',
};
const world = { files: { '/etc/gophership/tenant': 'canary-tenant\n' } };

function yamlOf(text: string, variables: Readonly<Record<string, string>> = {}): string {
  const { sections, problems } = loadText(text, { ...world, variables });
  assert.deepEqual(problems, []);
  return Object.values(sections ?? {}).join('');
}

test('effectiveSections() is a configuration that means the same', () => {
  const { config } = loadText(defaultConfigYaml(paths));
  // An attribute's value comes from a variable there, and is dev without it.
  const again = loadText(yamlOf(defaultConfigYaml(paths)).replaceAll('(hidden)', 'dev'));
  assert.deepEqual(again.problems, []);
  assert.deepEqual(again.warnings, []);
  assert.deepEqual(again.config, config);
});

test('effectiveSections() has what is written as it is written, and the defaults', () => {
  const { zones, memory, control, vault, replay, telemetry, service } = parse(
    yamlOf(exampleConfig),
  );
  assert.equal(zones.signals.loop_delay_p99.yellow, '50ms');
  assert.deepEqual(zones.signals.arena_percent, { yellow: 60, red: 85 });
  assert.equal(zones.force, 'none');
  assert.deepEqual([memory.limit_mib, memory.shards], [256, 2]);
  assert.ok(memory.max_connections > 0, 'a default that depends on the host');
  assert.deepEqual(control.roles.operator, ['OU=gophership-operator']);
  assert.equal(vault.limit, '8GiB');
  assert.equal(replay.order, 'oldest');
  assert.equal(telemetry.logs.level, 'info');
  assert.deepEqual(service.pipelines.logs.exporters, ['otlp_grpc/central']);
});

test('effectiveSections() shows no secret, and whom it sends to', () => {
  const yaml = yamlOf(
    exampleConfig
      .replace(/x-tenant: ".*"/, 'x-tenant: canary-header')
      .replace('key_file: /etc/gophership/tls/client.key', 'key_pem: "canary-key"'),
  );
  assert.doesNotMatch(yaml, /canary/);
  const { exporters } = parse(yaml);
  const { endpoint, headers, tls } = exporters['otlp_grpc/central'];
  assert.equal(endpoint, 'collector.example.com:4317');
  assert.deepEqual(headers, { 'x-tenant': '(hidden)' });
  assert.equal(tls.key_pem, '(hidden)');
  assert.doesNotMatch(yamlOf(exampleConfig), /canary/, 'nor one that comes from a file');
});

test('effectiveSections() shows of a URL where it leads, and no path that may be a key', () => {
  const url = (endpoint: string) => {
    const text = exampleConfig
      .replaceAll('otlp_grpc/central', 'otlp_http')
      .replace('endpoint: collector.example.com:4317', `endpoint: ${endpoint}`);
    return parse(yamlOf(text)).exporters.otlp_http.endpoint;
  };
  assert.equal(url('https://a.example.com:8443'), 'https://a.example.com:8443');
  assert.equal(url('https://a.example.com/in/canary'), 'https://a.example.com/(hidden)');
});

test('effectiveSections() shows of what comes from variables what cannot be a secret', () => {
  const variable = (name: string) => `"\${env:${name}}"`;
  const text = exampleConfig
    .replace('directory: /var/lib/gophership/vault', `directory: ${variable('DIRECTORY')}`)
    .replace('limit: 8GiB', `limit: ${variable('LIMIT')}`)
    .replace('yellow: 50ms', `yellow: ${variable('YELLOW')}`);
  const variables = { DIRECTORY: '/canary', LIMIT: '9GiB', YELLOW: '51ms' };
  const { vault, zones } = parse(yamlOf(text, variables));
  assert.deepEqual([vault.directory, vault.limit], ['(hidden)', '9GiB']);
  assert.equal(zones.signals.loop_delay_p99.yellow, '51ms');
});

test('effectiveSections() leaves out what has no effect', () => {
  const yaml = yamlOf(`${exampleConfig}extensions: { health_check: {} }\n`);
  assert.equal(parse(yaml).extensions, undefined);
});
