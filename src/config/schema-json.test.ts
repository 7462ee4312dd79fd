import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { configText } from '../../test/support/config-fixtures.ts';
import { exampleConfig } from '../../test/support/example-config.ts';
import { defaultConfigYaml } from './default-config.ts';
import { jsonSchema } from './schema-json.ts';

const schema = z.fromJSONSchema(jsonSchema());

/** What an editor would say: the top-level keys under which the JSON Schema refuses something. */
function refusedSections(text: string): readonly string[] {
  const parsed = schema.safeParse(parse(text, { merge: true }));
  return (parsed.error?.issues ?? []).map((issue) => String(issue.path[0] ?? ''));
}

function check(rows: readonly (readonly [string, readonly string[]])[]): void {
  for (const [text, expected] of rows) assert.deepEqual(refusedSections(text), expected, text);
}

test('jsonSchema() accepts what the loader accepts, substitutions and empty keys too', () => {
  const variable = `$${'{env:X}'}`;
  check([
    [configText(), []],
    [exampleConfig, []],
    [defaultConfigYaml({ ca: 'a', cert: 'b', key: 'c', output: 'd', vault: 'e' }), []],
    [configText({ exporters: 'debug:' }), []],
    [configText({ exporters: 'otlp/old: { endpoint: "c:1", headers: { a: b } }' }), []],
    [
      configText({
        grpc: `max_recv_msg_size_mib: "${variable}"`,
        more: `memory: { shards: "${variable}" }\ntelemetry: { logs: { level: "${variable}" } }`,
      }),
      [],
    ],
  ]);
});

test('jsonSchema() refuses unknown keys, types of components, bounds and refused keys', () => {
  check([
    [configText({ more: 'memroy: {}' }), ['']],
    [configText({ more: 'memory: { limit_mib: 5000 }' }), ['memory']],
    [configText({ exporters: 'kafka: {}' }), ['exporters']],
    [configText({ grpc: 'auth: {}' }), ['receivers']],
    [configText({ exporters: 'file: {}' }), ['exporters']],
  ]);
});

test('jsonSchema() describes every key, and is plain JSON', () => {
  const json = jsonSchema();
  assert.deepEqual(JSON.parse(JSON.stringify(json)), json);
  const undescribed: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== 'object' || node === null) return;
    const properties = 'properties' in node ? Object(node.properties) : {};
    const patterns = 'patternProperties' in node ? Object(node.patternProperties) : {};
    const children: Record<string, object> = { ...properties, ...patterns };
    for (const [key, child] of Object.entries(children)) {
      if (!('description' in child)) undescribed.push(`${path}.${key}`);
      visit(child, `${path}.${key}`);
    }
  };
  visit(json, '');
  assert.deepEqual(undescribed, []);
});
