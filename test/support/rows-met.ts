// Which rows of the table of recovery a run of tests has met. Each process appends its own to the
// file that GOPHERSHIP_VAULT_ROWS names, when it ends; without it nothing is kept.

import { appendFileSync } from 'node:fs';
import type { RecoveryRow } from '../../src/vault/recovery-report.ts';

const path = process.env.GOPHERSHIP_VAULT_ROWS;
const met = new Map<string, number>();

export function meetRows(rows: readonly RecoveryRow[]): void {
  if (path === undefined) return;
  if (met.size === 0) process.once('exit', write);
  for (const row of rows) met.set(row, (met.get(row) ?? 0) + 1);
}

function write(): void {
  const lines = [...met].map(([row, count]) => `${row} ${count}\n`);
  if (path !== undefined) appendFileSync(path, lines.join(''));
}
