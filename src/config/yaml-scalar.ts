// Scalars: from what the YAML library made of them to located ones, with the text as written kept
// beside.

import { isScalar, parseDocument } from 'yaml';
import type { LocatedScalar, Position } from './located-tree.ts';

export function scalarNode(
  position: Position,
  value: LocatedScalar['value'],
  text: string,
  substituted: boolean,
): LocatedScalar {
  return { kind: 'scalar', position, value, text, substituted };
}

/** The scalar that a text would be in YAML; a text that is more than a scalar stays text. */
export function retypedValue(text: string): LocatedScalar['value'] {
  try {
    const { contents, errors } = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
      intAsBigInt: true,
      logLevel: 'silent',
    });
    if (errors.length > 0) return text;
    if (contents === null) return null;
    return isScalar(contents) && typeof contents.value !== 'string'
      ? plainValue(contents.value)
      : text;
  } catch {
    // Nested too deep for the parser: no scalar.
    return text;
  }
}

export function plainValue(value: unknown): LocatedScalar['value'] {
  switch (typeof value) {
    case 'bigint':
    case 'number':
    case 'boolean':
    case 'string':
      return value;
    default:
      return null;
  }
}

export function keyText(value: unknown, source: string | undefined): string | undefined {
  if (typeof value === 'string') return value;
  return value === null || typeof value === 'object' ? undefined : (source ?? String(value));
}
