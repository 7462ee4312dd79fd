// What a check of a vault has found, as people read it, for gs-ctl and `gophership vault verify`.

import { countOf, sizeText } from './quantity-text.ts';
import { columns } from './terminal.ts';

/** As programs read it, too. */
export interface VaultCheckValue {
  readonly clean: boolean;
  readonly entries: number;
  readonly bodyBytes: number;
  readonly lostEntries: number;
  readonly findings: readonly {
    readonly where: string;
    readonly what: string;
    readonly lostEntries: number;
  }[];
  readonly findingsLeftOut?: number;
  /** What is no damage. */
  readonly notes: readonly string[];
}

export function vaultCheckTable(value: VaultCheckValue): string {
  const { clean, entries, bodyBytes, lostEntries, findings, findingsLeftOut = 0, notes } = value;
  const rows = findings.map(({ where, what, lostEntries: lost }) => [where, what, String(lost)]);
  const damage = clean ? '' : columns(['WHERE', 'DAMAGE', 'LOST ENTRIES'], rows);
  const more = findingsLeftOut === 0 ? '' : `and ${findingsLeftOut} more\n`;
  const noteRows = notes.map((note) => [note]);
  const noted = notes.length === 0 ? '' : columns(['NOTE'], noteRows);
  const foundCount = findings.length + findingsLeftOut;
  const verdict = clean ? 'clean' : `${foundCount} damaged, ${entriesText(lostEntries)} lost`;
  const read = `${entriesText(entries)}, ${sizeText(bodyBytes)} of bodies`;
  return `${damage}${more}${noted}${verdict}: ${read}\n`;
}

function entriesText(count: number): string {
  return countOf(count, 'entry', 'entries');
}
