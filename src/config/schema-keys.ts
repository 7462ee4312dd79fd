// The kinds of keys that the schema is made of. Each takes its bounds and its reason, and leaves
// both where the messages (schema-issues.ts) and the reference page (schema-docs.ts) find them.

import { z } from 'zod';
import { durationMs, percent, type Quantity, rateBytesPerSecond, sizeBytes } from './quantities.ts';

/** What a reader of the reference page, a warning or an error needs to know about one key. */
export interface KeyFacts {
  readonly effect: 'honoured' | 'none' | 'refused';
  readonly type: string;
  readonly reason: string;
  readonly bounds?: string;
  /** For defaults that depend on the host or on other keys: how they are computed. */
  readonly computedDefault?: string;
  /** The value is never shown in a message. */
  readonly secret?: boolean;
  /** Takes the scalar as written: `007` is no number here. */
  readonly asText?: boolean;
  /** Whole numbers stay exact beyond 2^53. */
  readonly exactIntegers?: boolean;
  /** Said of keys that the map does not have, in place of a suggestion. */
  readonly unknownKeys?: string;
  /** This one value is accepted and changes nothing. */
  readonly needlessValue?: string;
}

/** Facts of a schema made here; wrappers (optional, prefault) have none of their own. */
export function factsOf(schema: z.ZodType): KeyFacts | undefined {
  return keyFacts.get(schema);
}

// Written only while the schema's modules load.
const keyFacts = new WeakMap<z.ZodType, KeyFacts>();

type Extra = Partial<Omit<KeyFacts, 'effect' | 'reason'>>;

/** A map with a closed set of keys. */
export function block<Shape extends z.ZodRawShape>(
  reason: string,
  shape: Shape,
  extra: Extra = {},
) {
  return told(z.strictObject(shape), { effect: 'honoured', type: 'map', reason, ...extra });
}

interface TextLimits {
  readonly lengthMax?: number;
  readonly pattern?: RegExp;
  /** Said when the pattern does not match. */
  readonly mustBe?: string;
}

export function text(reason: string, extra: Extra & TextLimits = {}) {
  const { lengthMax = 4096, pattern, mustBe, ...facts } = extra;
  const bounded = z.string().min(1, 'must not be empty').max(lengthMax);
  return told(pattern === undefined ? bounded : bounded.regex(pattern, mustBe), {
    effect: 'honoured',
    type: 'text',
    reason,
    asText: true,
    ...facts,
  });
}

export function flag(reason: string, extra: Extra = {}) {
  return told(z.boolean(), { effect: 'honoured', type: 'true or false', reason, ...extra });
}

export function choice<const Words extends readonly [string, ...string[]]>(
  words: Words,
  reason: string,
  extra: Extra & { readonly error?: string } = {},
) {
  const { error, ...facts } = extra;
  return told(z.enum(words, error), {
    effect: 'honoured',
    type: 'word',
    bounds: words.join(', '),
    reason,
    asText: true,
    ...facts,
  });
}

/** Words from a closed set, each at most once. */
export function choiceList<const Words extends readonly [string, ...string[]]>(
  words: Words,
  reason: string,
) {
  const facts: KeyFacts = {
    effect: 'honoured',
    type: 'list of words',
    bounds: words.join(', '),
    reason,
    asText: true,
  };
  return told(z.array(told(z.enum(words), facts)).max(words.length), facts);
}

export function list<Element extends z.ZodType>(
  element: Element,
  countMax: number,
  reason: string,
  extra: Extra = {},
) {
  return told(z.array(element).max(countMax), {
    effect: 'honoured',
    type: 'list',
    bounds: `at most ${countMax}`,
    reason,
    ...extra,
  });
}

export function count(min: number, max: number, reason: string, extra: Extra = {}) {
  return told(z.int().min(min).max(max), {
    effect: 'honoured',
    type: 'whole number',
    bounds: `${min} to ${max}`,
    reason,
    ...extra,
  });
}

export function ratio(min: number, max: number, reason: string) {
  return told(z.number().min(min).max(max), {
    effect: 'honoured',
    type: 'number',
    bounds: `${min} to ${max}`,
    reason,
  });
}

export const duration = quantityKey(durationMs);
export const size = quantityKey(sizeBytes);
export const rate = quantityKey(rateBytesPerSecond);
export const share = quantityKey(percent);

/** Accepted so that blocks of a Collector configuration can be pasted; each use is one warning. */
export function noEffect(reason: string) {
  return told(z.unknown().optional().meta({ deprecated: true }), {
    effect: 'none',
    type: 'any',
    reason,
  });
}

export function refused(reason: string) {
  return told(z.never(`refused: ${reason}`).optional(), {
    effect: 'refused',
    type: 'any',
    reason,
  });
}

/** Registers facts; the reason becomes the JSON Schema's description as well. */
export function told<Schema extends z.ZodType>(schema: Schema, facts: KeyFacts): Schema {
  const prefix = { honoured: '', none: 'No effect: ', refused: 'Refused: ' }[facts.effect];
  const bounds = facts.bounds === undefined ? '' : ` (${facts.bounds})`;
  const description = `${prefix}${facts.reason}${bounds}`;
  const described = schema.meta({ ...schema.meta(), description });
  keyFacts.set(described, facts);
  return described;
}

/**
 * A relation between keys of one block. It runs even when other keys are wrong, so all problems
 * show in one run.
 */
export function relation<Schema extends z.ZodType>(
  schema: Schema,
  look: (block: Readonly<Record<string, unknown>>, report: RelationReport) => void,
): Schema {
  const facts = keyFacts.get(schema);
  const checked = schema.check(
    z.superRefine(
      (value: unknown, context) => {
        if (typeof value !== 'object' || value === null) return;
        look({ ...value }, (path, message) => {
          context.addIssue({ code: 'custom', message, path: [...path] });
        });
      },
      { when: () => true },
    ),
  );
  if (facts !== undefined) keyFacts.set(checked, facts);
  return checked;
}

export type RelationReport = (path: readonly (string | number)[], message: string) => void;

function quantityKey(quantity: Quantity) {
  return (min: string, max: string, reason: string, extra: Extra = {}) => {
    const minimum = quantity.parse(min) ?? Number.NaN;
    const maximum = quantity.parse(max) ?? Number.NaN;
    const schema = z.union([z.string(), z.number()]).transform((written, context): number => {
      const value = quantity.parse(String(written));
      if (value !== undefined && value >= minimum && value <= maximum) return value;
      context.issues.push({
        code: 'custom',
        input: written,
        message:
          value === undefined
            ? `must be a ${quantity.noun} such as ${quantity.example}`
            : `must be from ${min} to ${max}`,
      });
      return z.NEVER;
    });
    return told(schema, {
      effect: 'honoured',
      type: quantity.noun,
      bounds: `${min} to ${max}`,
      reason,
      asText: true,
      ...extra,
    });
  };
}
