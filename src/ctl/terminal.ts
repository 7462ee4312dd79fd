// What a command knows of the world: its streams, its folder and its environment, handed in by
// ctl-main.ts so that tests can hand in others. stdout is data, stderr is talk.

import type { ReadStream, WriteStream } from 'node:tty';
import { printable } from '../tls/printable.ts';
import { plain, styled, type TextStyle } from './text-style.ts';

export type OutputFormat = 'table' | 'json' | 'yaml';

export interface Terminal {
  readonly out: (text: string) => void;
  readonly talk: (text: string) => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
  readonly format: OutputFormat;
  /** The engine's program that came with this one, for node; absent: there is none. */
  readonly engineProgram?: string;
  /** Of tables on stdout; absent: no. */
  readonly hasColours?: boolean;
  /** Of the terminal on stdout; absent: that is none. */
  readonly size?: { readonly columns: number; readonly rows: number };
  /** What a live screen is drawn on; absent: stdin and stdout are no terminal. */
  readonly screen?: ScreenDevice;
  /** Bytes that are no text to stdout, in their turn; absent: it is a screen. */
  readonly writeBytes?: (bytes: Uint8Array) => Promise<void>;
  /** Somebody sees what is said at once, so that a line can be written over; absent: no. */
  readonly isWatched?: boolean;
  /** Asks whoever sits there and returns the answer; absent: nobody does. */
  readonly ask?: (question: string) => Promise<string>;
}

/** The two ends of a terminal, as Node has them. */
export interface ScreenDevice {
  readonly input: ReadStream;
  readonly output: WriteStream;
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

/** What stands in a column, and how it looks where there are colours. */
export type Cell = string | { readonly text: string; readonly style: TextStyle };

/** Columns as wide as their widest cell, two spaces apart, headings in capitals. */
export function columns(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  hasColours = false,
): string {
  const cells = [headings, ...rows].map((row) => row.map(plainCell));
  const widths = headings.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.text.length ?? 0)),
  );
  return cells
    .map((row) => {
      const last = row.findLastIndex(({ text }) => text !== '');
      return row.slice(0, last + 1).map(({ text, style }, column) => {
        const shown = styled(text, style, hasColours);
        const isLast = column === last;
        return isLast ? shown : shown + ' '.repeat(widths[column]! + 2 - text.length);
      });
    })
    .map((row) => `${row.join('').trimEnd()}\n`)
    .join('');
}

function plainCell(cell: Cell): { readonly text: string; readonly style: TextStyle } {
  if (typeof cell === 'string') return { text: printable(cell), style: plain };
  return { text: printable(cell.text), style: cell.style };
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
