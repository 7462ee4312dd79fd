// The JSON Schema of the configuration, for editors (`gophership schema`). Made from the zod
// schema; what zod cannot say is added: components by type, keys left empty, and `${...}` in place
// of a value.

import { z } from 'zod';
import { componentTypesOf } from './component-map.ts';
import { configSchema } from './schema.ts';

export function jsonSchema(): Readonly<Record<string, unknown>> {
  return toJson(configSchema);
}

type Json = Record<string, unknown>;

const substitutionPattern = '\\$\\{';

function toJson(schema: z.ZodType): Json {
  const json = z.toJSONSchema(schema, {
    io: 'input',
    // bigint: a whole number like any other, to an editor.
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: node, path }) {
      // zod types the parts of a schema as its core class; all of ours are made by the classic API.
      const types = componentTypesOf(zodSchema as unknown as z.ZodType);
      if (types !== undefined) {
        const { propertyNames: _, ...rest } = node;
        replace(node, {
          ...rest,
          patternProperties: Object.fromEntries(
            Object.entries(types.schemas).map(([type, component]) => [
              idPattern(type, types.renamed),
              componentJson(component),
            ]),
          ),
          additionalProperties: false,
        });
      } else if (zodSchema instanceof z.ZodObject && path.length > 0) {
        node.type = ['object', 'null'] as never; // an empty key stands for an empty map
      } else if (takesSubstitution(node) && !path.includes('anyOf')) {
        const { description, default: preset, ...rest } = node;
        replace(node, {
          ...(description === undefined ? {} : { description }),
          ...(preset === undefined ? {} : { default: preset }),
          anyOf: [rest, { type: 'string', pattern: substitutionPattern }],
        });
      }
    },
  });
  return { ...json };
}

function componentJson(component: z.ZodType): Json {
  const { $schema: _, ...json } = toJson(component);
  return component instanceof z.ZodObject ? { ...json, type: ['object', 'null'] } : json;
}

function idPattern(type: string, renamed: Readonly<Record<string, string>>): string {
  const old = Object.keys(renamed).filter((name) => renamed[name] === type);
  return `^(?:${[type, ...old].join('|')})(?:/.+)?$`;
}

/** Values that a text with "${" in it would not match by itself. */
function takesSubstitution(node: Json): boolean {
  if (node.anyOf !== undefined) return false;
  if (node.type === 'number' || node.type === 'integer' || node.type === 'boolean') return true;
  return node.enum !== undefined || node.const !== undefined || node.pattern !== undefined;
}

function replace(node: Json, by: Json): void {
  for (const key of Object.keys(node)) delete node[key];
  Object.assign(node, by);
}
