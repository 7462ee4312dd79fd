// Dead letters as people read them, for gs-ctl and for `gophership vault dead-letter`.

import { printable } from '../tls/printable.ts';
import { sizeText } from './quantity-text.ts';
import { columns } from './terminal.ts';

/** As programs read it, too. */
export interface LetterValue {
  readonly entrySeq: number;
  /** RFC 3339; null: not known. */
  readonly received: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly statusCode: number;
  readonly originalKind: string;
  /** Null: they were not counted. */
  readonly records: number | null;
  readonly bytes: number;
  /** Empty: not known. */
  readonly owedTo: readonly string[];
}

export function letterTable(letters: readonly LetterValue[]): string {
  const headings = [
    ...['ENTRY', 'RECEIVED', 'REASON', 'ATTEMPTS', 'STATUS', 'KIND', 'RECORDS', 'SIZE'],
    'OWED TO',
  ];
  return columns(headings, letters.map(letterCells));
}

/** One of them, with its batch as JSON. */
export function letterText(letter: LetterValue, batch: unknown): string {
  const head = Object.entries(letter).map(([name, value]) => `${name}: ${String(value)}`);
  // Control characters in strings are escapes in JSON already; those that turn text are not.
  const body = JSON.stringify(batch, undefined, 2).split('\n');
  return `${[...head, '', ...body].map(printable).join('\n')}\n`;
}

function letterCells(letter: LetterValue): string[] {
  const { entrySeq, received, reason, attempts, statusCode, originalKind } = letter;
  return [
    ...[String(entrySeq), received ?? '-', reason, String(attempts), String(statusCode)],
    ...[originalKind, String(letter.records ?? '-'), sizeText(letter.bytes)],
    letter.owedTo.join(', ') || '-',
  ];
}
