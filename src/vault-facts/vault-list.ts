// What is in a vault: its segments, how far each consumer is, what was set aside.

import { IoFault } from '../vault/io-fault.ts';
import type { LogSegment, StrangeFile } from '../vault/log-source.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { type SegmentSummary, sealedSummary, summarizeSegment } from '../vault/offline-segment.ts';
import { hexId, timeText } from './fact-text.ts';
import { cursorSlotOf, owedEntries } from './vault-state.ts';

export interface VaultList {
  readonly path: string;
  /** Oldest first. */
  readonly segments: readonly SegmentFacts[];
  /** Older ones that an answer had no room for; they are in the totals. */
  readonly segmentsLeftOut: number;
  readonly totals: SegmentTotals;
  readonly cursors: readonly CursorFacts[];
  readonly quarantine: FileTotals;
  readonly deadLetter: {
    readonly segments: readonly SegmentFacts[];
    readonly totals: SegmentTotals;
  };
  readonly notPartOfTheLog: readonly StrangeFile[];
}

export interface SegmentFacts {
  readonly segmentId: string;
  readonly epoch: number;
  readonly state: 'sealed' | 'live' | 'crashed';
  readonly entries: number;
  readonly firstEntrySeq: number;
  readonly entryEnd: number;
  readonly blocks: number;
  readonly storedBytes: number;
  /** Null: only the blocks say it, and they were not read. */
  readonly rawBytes: number | null;
  readonly fileBytes: number;
  /** RFC 3339; null: there is no entry. */
  readonly oldest: string | null;
  readonly newest: string | null;
}

/** Stored and raw bytes: of the segments that are listed. */
export interface SegmentTotals {
  readonly segments: number;
  readonly entries: number;
  readonly storedBytes: number;
  readonly rawBytes: number | null;
  readonly fileBytes: number;
}

export type CursorFacts =
  | { readonly consumer: string; readonly state: 'lost' }
  | {
      readonly consumer: string;
      readonly state: 'ok';
      readonly watermark: number;
      readonly owed: number;
      readonly delivered: number;
      readonly lost: number;
      readonly dropped: number;
      readonly deadLettered: number;
      readonly skipped: number;
    };

export interface FileTotals {
  readonly files: number;
  readonly bytes: number;
}

export interface ListOptions {
  /** Only so many, the newest, of each of the two logs. */
  readonly segmentsMax: number;
  /** Reads of a sealed segment its footer only: a few reads in place of one for each block. */
  readonly quick: boolean;
}

export function listVault(vault: OfflineVault, options: ListOptions): VaultList {
  const log = listLog(vault.log, options);
  const dead = vault.deadLetters && listLog(vault.deadLetters, options);
  return {
    path: vault.path,
    segments: log.segments,
    segmentsLeftOut: log.leftOut,
    totals: log.totals,
    cursors: cursorsOf(vault),
    quarantine: {
      files: vault.quarantine.length,
      bytes: vault.quarantine.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    deadLetter: { segments: dead?.segments ?? [], totals: dead?.totals ?? noSegments },
    notPartOfTheLog: vault.log.source.strangers,
  };
}

const noSegments: SegmentTotals = {
  ...{ segments: 0, entries: 0, storedBytes: 0, rawBytes: 0, fileBytes: 0 },
};

interface ListedLog {
  readonly segments: readonly SegmentFacts[];
  readonly leftOut: number;
  readonly totals: SegmentTotals;
}

function listLog(log: OfflineLog, { segmentsMax, quick }: ListOptions): ListedLog {
  const all = log.source.segments;
  const leftOut = all.slice(0, Math.max(all.length - segmentsMax, 0));
  const segments = all.slice(leftOut.length).flatMap((segment) => {
    const summary =
      (quick ? sealedSummary(log, segment) : undefined) ?? summarizeSegment(log, segment);
    // Every consumer has all of it, and an engine has deleted it meanwhile.
    return summary.fault === IoFault.NotFound ? [] : [segmentFacts(summary)];
  });
  return { segments, leftOut: leftOut.length, totals: totalsOf(segments, leftOut) };
}

function segmentFacts(summary: SegmentSummary): SegmentFacts {
  const { segment, state, blockCount, storedBytes, rawBytes, fileBytes } = summary;
  const { segmentId, epoch, firstEntrySeq, entryEnd } = segment;
  return {
    ...{ segmentId: hexId(segmentId), epoch, state },
    ...{ entries: entryEnd - firstEntrySeq, firstEntrySeq, entryEnd, blocks: blockCount },
    ...{ storedBytes, rawBytes: rawBytes ?? null, fileBytes },
    oldest: summary.oldestMs === undefined ? null : timeText(summary.oldestMs),
    newest: summary.newestMs === undefined ? null : timeText(summary.newestMs),
  };
}

function totalsOf(listed: readonly SegmentFacts[], leftOut: readonly LogSegment[]): SegmentTotals {
  const sum = <Row>(rows: readonly Row[], value: (row: Row) => number) =>
    rows.reduce((total, row) => total + value(row), 0);
  const isRawKnown = listed.every(({ rawBytes }) => rawBytes !== null);
  return {
    segments: listed.length + leftOut.length,
    entries:
      sum(listed, ({ entries }) => entries) +
      sum(leftOut, ({ entryEnd, firstEntrySeq }) => entryEnd - firstEntrySeq),
    storedBytes: sum(listed, ({ storedBytes }) => storedBytes),
    rawBytes: isRawKnown ? sum(listed, ({ rawBytes }) => rawBytes ?? 0) : null,
    fileBytes:
      sum(listed, ({ fileBytes }) => fileBytes) +
      sum(leftOut, ({ fileSizeBytes }) => fileSizeBytes),
  };
}

function cursorsOf(vault: OfflineVault): CursorFacts[] {
  return vault.cursors.map((found) => {
    const slot = cursorSlotOf(found);
    if (slot === undefined) return { consumer: found.consumer, state: 'lost' };
    const { watermark, delivered, lost, dropped, deadLettered, skipped } = slot;
    const owed = owedEntries(slot, vault.log.source.segments);
    const counts = { delivered, lost, dropped, deadLettered, skipped };
    return { consumer: found.consumer, state: 'ok', watermark, owed, ...counts };
  });
}
