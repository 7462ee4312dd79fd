// `gophership vault verify`: reads everything and checks everything, changes nothing. What a start
// would repair without a word (a torn end, a spare half filled) is no damage.

import { columns, show } from '../ctl/terminal.ts';
import { ExitCode, GopherShipError } from '../errors.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import { IoFault, ioFaultName } from '../vault/io-fault.ts';
import type { LostRead } from '../vault/log-read.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { summarizeSegment } from '../vault/offline-segment.ts';
import { ReadStatus } from '../vault/read-status.ts';
import { ProgressBar } from './progress-bar.ts';
import { hexId, openVault, sizeText, statusText, type VaultTerminal } from './vault-cli.ts';
import { cursorSlotOf, owedEntries, readMeta } from './vault-facts.ts';

export interface Finding {
  readonly where: string;
  readonly what: string;
  readonly lostEntries: number;
}

interface Tally {
  entries: number;
  bodyBytes: number;
  lostEntries: number;
  readonly findings: Finding[];
}

export async function vaultVerify(directory: string, terminal: VaultTerminal): Promise<ExitCode> {
  const vault = openVault(directory, terminal);
  const tally: Tally = { entries: 0, bodyBytes: 0, lostEntries: 0, findings: [] };
  verifyVault(vault, tally, terminal);
  const { entries, bodyBytes, lostEntries, findings } = tally;
  const { report } = vault.log.recovered;
  const isClean = findings.length === 0;
  const notes = [
    ...(report.tornBlocks > 0 ? [`${report.tornBlocks} blocks that were never acknowledged`] : []),
    ...vault.log.source.strangers.map(({ name, why }) => `${name}: ${why}`),
  ];
  const value = {
    ...{ path: vault.path, clean: isClean, entries, bodyBytes, lostEntries, findings, notes },
    segments: vault.log.source.segments.length,
  };
  await show(terminal, value, () => {
    const rows = findings.map(({ where, what, lostEntries: lost }) => [where, what, String(lost)]);
    const damage = isClean ? '' : columns(['WHERE', 'DAMAGE', 'LOST ENTRIES'], rows);
    const read = `${entries} entries, ${sizeText(bodyBytes)} of bodies`;
    const verdict = isClean ? 'clean' : `${findings.length} damaged, ${lostEntries} entries lost`;
    const noted = columns(
      ['NOTE'],
      notes.map((note) => [note]),
    );
    return `${damage}${notes.length === 0 ? '' : noted}${verdict}: ${read}\n`;
  });
  return isClean ? ExitCode.Ok : ExitCode.Failure;
}

function verifyVault(vault: OfflineVault, tally: Tally, terminal: VaultTerminal): void {
  verifySlots(vault, tally);
  verifyBegin(vault, tally);
  const logs: [string, OfflineLog][] = [['', vault.log]];
  if (vault.deadLetters !== undefined) logs.push(['dead/', vault.deadLetters]);
  const totalBytes = logs.reduce((sum, [, log]) => sum + sizeOf(log), 0);
  const progress = new ProgressBar(terminal.isWatched ? terminal.talk : undefined, totalBytes);
  for (const [folder, log] of logs) {
    verifySegments(folder, log, tally);
    verifyEntries(vault, folder, log, tally, progress);
  }
  progress.end();
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
function verifyBegin({ log, cursors }: OfflineVault, tally: Tally): void {
  const entryEnd = log.source.segments[0]?.prevEntryEnd ?? log.end.entryEnd;
  for (const found of cursors) {
    const slot = cursorSlotOf(found);
    const lostEntries =
      slot === undefined ? 0 : owedEntries(slot, [{ firstEntrySeq: 0, entryEnd }]);
    if (lostEntries === 0) continue;
    const what = `file is missing: at most ${lostEntries} entries below ${entryEnd}`;
    tally.lostEntries += lostEntries;
    tally.findings.push({ where: `seg/, for ${found.consumer}`, what, lostEntries });
  }
}

/** Headers, footers and trailers: what no entry depends on. */
function verifySegments(folder: string, log: OfflineLog, { findings }: Tally): void {
  for (const segment of log.source.segments) {
    const where = `${folder}seg/${hexId(segment.segmentId)}`;
    if (segment.headerStatus !== ReadStatus.Ok) {
      const what = `header: ${statusText(segment.headerStatus)}`;
      findings.push({ where, what, lostEntries: 0 });
    }
    const { footer, hasFooterBlock, fault } = summarizeSegment(log, segment);
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
  progress: ProgressBar,
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
    if (read.kind === 'lost') addLost(folder, read, tally);
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
    progress.at((before.get(segmentId) ?? 0) + offsetBytes);
  }
  reader.close();
}

function addLost(folder: string, read: LostRead, tally: Tally): void {
  const { segmentId, offsetBytes, lengthBytes, fromEntrySeq, toEntrySeq, status, exact } = read;
  const lostEntries = toEntrySeq - fromEntrySeq;
  const range = lostEntries === 0 ? '' : `: entries ${fromEntrySeq} to ${toEntrySeq - 1}`;
  const about = exact ? range : `${range} at most`;
  const isFile = lengthBytes === 0 && status === ReadStatus.Ok;
  const place = `${folder}seg/${hexId(segmentId)}`;
  const where = isFile ? `${folder}seg/, behind ${hexId(segmentId)}` : `${place} at ${offsetBytes}`;
  const what = isFile ? `file is missing${about}` : `${statusText(status)}${about}`;
  tally.lostEntries += lostEntries;
  tally.findings.push({ where, what, lostEntries });
}

function unreadable(where: string, fault: IoFault): GopherShipError {
  return new GopherShipError('VAULT_FAILED', `${where}: ${ioFaultName(fault)}`);
}
