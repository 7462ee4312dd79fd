// Reads everything of a vault and checks everything, changes nothing. What a start would repair
// without a word (a torn end, a spare half filled) is no damage, and neither is what an engine that
// has the vault has settled and deleted meanwhile.

import { GopherShipError } from '../errors.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import { IoFault, ioFaultName } from '../vault/io-fault.ts';
import type { LostRead } from '../vault/log-read.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { summarizeSegment } from '../vault/offline-segment.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { hexId, statusText } from './fact-text.ts';
import { isMissingFile, isSettledMeanwhile, owedNow } from './settled-file.ts';
import { readMeta } from './vault-state.ts';

export interface Finding {
  readonly where: string;
  readonly what: string;
  readonly lostEntries: number;
}

export interface VaultCheck {
  readonly path: string;
  readonly clean: boolean;
  readonly entries: number;
  readonly bodyBytes: number;
  readonly lostEntries: number;
  readonly findings: readonly Finding[];
  /** What is no damage. */
  readonly notes: readonly string[];
  readonly segments: number;
}

export type Progress = (doneBytes: number, totalBytes: number) => void;

interface Tally {
  entries: number;
  bodyBytes: number;
  lostEntries: number;
  /** Files that were there when it began, and then every consumer had all of them. */
  settledFiles: number;
  readonly findings: Finding[];
}

/** Throws VAULT_FAILED for what cannot be read. */
export function checkVault(vault: OfflineVault, progress: Progress): VaultCheck {
  const tally: Tally = { entries: 0, bodyBytes: 0, lostEntries: 0, settledFiles: 0, findings: [] };
  verifySlots(vault, tally);
  verifyBegin(vault, tally);
  const logs: [string, OfflineLog][] = [['', vault.log]];
  if (vault.deadLetters !== undefined) logs.push(['dead/', vault.deadLetters]);
  const totalBytes = logs.reduce((sum, [, log]) => sum + sizeOf(log), 0);
  let doneBytes = 0;
  for (const [folder, log] of logs) {
    verifySegments(folder, log, tally);
    const beforeBytes = doneBytes;
    verifyEntries(vault, folder, log, tally, (at) => progress(beforeBytes + at, totalBytes));
    doneBytes += sizeOf(log);
  }
  const { entries, bodyBytes, lostEntries, findings, settledFiles } = tally;
  const { report } = vault.log.recovered;
  const notes = [
    ...(report.tornBlocks > 0 ? [`${report.tornBlocks} blocks that were never acknowledged`] : []),
    ...(settledFiles > 0 ? [`${settledFiles} files were settled and deleted meanwhile`] : []),
    ...vault.log.source.strangers.map(({ name, why }) => `${name}: ${why}`),
  ];
  return {
    ...{ path: vault.path, clean: findings.length === 0, entries, bodyBytes, lostEntries },
    ...{ findings, notes, segments: vault.log.source.segments.length },
  };
}

function sizeOf({ source }: OfflineLog): number {
  return source.segments.reduce((sum, { fileSizeBytes }) => sum + fileSizeBytes, 0);
}

function verifySlots(vault: OfflineVault, { findings }: Tally): void {
  const add = (where: string, status: ReadStatus) =>
    findings.push({ where, what: statusText(status), lostEntries: 0 });
  const meta = readMeta(vault);
  for (const [index, { status, isZero }] of meta.entries())
    if (status !== ReadStatus.Ok && !isZero) add(`META, slot ${index}`, status);
  if (meta.every(({ status }) => status !== ReadStatus.Ok)) add('META', ReadStatus.NotFound);
  for (const { consumer, statuses, zeros } of vault.cursorStates) {
    for (const [index, status] of statuses.entries())
      if (status !== ReadStatus.Ok && zeros[index] !== true)
        add(`cursor ${consumer}, slot ${index}`, status);
    if (statuses.every((status) => status !== ReadStatus.Ok))
      add(`cursor ${consumer}`, ReadStatus.NotFound);
  }
}

/** What is older than every file, and some consumer still waits for it. */
function verifyBegin(vault: OfflineVault, tally: Tally): void {
  const { log } = vault;
  const entryEnd = log.source.segments[0]?.prevEntryEnd ?? log.end.entryEnd;
  for (const { consumer, owed } of owedNow(vault, 0, entryEnd)) {
    if (owed === undefined || owed === 0) continue;
    const what = `file is missing: at most ${owed} entries below ${entryEnd}`;
    tally.lostEntries += owed;
    tally.findings.push({ where: `seg/, for ${consumer}`, what, lostEntries: owed });
  }
}

/** Headers, footers and trailers: what no entry depends on. */
function verifySegments(folder: string, log: OfflineLog, { findings }: Tally): void {
  for (const segment of log.source.segments) {
    const where = `${folder}seg/${hexId(segment.segmentId)}`;
    const { footer, hasFooterBlock, fault } = summarizeSegment(log, segment);
    // Its entries say what that means.
    if (fault === IoFault.NotFound) continue;
    if (segment.headerStatus !== ReadStatus.Ok) {
      const what = `header: ${statusText(segment.headerStatus)}`;
      findings.push({ where, what, lostEntries: 0 });
    }
    if (fault !== IoFault.None) throw unreadable(where, fault);
    if (footer.kind === 'fault') throw unreadable(where, footer.fault);
    if (footer.kind === 'footer') continue;
    if (footer.trailer === undefined && footer.status === ReadStatus.NotFound && !hasFooterBlock)
      continue; // not sealed
    const part = footer.trailer === undefined ? 'trailer' : 'footer';
    findings.push({ where, what: `${part}: ${statusText(footer.status)}`, lostEntries: 0 });
  }
}

function verifyEntries(
  vault: OfflineVault,
  folder: string,
  log: OfflineLog,
  tally: Tally,
  progress: (doneBytes: number) => void,
): void {
  const { reader, end, source } = log;
  const cursor = new EntryCursor(vault.area, vault.hash);
  const place = { take: (sizeBytes: number) => vault.take(sizeBytes) };
  const before = new Map<number, number>();
  let bytesBefore = 0;
  for (const { segmentId, fileSizeBytes } of source.segments) {
    before.set(segmentId, bytesBefore);
    bytesBefore += fileSizeBytes;
  }
  for (;;) {
    const read = reader.next(end, place);
    if (read.kind === 'end') break;
    if (read.kind === 'fault')
      throw unreadable(`${folder}seg/${hexId(read.segmentId)}`, read.fault);
    if (read.kind === 'lost') addLost(vault, folder, log, read, tally);
    if (read.kind !== 'entries') continue;
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      tally.entries += 1;
      tally.bodyBytes += cursor.entry.bodySizeBytes;
      if (cursor.checkBody()) continue;
      const where = `${folder}entry ${cursor.entry.entrySeq}`;
      tally.lostEntries += 1;
      tally.findings.push({ where, what: 'body is not what its producer sent', lostEntries: 1 });
    }
    const { segmentId, offsetBytes } = reader.place;
    progress((before.get(segmentId) ?? 0) + offsetBytes);
  }
  reader.close();
}

function addLost(
  vault: OfflineVault,
  folder: string,
  log: OfflineLog,
  read: LostRead,
  tally: Tally,
): void {
  const { segmentId, offsetBytes, fromEntrySeq, toEntrySeq, status, exact } = read;
  const lostEntries = toEntrySeq - fromEntrySeq;
  if (isSettledMeanwhile(vault, log, read)) {
    tally.settledFiles += 1;
    return;
  }
  const isFile = isMissingFile(read);
  const range = lostEntries === 0 ? '' : `: entries ${fromEntrySeq} to ${toEntrySeq - 1}`;
  const about = exact ? range : `${range} at most`;
  const place = `${folder}seg/${hexId(segmentId)}`;
  const where = isFile ? `${folder}seg/, behind ${hexId(segmentId)}` : `${place} at ${offsetBytes}`;
  const what = isFile ? `file is missing${about}` : `${statusText(status)}${about}`;
  tally.lostEntries += lostEntries;
  tally.findings.push({ where, what, lostEntries });
}

function unreadable(where: string, fault: IoFault): GopherShipError {
  return new GopherShipError('VAULT_FAILED', `${where}: ${ioFaultName(fault)}`);
}
