// `gophership vault dead-letter`: the batches that were set aside since nobody takes them, and why.

import { columns, show } from '../ctl/terminal.ts';
import { ExitCode, GopherShipError } from '../errors.ts';
import { printable } from '../tls/printable.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import type { EntryHeader } from '../vault/entry-header.ts';
import { EntryKind, recordsNotCounted } from '../vault/format.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { OfflineVault } from '../vault/offline.ts';
import { EntryPayload } from './entry-payload.ts';
import { openVault, sizeText, timeOfNs, type VaultTerminal } from './vault-cli.ts';

export async function deadLetterLs(directory: string, terminal: VaultTerminal): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const letters: ReturnType<typeof letterValue>[] = [];
  let lost = 0;
  const lostEntries = eachLetter(vault, ({ entry }) => {
    letters.push(letterValue(entry));
    return true;
  });
  lost += lostEntries;
  await show(terminal, { deadLetters: letters, lost }, () => {
    const headings = [
      'ENTRY',
      'RECEIVED',
      'REASON',
      'ATTEMPTS',
      'STATUS',
      'KIND',
      'RECORDS',
      'SIZE',
    ];
    const rows = letters.map((letter) => [
      ...[String(letter.entrySeq), letter.received ?? '-', letter.reason, String(letter.attempts)],
      ...[String(letter.statusCode), letter.originalKind, String(letter.records ?? '-')],
      sizeText(letter.bytes),
    ]);
    return `${columns(headings, rows)}${lost > 0 ? `${lost} lost\n` : ''}`;
  });
  return lost === 0 ? ExitCode.Ok : ExitCode.Failure;
}

export async function deadLetterShow(
  directory: string,
  entrySeq: number,
  terminal: VaultTerminal,
): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const payloads = new EntryPayload(vault.area.bytes);
  let found: { letter: ReturnType<typeof letterValue>; batch: unknown } | undefined;
  eachLetter(vault, (cursor) => {
    if (cursor.entry.entrySeq !== entrySeq) return true;
    const letter = letterValue(cursor.entry);
    const payload = payloads.json(cursor);
    const batch: unknown =
      typeof payload === 'string'
        ? { unreadable: payload, base64: bodyBase64(vault, cursor) }
        : JSON.parse(Buffer.from(payload).toString('utf8'));
    found = { letter, batch };
    return false;
  });
  if (found === undefined) {
    terminal.talk(`error: no dead letter ${entrySeq}\n`);
    return ExitCode.Failure;
  }
  const { letter, batch } = found;
  await show(terminal, { ...letter, batch }, () => {
    const head = Object.entries(letter).map(([name, value]) => `${name}: ${String(value)}\n`);
    // Control characters in strings are escapes in JSON already; those that turn text are not.
    const body = JSON.stringify(batch, undefined, 2).split('\n').map(printable);
    return `${head.join('')}\n${body.join('\n')}\n`;
  });
  return ExitCode.Ok;
}

function letterValue(entry: EntryHeader) {
  return {
    entrySeq: entry.entrySeq,
    received: timeOfNs(entry.receivedNs) ?? null,
    reason: nameOf(DeadLetterReason, entry.reason),
    attempts: entry.attempts,
    statusCode: entry.statusCode,
    originalKind: nameOf(EntryKind, entry.originalKind),
    records: entry.recordCount === recordsNotCounted ? null : entry.recordCount,
    bytes: entry.bodySizeBytes,
  };
}

function nameOf(set: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(set).find(([, known]) => known === value)?.[0] ?? String(value);
}

function bodyBase64({ area }: OfflineVault, cursor: EntryCursor): string {
  const from = cursor.bodyOffsetBytes;
  const body = area.bytes.slice(from, from + cursor.entry.bodySizeBytes);
  return Buffer.from(body).toString('base64');
}

/** Until `visit` says false. Returns how many are lost. */
function eachLetter(vault: OfflineVault, visit: (cursor: EntryCursor) => boolean): number {
  const log = vault.deadLetters;
  if (log === undefined) return 0;
  const cursor = new EntryCursor(vault.area, vault.hash);
  const place = { take: (sizeBytes: number) => vault.take(sizeBytes) };
  let lost = 0;
  for (;;) {
    const read = log.reader.next(log.end, place);
    if (read.kind === 'end') return lost;
    if (read.kind === 'fault') {
      const where = `dead letters: ${ioFaultName(read.fault)}`;
      throw new GopherShipError('VAULT_FAILED', `${vault.path}: ${where}`);
    }
    if (read.kind === 'lost') lost += read.toEntrySeq - read.fromEntrySeq;
    if (read.kind !== 'entries') continue;
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      if (!cursor.checkBody()) lost += 1;
      else if (!visit(cursor)) return lost;
    }
  }
}
