// `gophership vault ls`: what is in a vault, and who still waits for it.

import { columns, show } from '../ctl/terminal.ts';
import { ExitCode } from '../errors.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { type SegmentSummary, summarizeSegment } from '../vault/offline-segment.ts';
import { hexId, openVault, sizeText, timeText, type VaultTerminal } from './vault-cli.ts';
import { cursorSlotOf, owedEntries } from './vault-facts.ts';

export async function vaultLs(directory: string, terminal: VaultTerminal): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const segments = segmentsOf(vault.log);
  const deadLetters = vault.deadLetters === undefined ? [] : segmentsOf(vault.deadLetters);
  const value = {
    path: vault.path,
    segments: segments.map(segmentValue),
    totals: totalsOf(segments),
    cursors: cursorsOf(vault),
    quarantine: { files: vault.quarantine.length, bytes: bytesOf(vault.quarantine) },
    deadLetter: { segments: deadLetters.map(segmentValue), totals: totalsOf(deadLetters) },
    notPartOfTheLog: vault.log.source.strangers,
  };
  await show(terminal, value, () => table(value, segments));
  return ExitCode.Ok;
}

function segmentsOf(log: OfflineLog): SegmentSummary[] {
  return log.source.segments.map((segment) => summarizeSegment(log, segment));
}

function segmentValue(summary: SegmentSummary) {
  const { segment, state, blockCount, storedBytes, rawBytes, fileBytes } = summary;
  const { segmentId, epoch, firstEntrySeq, entryEnd } = segment;
  return {
    ...{ segmentId: hexId(segmentId), epoch, state },
    ...{ entries: entryEnd - firstEntrySeq, firstEntrySeq, entryEnd, blocks: blockCount },
    ...{ storedBytes, rawBytes, fileBytes },
    oldest: summary.oldestMs === undefined ? null : timeText(summary.oldestMs),
    newest: summary.newestMs === undefined ? null : timeText(summary.newestMs),
  };
}

function totalsOf(segments: readonly SegmentSummary[]) {
  const sum = (value: (summary: SegmentSummary) => number) =>
    segments.reduce((total, summary) => total + value(summary), 0);
  return {
    segments: segments.length,
    entries: sum(({ segment }) => segment.entryEnd - segment.firstEntrySeq),
    storedBytes: sum(({ storedBytes }) => storedBytes),
    rawBytes: sum(({ rawBytes }) => rawBytes),
    fileBytes: sum(({ fileBytes }) => fileBytes),
  };
}

function cursorsOf(vault: OfflineVault) {
  return vault.cursors.map((found) => {
    const slot = cursorSlotOf(found);
    if (slot === undefined) return { consumer: found.consumer, state: 'lost' as const };
    const { watermark, delivered, lost, dropped, deadLettered, skipped } = slot;
    const owed = owedEntries(slot, vault.log.source.segments);
    const counts = { delivered, lost, dropped, deadLettered, skipped };
    return { consumer: found.consumer, state: 'ok' as const, watermark, owed, ...counts };
  });
}

function bytesOf(files: readonly { readonly sizeBytes: number }[]): number {
  return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

interface LsValue {
  readonly totals: ReturnType<typeof totalsOf>;
  readonly cursors: ReturnType<typeof cursorsOf>;
  readonly quarantine: { readonly files: number; readonly bytes: number };
  readonly deadLetter: { readonly totals: ReturnType<typeof totalsOf> };
  readonly notPartOfTheLog: OfflineLog['source']['strangers'];
}

function table(value: LsValue, segments: readonly SegmentSummary[]): string {
  const headings = ['SEGMENT', 'EPOCH', 'STATE', 'ENTRIES', 'OLDEST', 'NEWEST', 'STORED', 'RAW'];
  const rows = segments.map(({ segment, state, oldestMs, newestMs, storedBytes, rawBytes }) => [
    ...[hexId(segment.segmentId), String(segment.epoch), state],
    ...[String(segment.entryEnd - segment.firstEntrySeq), timeText(oldestMs), timeText(newestMs)],
    ...[sizeText(storedBytes), sizeText(rawBytes)],
  ]);
  const { totals, cursors, quarantine, deadLetter, notPartOfTheLog } = value;
  const consumers = cursors.map((cursor) =>
    cursor.state === 'lost'
      ? [cursor.consumer, 'both slots are damaged', '', '', '', '']
      : [
          ...[cursor.consumer, String(cursor.owed), String(cursor.delivered), String(cursor.lost)],
          ...[String(cursor.dropped), String(cursor.deadLettered)],
        ],
  );
  const owedHeadings = ['CONSUMER', 'OWED', 'DELIVERED', 'LOST', 'DROPPED', 'DEAD-LETTERED'];
  const sizes = `${sizeText(totals.storedBytes)} stored, ${sizeText(totals.rawBytes)} raw`;
  return [
    columns(headings, rows),
    `\n${totals.segments} segments, ${totals.entries} entries, ${sizes}\n\n`,
    columns(owedHeadings, consumers),
    `\nquarantine: ${quarantine.files} files, ${sizeText(quarantine.bytes)}\n`,
    `dead letter: ${deadLetter.totals.entries} entries, ${sizeText(deadLetter.totals.storedBytes)}\n`,
    ...notPartOfTheLog.map(({ name, why }) => `not part of the log: ${name}: ${why}\n`),
  ].join('');
}
