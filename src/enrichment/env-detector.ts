// OTEL_RESOURCE_ATTRIBUTES: `key=value,key=value`, percent-encoded like W3C Baggage (OpenTelemetry
// resource SDK specification). One bad entry discards the whole variable, with a warning, as the
// specification asks.

import type { Log } from '../log.ts';
import type { Attributes, Surroundings } from './surroundings.ts';

export const resourceAttributesVariable = 'OTEL_RESOURCE_ATTRIBUTES';

export function detectEnvironment(
  surroundings: Pick<Surroundings, 'environment'>,
  log: Log,
): Attributes {
  const text = surroundings.environment[resourceAttributesVariable] ?? '';
  const attributes = parseResourceAttributes(text);
  if (typeof attributes !== 'string') return attributes;
  // The value is not shown: people put secrets into variables.
  log.warn('CONFIG', `${resourceAttributesVariable} ignored: ${attributes}`);
  return [];
}

/** The attributes, or what is wrong with the text. Of a key given twice the last value counts. */
export function parseResourceAttributes(text: string): Attributes | string {
  const attributes = new Map<string, string>();
  let position = 0;
  for (const entry of text.split(',')) {
    position += 1;
    if (entry.trim() === '') continue; // a trailing comma, or nothing at all
    const equalsAt = entry.indexOf('=');
    if (equalsAt < 0) return `entry ${position} has no "="`;
    const key = decoded(entry.slice(0, equalsAt));
    const value = decoded(entry.slice(equalsAt + 1));
    if (key === undefined || value === undefined) return `entry ${position} has a bad % escape`;
    if (key === '') return `entry ${position} has an empty key`;
    attributes.set(key, value);
  }
  return [...attributes];
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.trim());
  } catch (error) {
    if (error instanceof URIError) return undefined; // the caller says which entry
    throw error;
  }
}
