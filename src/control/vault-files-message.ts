// What is in the vault's files, as messages of the vault service.

import { create, type JsonObject, type MessageInitShape } from '@bufbuild/protobuf';
import type { Timestamp } from '@bufbuild/protobuf/wkt';
import {
  type DeadLetterSchema,
  type ExportVaultResponse,
  ExportVaultResponseSchema,
  type GetDeadLetterResponse,
  GetDeadLetterResponseSchema,
  type InspectVaultResponse,
  InspectVaultResponseSchema,
  type ListDeadLettersResponse,
  ListDeadLettersResponseSchema,
  type ListSegmentsResponse,
  ListSegmentsResponseSchema,
  type SegmentSchema,
  type SegmentTotalsSchema,
  type VaultCursorSchema,
  type VerifyVaultResponse,
  VerifyVaultResponseSchema,
} from '../generated/gophership/control/v1/vault_pb.js';
import type { LetterFacts } from '../vault-facts/dead-letters.ts';
import type { Facts } from '../vault-facts/vault-inspection.ts';
import type { CursorFacts, SegmentFacts, SegmentTotals } from '../vault-facts/vault-list.ts';
import type { VaultParts } from '../vault-facts/vault-question.ts';
import { wireTime } from './wire-number.ts';

export function segmentListMessage(list: VaultParts['list']): ListSegmentsResponse {
  return create(ListSegmentsResponseSchema, {
    path: list.path,
    segments: list.segments.map(segmentMessage),
    segmentsLeftOut: list.segmentsLeftOut,
    totals: totalsMessage(list.totals),
    cursors: list.cursors.map(cursorMessage),
    quarantineFiles: list.quarantine.files,
    quarantineBytes: list.quarantine.bytes,
    deadLetterSegments: list.deadLetter.segments.map(segmentMessage),
    deadLetterTotals: totalsMessage(list.deadLetter.totals),
    notPartOfTheLog: list.notPartOfTheLog.map(({ name, why, sizeBytes }) => {
      return { name, why, sizeBytes };
    }),
  });
}

export function inspectMessage(part: VaultParts['inspect']): InspectVaultResponse {
  return create(
    InspectVaultResponseSchema,
    'facts' in part ? { facts: jsonOf(part.facts) } : { blocks: part.blocks.map(jsonOf) },
  );
}

export function verifyMessage(part: VaultParts['verify']): VerifyVaultResponse {
  if (!('check' in part)) {
    const { doneBytes, totalBytes } = part;
    const value = { doneBytes, totalBytes };
    return create(VerifyVaultResponseSchema, { event: { case: 'progress', value } });
  }
  const { check, findingsLeftOut } = part;
  const { path, clean: isClean, entries, bodyBytes, lostEntries, segments } = check;
  const value = {
    ...{ path, isClean, entries, bodyBytes, lostEntries, segments, findingsLeftOut },
    findings: check.findings.map(({ where, what, lostEntries: lost }) => {
      return { where, what, lostEntries: lost };
    }),
    notes: [...check.notes],
  };
  return create(VerifyVaultResponseSchema, { event: { case: 'result', value } });
}

export function exportMessage(part: VaultParts['export']): ExportVaultResponse {
  if ('data' in part) return create(ExportVaultResponseSchema, { data: part.data });
  const failures = part.failures.map(({ entrySeq, why }) => ({ entrySeq, why }));
  return create(ExportVaultResponseSchema, { result: { ...part.counts, failures } });
}

export function letterListMessage(list: VaultParts['letters']): ListDeadLettersResponse {
  const { deadLetters, nextEntrySeq, lost } = list;
  return create(ListDeadLettersResponseSchema, {
    deadLetters: deadLetters.map(deadLetter),
    nextEntrySeq,
    lost,
  });
}

export function letterMessage({ letter, batch }: VaultParts['letter']): GetDeadLetterResponse {
  return create(GetDeadLetterResponseSchema, {
    deadLetter: deadLetter(letter),
    batch:
      'json' in batch
        ? { case: 'json', value: batch.json }
        : { case: 'unreadable', value: { why: batch.unreadable, data: batch.body } },
  });
}

function segmentMessage(segment: SegmentFacts): MessageInitShape<typeof SegmentSchema> {
  const { segmentId, epoch, state, firstEntrySeq, entryEnd, blocks } = segment;
  return {
    ...{ segmentId, epoch, state, firstEntrySeq, entryEnd, blocks },
    storedBytes: segment.storedBytes,
    rawBytes: segment.rawBytes ?? undefined,
    fileBytes: segment.fileBytes,
    oldest: timeOf(segment.oldest),
    newest: timeOf(segment.newest),
  };
}

function totalsMessage(totals: SegmentTotals): MessageInitShape<typeof SegmentTotalsSchema> {
  return { ...totals, rawBytes: totals.rawBytes ?? undefined };
}

function cursorMessage(cursor: CursorFacts): MessageInitShape<typeof VaultCursorSchema> {
  const { consumer: destination, state, ...counts } = cursor;
  return { destination, isLost: state === 'lost', ...counts };
}

function deadLetter(letter: LetterFacts): MessageInitShape<typeof DeadLetterSchema> {
  const { entrySeq, reason, attempts, statusCode, originalKind, bytes: sizeBytes } = letter;
  return {
    ...{ entrySeq, reason, attempts, statusCode, originalKind, sizeBytes },
    received: timeOf(letter.received),
    records: letter.records ?? undefined,
    owedTo: [...letter.owedTo],
  };
}

/** RFC 3339; undefined: none, or one that no calendar has. */
function timeOf(text: string | null): Timestamp | undefined {
  return text === null ? undefined : wireTime(Date.parse(text));
}

/** Facts are plain data; what JSON has no word for is null. */
function jsonOf(facts: Facts): JsonObject {
  return JSON.parse(JSON.stringify(facts));
}
