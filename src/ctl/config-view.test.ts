import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { fakeControl, fakeTerminal } from '../../test/support/control-fake.ts';
import { configSchema } from './config-schema.ts';
import { showConfig } from './config-view.ts';

const yaml = 'memory:\n  limit_mib: 256\nexporters:\n  file: { path: "a\u202eb" }\n';
const config = { memory: { limit_mib: 256 }, exporters: { file: { path: 'a\u202eb' } } };

test('showConfig() shows the YAML as it is, escaped, or an object with it inside', async () => {
  const client = fakeControl({ service: { getConfig: () => ({ yaml }) } });
  const [table, json, asYaml] = [fakeTerminal(), fakeTerminal('json'), fakeTerminal('yaml')];
  for (const terminal of [table, json, asYaml]) {
    assert.equal(await showConfig(client, terminal), 0);
    assert.doesNotMatch(terminal.shown(), /\u202e/);
  }
  assert.equal(table.shown(), yaml.replace('\u202e', '\\u202e'));
  assert.deepEqual(JSON.parse(json.shown()).config, config);
  assert.deepEqual(parse(asYaml.shown()).config, config);
});

test('configSchema() prints a schema that editors read: no more than the schema', async () => {
  const [json, asYaml] = [fakeTerminal(), fakeTerminal('yaml')];
  await configSchema(json);
  const schema = JSON.parse(json.shown());
  assert.ok('receivers' in schema.properties);
  assert.equal(schema.apiVersion, undefined);
  await configSchema(asYaml);
  assert.deepEqual(parse(asYaml.shown()), schema);
});
