// The configuration in use, as an operator may see it: in the form in which it is written, with the
// defaults filled in, and without what may be secret. What has no effect is left out.

import { z } from 'zod';
import { componentSchema, componentTypesOf } from './component-map.ts';
import type { Config } from './config.ts';
import type { LocatedMap, LocatedNode, LocatedScalar } from './located-tree.ts';
import { configSchema } from './schema.ts';
import type { KeyFacts } from './schema-keys.ts';
import { childSchema, placeOf } from './schema-walk.ts';
import { yamlText } from './yaml-text.ts';

/** YAML by section ("receivers", "zones"); all of them after each other are one document. */
export type ConfigSections = Readonly<Record<string, string>>;

/** `config`: what was made of `root`, for defaults that depend on the host. */
export function effectiveSections(root: LocatedMap, config: Config): ConfigSections {
  const whole = shown(root, configSchema);
  const sections = Object.entries(isMap(whole) ? whole : {});
  const host = hostDefaults(config);
  return Object.fromEntries(
    sections.map(([name, section]) => {
      const filled = isMap(section) ? { ...section, ...missing(section, host[name]) } : section;
      return [name, yamlText({ [name]: filled })];
    }),
  );
}

export const hidden = '(hidden)';

/** Those of keys that an operator asks for most. */
function hostDefaults({ memory, telemetry }: Config): Readonly<Record<string, Plain>> {
  return {
    memory: {
      limit_mib: memory.limitBytes / 2 ** 20,
      shards: memory.shardCount,
      max_connections: memory.connectionsMax,
    },
    telemetry: { logs: telemetry.logs },
  };
}

type Plain = Readonly<Record<string, unknown>>;

function missing(section: Plain, defaults: Plain | undefined): Plain {
  return Object.fromEntries(
    Object.entries(defaults ?? {}).flatMap(([key, value]) => {
      const written = section[key];
      if (written === undefined) return [[key, value]];
      if (isMap(written) && isMap(value))
        return [[key, { ...written, ...missing(written, value) }]];
      return [];
    }),
  );
}

/** Undefined: not to be seen, or nothing there. */
function shown(node: LocatedNode | undefined, schema: z.ZodType): unknown {
  const { facts, core, defaultValue } = placeOf(schema);
  if (facts !== undefined && facts.effect !== 'honoured') return undefined;
  const isEmpty = node === undefined || (node.kind === 'scalar' && node.value === null);
  if (isEmpty && node === undefined && defaultValue === undefined) return undefined;
  if (componentTypesOf(core) !== undefined || core instanceof z.ZodRecord) {
    return node?.kind === 'map' ? shownEntries(node, schema) : {};
  }
  if (core instanceof z.ZodObject) {
    return shownBlock(node?.kind === 'map' ? node : undefined, schema, core, defaultValue);
  }
  if (isEmpty) return defaultValue;
  if (node.kind === 'list') {
    return node.elements.map((element) => shown(element, childSchema(schema, 0) ?? z.never()));
  }
  return node.kind === 'scalar' ? shownScalar(node, facts) : hidden;
}

function shownBlock(
  node: LocatedMap | undefined,
  schema: z.ZodType,
  core: z.ZodObject,
  defaultValue: unknown,
): Plain {
  const preset = isMap(defaultValue) ? defaultValue : {};
  return withoutUndefined(
    Object.keys(core.shape).map((key) => {
      const written = shown(node?.entries.get(key)?.node, childSchema(schema, key) ?? z.never());
      return [key, node?.entries.has(key) === true ? written : (preset[key] ?? written)];
    }),
  );
}

function shownEntries(node: LocatedMap, schema: z.ZodType): Plain {
  const types = componentTypesOf(placeOf(schema).core);
  return withoutUndefined(
    [...node.entries].map(([key, entry]) => {
      const child = types === undefined ? childSchema(schema, key) : componentSchema(types, key);
      return [key, shown(entry.node, child ?? z.never())];
    }),
  );
}

function shownScalar(scalar: LocatedScalar, facts: KeyFacts | undefined): unknown {
  // Neither has room for a secret: URLs of exporters have no user and no password.
  if (facts?.type === 'host:port') return scalar.text;
  if (facts?.type === 'URL') return shownUrl(scalar.text);
  const isText = facts === undefined || facts.type.includes('text') || facts.type.includes('Text');
  if (facts?.secret === true || (scalar.substituted && isText)) return hidden;
  return facts?.asText === true ? scalar.text : scalar.value;
}

/** Paths and queries are where some services want their keys. */
function shownUrl(text: string): string {
  if (!URL.canParse(text)) return hidden;
  const { origin, pathname, search } = new URL(text);
  return pathname === '/' && search === '' ? origin : `${origin}/${hidden}`;
}

function withoutUndefined(entries: readonly (readonly [string, unknown])[]): Plain {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function isMap(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
