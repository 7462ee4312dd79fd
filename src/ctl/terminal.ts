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
}

/** One result: `table` makes the text for people, `value` is the object for programs. */
export async function show(
  terminal: Terminal,
  value: Readonly<Record<string, unknown>>,
  table: () => string,
): Promise<void> {
  terminal.out(await formatted(terminal.format, value, table));
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
  const versioned = { apiVersion, ...value };
  if (format === 'json') return `${JSON.stringify(versioned, undefined, 2)}\n`;
  const { stringify } = await import('./yaml-text.ts');
  return stringify(versioned);
}

export const apiVersion = 'gophership/v1';
