// `${env:X}`, `${env:X:-default}`, `${file:/path}` and `$$` inside one scalar, set in after the
// YAML was parsed: what a variable holds can never change the structure around it.

import { type Environment, readText } from './environment.ts';

export interface Substituted {
  readonly text: string;
  /**
   * The scalar was one substitution and nothing else: its type is derived again from the new text.
   */
  readonly whole: boolean;
  /** Some of the text came from a variable or a file. */
  readonly changed: boolean;
  readonly problems: readonly string[];
}

export function substitute(text: string, environment: Environment): Substituted {
  return expand(text, environment, 0);
}

/** Defaults may hold substitutions, which may have defaults; nobody means more than a few. */
const depthMax = 8;

/** A secret or a name, not a document. */
const textLengthMax = 64 * 1024;

function expand(text: string, environment: Environment, depth: number): Substituted {
  const problems: string[] = [];
  let output = '';
  let changed = false;
  let whole = false;
  let index = 0;
  while (index < text.length) {
    const dollar = text.indexOf('$', index);
    if (dollar === -1) break;
    output += text.slice(index, dollar);
    if (text.startsWith('$$', dollar)) {
      output += '$';
      index = dollar + 2;
      continue;
    }
    if (!text.startsWith('${', dollar)) {
      output += '$';
      index = dollar + 1;
      continue;
    }
    const end = closingBrace(text, dollar);
    if (end === -1) {
      problems.push('substitution without a closing brace; write "$$" for a dollar sign');
      index = text.length;
      break;
    }
    const found = resolve(text.slice(dollar + 2, end), environment, depth);
    output += found.text;
    problems.push(...found.problems);
    changed = true;
    whole = dollar === 0 && end === text.length - 1;
    index = end + 1;
  }
  output += text.slice(index);
  if (output.length > textLengthMax) {
    problems.push(`longer than ${textLengthMax} characters after substitution`);
  }
  return { text: output.slice(0, textLengthMax), whole, changed, problems };
}

interface Resolved {
  readonly text: string;
  readonly problems: readonly string[];
}

function resolve(reference: string, environment: Environment, depth: number): Resolved {
  const [, scheme = 'env', rest = ''] = /^(?:([a-z][a-z0-9]*):(?!-))?(.*)$/s.exec(reference) ?? [];
  if (scheme === 'file') return fileText(rest, environment);
  if (scheme !== 'env') return failure(`unknown source "${scheme}:", allowed: env, file`);
  const defaultAt = rest.indexOf(':-');
  const name = defaultAt === -1 ? rest : rest.slice(0, defaultAt);
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return failure('not a variable name after "${"');
  const value = environment.variables[name];
  if (value !== undefined) return { text: value, problems: [] };
  if (defaultAt === -1) {
    return failure(`variable ${name} is not set and has no default (\${env:${name}:-default})`);
  }
  if (depth === depthMax) return failure(`defaults nested deeper than ${depthMax}`);
  return expand(rest.slice(defaultAt + 2), environment, depth + 1);
}

/** One trailing newline is how editors end a file, not part of the secret in it. */
function fileText(path: string, environment: Environment): Resolved {
  const file = readText(environment, path);
  if ('failure' in file) return failure(`cannot read ${path}: ${file.failure}`);
  return { text: file.text.replace(/\r?\n$/, ''), problems: [] };
}

function failure(problem: string): Resolved {
  return { text: '', problems: [problem] };
}

/** The `}` that closes the `${` at `start`; braces of substitutions inside are skipped. */
function closingBrace(text: string, start: number): number {
  let depth = 0;
  for (let index = start; index < text.length; index += 1) {
    if (text.startsWith('${', index)) {
      depth += 1;
      index += 1;
    } else if (text[index] === '}') {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}
