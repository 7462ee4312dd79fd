// What a recovery found, put into the words of the table: which rows were met, and which entries no
// file holds any more.

import type { LogEvidence } from './log-evidence.ts';
import { type MissingEntries, RecoveryRow } from './recovery-report.ts';
import type { SegmentSurvey } from './segment-survey.ts';
import { OriginSource, type SegmentTable } from './segment-table.ts';
import type { TailSearch } from './tail-search.ts';
import { TailVerdict } from './tail-walk.ts';

/** Of the files in seg/. */
export function surveyRows(survey: SegmentSurvey, tail: TailSearch): RecoveryRow[] {
  const { headerDamaged, unused, copyCount, foreignCount, renames } = survey;
  const isTorn = (segmentId: number) => tail.tornFiles.some((torn) => torn.segmentId === segmentId);
  const rows: RecoveryRow[] = [];
  if (headerDamaged.some((segmentId) => !isTorn(segmentId))) rows.push(RecoveryRow.HeaderDamaged);
  if (unused.some(({ name }) => name.endsWith('.vlt'))) rows.push(RecoveryRow.UnusedFile);
  if (copyCount > 0) rows.push(RecoveryRow.Copy);
  if (foreignCount > copyCount) rows.push(RecoveryRow.Foreign);
  if (renames.length > 0) rows.push(RecoveryRow.Renamed);
  return rows;
}

/** Of the end of the log. */
export function tailRows(
  tail: TailSearch,
  evidence: LogEvidence,
  missing: readonly MissingEntries[],
): RecoveryRow[] {
  const { walk, tornFiles, isTrailed, isSynced, segmentId } = tail;
  const { settledBelow } = evidence;
  const rows: RecoveryRow[] = [];
  if (tornFiles.length > 0) rows.push(RecoveryRow.TornFile);
  if (walk.damage.length > 0) rows.push(RecoveryRow.DurableDamage);
  if (walk.isEntryCut) rows.push(RecoveryRow.EntryCut);
  if (missing.length > 0) rows.push(RecoveryRow.MissingFile);
  if (segmentId !== 0 && !isSynced) rows.push(RecoveryRow.SyncFailed);
  // What every cursor is past is no loss, whichever of its files are still there.
  const isSettled = settledBelow !== undefined && settledBelow >= walk.end.entryEnd;
  const isLost = walk.verdict === TailVerdict.DurableTailLost;
  if (isLost && !isSettled) rows.push(RecoveryRow.DurableTailLost);
  else if (walk.verdict === TailVerdict.Torn) rows.push(RecoveryRow.Torn);
  else if (isTrailed) rows.push(RecoveryRow.Sealed);
  else if (segmentId !== 0) rows.push(RecoveryRow.CleanEnd);
  return rows;
}

/** Was something lost that was durable? That is what `on_damage: refuse` stops at. */
export function isDamaged(rows: ReadonlySet<RecoveryRow>): boolean {
  return (
    rows.has(RecoveryRow.DurableDamage) ||
    rows.has(RecoveryRow.DurableTailLost) ||
    rows.has(RecoveryRow.MissingFile)
  );
}

/** Behind this many nobody reads on; the reader counts every one of them. */
const missingMax = 256;

export function findMissing(table: SegmentTable, evidence: LogEvidence): MissingEntries[] {
  const { settledBelow } = evidence;
  const missing: MissingEntries[] = [];
  for (let index = 0; index < table.count && missing.length < missingMax; index += 1) {
    const { source, segmentId, prevSegmentId, prevEntryEnd } = table.row(index);
    const before = index === 0 ? undefined : table.row(index - 1);
    if (source === OriginSource.Bound || prevSegmentId <= (before?.segmentId ?? 0)) continue;
    // Files are deleted oldest first: the first one may well have had others before it.
    if (before === undefined && settledBelow === undefined) continue;
    const fromEntrySeq = Math.max(settledBelow ?? 0, before?.firstEntrySeq ?? 0);
    if (fromEntrySeq >= prevEntryEnd) continue;
    const afterSegmentId = before?.segmentId ?? 0;
    const range = { fromEntrySeq, toEntrySeq: prevEntryEnd };
    missing.push({ afterSegmentId, beforeSegmentId: segmentId, ...range });
  }
  return missing;
}
