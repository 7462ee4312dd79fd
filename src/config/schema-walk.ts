// Walking the schema beside a value: which schema holds for a key, through optional, default and
// pipe wrappers. Shared by null handling, warnings, suggestions and the reference page.

import { z } from 'zod';
import { componentSchema, componentTypesOf } from './component-map.ts';
import type { LocatedMap, LocatedNode, Path } from './located-tree.ts';
import { factsOf, type KeyFacts } from './schema-keys.ts';

/** What stands at one key of the schema. */
export interface SchemaPlace {
  readonly facts: KeyFacts | undefined;
  readonly core: z.ZodType;
  /** Written form of the default; undefined when there is none. */
  readonly defaultValue: unknown;
  readonly optional: boolean;
}

export function placeOf(schema: z.ZodType): SchemaPlace {
  let core = schema;
  let facts: KeyFacts | undefined;
  let defaultValue: unknown;
  let optional = false;
  for (let depth = 0; depth < wrappersMax; depth += 1) {
    facts ??= factsOf(core);
    if (componentTypesOf(core) !== undefined) break;
    if (core instanceof z.ZodPrefault) {
      defaultValue ??= core.def.defaultValue;
      core = ofClassic(core.unwrap());
    } else if (core instanceof z.ZodOptional) {
      optional = true;
      core = ofClassic(core.unwrap());
    } else if (core instanceof z.ZodPipe) {
      core = ofClassic(core.in);
    } else break;
  }
  return { facts, core, defaultValue, optional };
}

/** The schema of a child; undefined for unknown keys and below values of any form. */
export function childSchema(schema: z.ZodType, step: string | number): z.ZodType | undefined {
  const { core } = placeOf(schema);
  const types = componentTypesOf(core);
  if (types !== undefined) return componentSchema(types, String(step));
  if (core instanceof z.ZodObject) {
    return Object.hasOwn(core.shape, step) ? ofClassic(core.shape[step]) : undefined;
  }
  if (core instanceof z.ZodRecord) return ofClassic(core.valueType);
  return core instanceof z.ZodArray ? ofClassic(core.element) : undefined;
}

export function schemaAt(root: z.ZodType, path: Path): z.ZodType | undefined {
  let schema: z.ZodType | undefined = root;
  for (const step of path) schema = schema === undefined ? undefined : childSchema(schema, step);
  return schema;
}

/** Keys that may be suggested in place of an unknown one. */
export function knownKeys(schema: z.ZodType): readonly string[] {
  const { core } = placeOf(schema);
  const types = componentTypesOf(core);
  if (types !== undefined) return Object.keys(types.schemas);
  if (!(core instanceof z.ZodObject)) return [];
  return Object.keys(core.shape).filter(
    (key) => placeOf(ofClassic(core.shape[key])).facts?.effect === 'honoured',
  );
}

/**
 * The plain value that zod checks. A key without a value means its default, an empty map where a
 * map is due.
 */
export function toPlain(node: LocatedNode, schema: z.ZodType | undefined): unknown {
  switch (node.kind) {
    case 'map':
      return plainMap(node, schema);
    case 'list':
      return node.elements.map((element) => toPlain(element, schema && childSchema(schema, 0)));
    case 'scalar': {
      const facts = schema === undefined ? undefined : placeOf(schema).facts;
      if (node.value === null) return facts?.effect === 'refused' ? null : emptyOf(schema);
      if (facts?.asText === true) return node.text;
      if (typeof node.value !== 'bigint' || facts?.exactIntegers === true) return node.value;
      return Number(node.value);
    }
  }
}

const wrappersMax = 8;

function plainMap(map: LocatedMap, schema: z.ZodType | undefined): unknown {
  const plain: Record<string, unknown> = {};
  for (const [key, entry] of map.entries) {
    const value = toPlain(entry.node, schema && childSchema(schema, key));
    if (value !== undefined) plain[key] = value;
  }
  return plain;
}

function emptyOf(schema: z.ZodType | undefined): unknown {
  if (schema === undefined) return null;
  const { core } = placeOf(schema);
  const isMap =
    core instanceof z.ZodObject ||
    core instanceof z.ZodRecord ||
    componentTypesOf(core) !== undefined;
  return isMap ? {} : undefined;
}

/** zod types the parts of a schema as its core class; all of ours are made by the classic API. */
function ofClassic(schema: unknown): z.ZodType {
  return schema as z.ZodType;
}
