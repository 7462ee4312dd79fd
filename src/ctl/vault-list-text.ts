// The contents of a vault as people read them, for gs-ctl and for `gophership vault ls`.

import { countOf, sizeText } from './quantity-text.ts';
import { columns } from './terminal.ts';

/** As programs read it, too. */
export interface VaultListValue {
  readonly segments: readonly SegmentValue[];
  readonly segmentsLeftOut: number;
  readonly totals: SegmentTotalsValue;
  readonly cursors: readonly CursorValue[];
  readonly quarantine: { readonly files: number; readonly bytes: number };
  readonly deadLetter: { readonly totals: SegmentTotalsValue };
  readonly notPartOfTheLog: readonly { readonly name: string; readonly why: string }[];
}

export interface SegmentValue {
  readonly segmentId: string;
  readonly epoch: number;
  readonly state: string;
  readonly entries: number;
  /** RFC 3339; null: there is no entry. */
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly storedBytes: number;
  /** Null: not known. */
  readonly rawBytes: number | null;
}

export interface SegmentTotalsValue {
  readonly segments: number;
  readonly entries: number;
  readonly storedBytes: number;
  readonly rawBytes: number | null;
}

export interface CursorValue {
  readonly consumer: string;
  /** `lost`: it has none of the counts. */
  readonly state: 'ok' | 'lost';
  readonly owed?: number;
  readonly delivered?: number;
  readonly lost?: number;
  readonly dropped?: number;
  readonly deadLettered?: number;
}

export function vaultListTable(value: VaultListValue): string {
  const { segments, segmentsLeftOut, totals, cursors, quarantine, deadLetter } = value;
  const headings = ['SEGMENT', 'EPOCH', 'STATE', 'ENTRIES', 'OLDEST', 'NEWEST', 'STORED', 'RAW'];
  const owedHeadings = ['CONSUMER', 'OWED', 'DELIVERED', 'LOST', 'DROPPED', 'DEAD-LETTERED'];
  const raw = totals.rawBytes === null ? '' : `, ${sizeText(totals.rawBytes)} raw`;
  const older =
    segmentsLeftOut === 0
      ? ''
      : `; ${countOf(segmentsLeftOut, 'older one is', 'older ones are')} not listed`;
  const sizes = `${sizeText(totals.storedBytes)} stored${raw}${older}`;
  const dead = deadLetter.totals;
  return [
    columns(headings, segments.map(segmentCells)),
    `\n${countOf(totals.segments, 'segment')}, ${entriesText(totals)}, ${sizes}\n\n`,
    columns(owedHeadings, cursors.map(cursorCells)),
    `\nquarantine: ${countOf(quarantine.files, 'file')}, ${sizeText(quarantine.bytes)}\n`,
    `dead letter: ${entriesText(dead)}, ${sizeText(dead.storedBytes)}\n`,
    strangerTable(value.notPartOfTheLog),
  ].join('');
}

function entriesText({ entries }: SegmentTotalsValue): string {
  return countOf(entries, 'entry', 'entries');
}

function segmentCells(segment: SegmentValue): string[] {
  const { segmentId, epoch, state, entries, oldest, newest, storedBytes, rawBytes } = segment;
  return [
    ...[segmentId, String(epoch), state, String(entries), oldest ?? '-', newest ?? '-'],
    ...[sizeText(storedBytes), rawBytes === null ? '-' : sizeText(rawBytes)],
  ];
}

function cursorCells(cursor: CursorValue): string[] {
  if (cursor.state === 'lost') return [cursor.consumer, 'both slots are damaged', '', '', '', ''];
  const { owed, delivered, lost, dropped, deadLettered } = cursor;
  const counts = [owed, delivered, lost, dropped, deadLettered];
  return [cursor.consumer, ...counts.map((count) => String(count ?? '-'))];
}

function strangerTable(strangers: VaultListValue['notPartOfTheLog']): string {
  if (strangers.length === 0) return '';
  const rows = strangers.map(({ name, why }) => [name, why]);
  return `\n${columns(['NOT PART OF THE LOG', 'WHY'], rows)}`;
}
