// What zod found, as problems with a place: unknown keys with a suggestion, values with their
// bounds. Values that may be secret are never repeated.

import type { z } from 'zod';
import { suggestion } from './did-you-mean.ts';
import { type LocatedMap, nodeAt, type Path } from './located-tree.ts';
import type { ProblemList } from './problems.ts';
import type { KeyFacts } from './schema-keys.ts';
import { knownKeys, placeOf, schemaAt } from './schema-walk.ts';

export function reportIssues(
  root: LocatedMap,
  schema: z.ZodType,
  issues: readonly z.core.$ZodIssue[],
  problems: ProblemList,
): void {
  for (const issue of issues) {
    const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
    const place = schemaAt(schema, path);
    const facts = place && placeOf(place).facts;
    if (issue.code === 'unrecognized_keys') {
      const known = place === undefined ? [] : knownKeys(place);
      for (const key of issue.keys) {
        const text = facts?.unknownKeys ?? `unknown${suggestion(key, known)}`;
        problems.addAt(root, [...path, key], 'key', text);
      }
      continue;
    }
    const about = aboutKey(issue) ? 'key' : 'value';
    const shown = about === 'key' ? '' : shownValue(root, path, facts);
    problems.addAt(root, path, about, issueText(issue, root, path, facts) + shown);
  }
}

/** The key itself is wrong, or has to go, whatever its value is. */
function aboutKey(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'never';
  return issue.code === 'custom' && issue.params?.part === 'key';
}

function issueText(
  issue: z.core.$ZodIssue,
  root: LocatedMap,
  path: Path,
  facts: KeyFacts | undefined,
): string {
  if (issue.code === 'custom' || aboutKey(issue)) return issue.message;
  const node = nodeAt(root, path);
  const missing = node === undefined || (node.kind === 'scalar' && node.value === null);
  if (missing && issue.code !== 'too_small') return 'required';
  switch (issue.code) {
    case 'too_big':
    case 'too_small': {
      const limit = issue.code === 'too_big' ? issue.maximum : issue.minimum;
      const word = issue.code === 'too_big' ? 'at most' : 'at least';
      if (issue.origin === 'string' && limit === 1) return 'must not be empty';
      if (issue.origin === 'string') return `must have ${word} ${limit} characters`;
      if (issue.origin === 'array') return `must have ${word} ${limit} elements`;
      return facts?.bounds === undefined
        ? `must be ${word} ${limit}`
        : `must be from ${facts.bounds}`;
    }
    case 'invalid_value':
      if (!issue.message.startsWith('Invalid')) return issue.message;
      return `must be ${issue.values.map(String).join(' or ')}`;
    case 'invalid_format':
      return issue.message;
    default:
      return `must be ${typeText(facts?.type ?? 'map')}`;
  }
}

function typeText(type: string): string {
  if (/^(?:text|true|PEM)/.test(type)) return type;
  return type === 'MiB' ? 'a whole number of MiB' : `a ${type}`;
}

const shownLengthMax = 64;

function shownValue(root: LocatedMap, path: Path, facts: KeyFacts | undefined): string {
  const node = nodeAt(root, path);
  if (node === undefined || facts?.secret === true) return '';
  if (node.kind !== 'scalar') return '';
  if (node.substituted || node.value === null) return '';
  return node.text.length > shownLengthMax ? '' : `, is "${node.text}"`;
}
