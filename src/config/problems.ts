// What is wrong with a configuration: every problem of one run, each with its place, in reading
// order.

import { GopherShipError } from '../errors.ts';
import { type LocatedNode, type Path, type Position, positionAt } from './located-tree.ts';

/** A configuration that cannot be used. `problems` has one line for each thing to change. */
export class ConfigErrors extends GopherShipError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super('CONFIG', problems.join('\n'));
    this.problems = problems;
  }
}

interface Problem {
  readonly position: Position;
  readonly text: string;
}

/** Collects problems; `lines()` are sorted, without repetitions, and bounded. */
export class ProblemList {
  readonly #problems: Problem[] = [];
  // In the order of their first problem, until orderBySources() knows better.
  #sources: string[] = [];

  get count(): number {
    return this.#problems.length;
  }

  add(position: Position, text: string): void {
    if (this.#problems.length > problemsMax * 10) return;
    if (!this.#sources.includes(position.source)) this.#sources.push(position.source);
    this.#problems.push({ position, text });
  }

  /** Lines are sorted as the sources were given. */
  orderBySources(names: readonly string[]): void {
    this.#sources = [...names, ...this.#sources];
  }

  addAt(root: LocatedNode, path: Path, part: 'key' | 'value', text: string): void {
    const name = pathText(path);
    this.add(positionAt(root, path, part), name === '' ? text : `${name}: ${text}`);
  }

  lines(): readonly string[] {
    const sorted = this.#problems.toSorted(
      (a, b) =>
        this.#sources.indexOf(a.position.source) - this.#sources.indexOf(b.position.source) ||
        (a.position.line ?? 0) - (b.position.line ?? 0) ||
        (a.position.column ?? 0) - (b.position.column ?? 0),
    );
    const lines = [
      ...new Set(sorted.map((one) => printable(`${positionText(one.position)}: ${one.text}`))),
    ];
    if (lines.length <= problemsMax) return lines;
    return [...lines.slice(0, problemsMax), `and ${lines.length - problemsMax} more problems`];
  }

  throwAll(): never {
    throw new ConfigErrors(this.lines());
  }
}

/** More would not be read; the rest shows in the next run. */
const problemsMax = 100;

export function pathText(path: Path): string {
  return path.reduce<string>(
    (text, step) =>
      typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`,
    '',
  );
}

function positionText(position: Position): string {
  if (position.line === undefined) return position.source;
  return `${position.source}:${position.line}:${position.column ?? 1}`;
}

/**
 * Keys and file names are foreign text: control characters must not drive the reader's terminal.
 */
function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  });
}
