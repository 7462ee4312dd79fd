// What a command knows of the world: its streams, its folder and its environment, handed in by
// ctl-main.ts so that tests can hand in others. stdout is data, stderr is talk.

import { printable } from '../tls/printable.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly talk: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly format: OutputFormat;
  /** Asks whoever sits there and returns the answer; absent: nobody does. */
  readonly ask?: (question: string) => Promise<string>;
}

/** One result: `table` makes the text for people, `value` is the object for programs. */
export async function show(
  terminal: Terminal,
  value: Readonly<Record<string, unknown>>,
  table: () => string,
): Promise<void> {
  terminal.out(await formatted(terminal.format, value, table));
}

/** One of many results: an object a line, or a document of YAML each. */
export async function showNext(
  terminal: Terminal,
  value: Readonly<Record<string, unknown>>,
  table: () => string,
): Promise<void> {
  if (terminal.format === 'table') terminal.out(table());
  else if (terminal.format === 'yaml') terminal.out(`---\n${await yamlText(versioned(value))}`);
  else terminal.out(`${printable(JSON.stringify(versioned(value)))}\n`);
}

/** Columns as wide as their widest cell, two spaces apart, headings in capitals. */
export function columns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [headings, ...rows].map((row) => row.map(printable));
  const widths = headings.map((_, column) =>
    Math.max(...cells.map((row) => (row[column] ?? '').length)),
  );
  return cells
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column]! + 2)).join(''))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

async function formatted(
  format: OutputFormat,
  value: Readonly<Record<string, unknown>>,
  table: () => string,
): Promise<string> {
  if (format === 'table') return table();
  if (format === 'yaml') return yamlText(versioned(value));
  return `${printableLines(JSON.stringify(versioned(value), undefined, 2))}\n`;
}

function versioned(value: Readonly<Record<string, unknown>>) {
  return { apiVersion, ...value };
}

/**
 * Escapes within JSON and within double quotes of YAML mean the character itself, so a program
 * reads what was there.
 */
export async function yamlText(value: unknown): Promise<string> {
  const { stringify } = await import('./yaml-text.ts');
  const text = stringify(value, oneLine);
  if (printableLines(text) === text) return text;
  return printableLines(stringify(value, { ...oneLine, defaultStringType: 'QUOTE_DOUBLE' }));
}

/** Blocks of several lines lose blanks at their ends (yaml 2.9). */
const oneLine = { blockQuote: false, lineWidth: 0 };

/** Line feeds stay: neither of the two has one within a string. */
function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

export const apiVersion = 'gophership/v1';
