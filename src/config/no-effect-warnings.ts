// Keys that are accepted so that Collector configurations can be pasted, but that change nothing:
// each one that is used is a warning, so that nobody relies on it.

import type { z } from 'zod';
import { componentTypesOf, typeOf } from './component-map.ts';
import type { LocatedMap, LocatedNode, Path } from './located-tree.ts';
import type { ProblemList } from './problems.ts';
import { childSchema, placeOf } from './schema-walk.ts';

export function warnOfKeysWithoutEffect(
  root: LocatedMap,
  schema: z.ZodType,
  warnings: ProblemList,
): void {
  visit(root, schema, []);

  function visit(node: LocatedNode, at: z.ZodType, path: Path): void {
    const { facts, core } = placeOf(at);
    if (facts?.effect === 'none') {
      warnings.addAt(root, path, 'key', `no effect: ${facts.reason}`);
      return;
    }
    if (node.kind === 'scalar' && node.text === facts?.needlessValue) {
      warnings.addAt(root, path, 'value', `no effect: ${facts.reason}`);
    }
    if (node.kind !== 'map') return;
    const types = componentTypesOf(core);
    for (const [key, entry] of node.entries) {
      const renamed = types?.renamed[typeOf(key)];
      if (renamed !== undefined) {
        warnings.addAt(root, [...path, key], 'key', `old name, write ${renamed}`);
      }
      const child = childSchema(at, key);
      if (child !== undefined) visit(entry.node, child, [...path, key]);
    }
  }
}
