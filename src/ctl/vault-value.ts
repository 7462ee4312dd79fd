// What an engine says of its vault, as programs read it: the same names as those of `gophership
// vault -o json`.

import type {
  DeadLetter,
  ListSegmentsResponse,
  Segment,
  SegmentTotals,
  VaultCursor,
  VerifyResult,
} from '../generated/gophership/control/v1/vault_pb.js';
import type { LetterValue } from './letter-text.ts';
import { timeOf } from './zone-value.ts';

export function vaultListValue(answer: ListSegmentsResponse) {
  return {
    path: answer.path,
    segments: answer.segments.map(segmentValue),
    segmentsLeftOut: answer.segmentsLeftOut,
    totals: totalsValue(answer.totals),
    cursors: answer.cursors.map(cursorValue),
    quarantine: { files: answer.quarantineFiles, bytes: answer.quarantineBytes },
    deadLetter: {
      segments: answer.deadLetterSegments.map(segmentValue),
      totals: totalsValue(answer.deadLetterTotals),
    },
    notPartOfTheLog: answer.notPartOfTheLog.map(({ name, why, sizeBytes }) => {
      return { name, sizeBytes, why };
    }),
  };
}

export function vaultCheckValue(result: VerifyResult) {
  const { path, isClean: clean, entries, bodyBytes, lostEntries, segments } = result;
  const findings = result.findings.map(({ where, what, lostEntries: lost }) => {
    return { where, what, lostEntries: lost };
  });
  const { findingsLeftOut, notes } = result;
  return {
    ...{ path, clean, entries, bodyBytes, lostEntries },
    ...{ findings, findingsLeftOut, notes, segments },
  };
}

export function letterValue(letter: DeadLetter): LetterValue {
  const { entrySeq, reason, attempts, statusCode, originalKind, records, sizeBytes } = letter;
  return {
    ...{ entrySeq, received: timeOf(letter.received), reason, attempts, statusCode, originalKind },
    ...{ records: records ?? null, bytes: sizeBytes, owedTo: letter.owedTo },
  };
}

function segmentValue(segment: Segment) {
  const { segmentId, epoch, state, firstEntrySeq, entryEnd, blocks } = segment;
  return {
    ...{ segmentId, epoch, state },
    ...{ entries: entryEnd - firstEntrySeq, firstEntrySeq, entryEnd, blocks },
    storedBytes: segment.storedBytes,
    rawBytes: segment.rawBytes ?? null,
    fileBytes: segment.fileBytes,
    oldest: timeOf(segment.oldest),
    newest: timeOf(segment.newest),
  };
}

function totalsValue(totals: SegmentTotals | undefined) {
  const { segments = 0, entries = 0, storedBytes = 0, rawBytes, fileBytes = 0 } = totals ?? {};
  return { segments, entries, storedBytes, rawBytes: rawBytes ?? null, fileBytes };
}

function cursorValue(cursor: VaultCursor) {
  const { destination: consumer, isLost, watermark, owed, delivered } = cursor;
  if (isLost) return { consumer, state: 'lost' as const };
  const { lost, dropped, deadLettered, skipped } = cursor;
  const counts = { delivered, lost, dropped, deadLettered, skipped };
  return { consumer, state: 'ok' as const, watermark, owed, ...counts };
}
