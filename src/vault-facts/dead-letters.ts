// The batches that were set aside since nobody takes them, and why.

import { GopherShipError } from '../errors.ts';
import { consumerTag, noConsumerTag } from '../vault/consumer-tag.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import type { EntryHeader } from '../vault/entry-header.ts';
import { EntryKind, recordsNotCounted } from '../vault/format.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { OfflineLog, OfflineVault } from '../vault/offline.ts';
import { EntryPayload, type PayloadBounds } from './entry-payload.ts';
import { timeOfNs } from './fact-text.ts';
import { isSettledMeanwhile } from './settled-file.ts';
import { cursorSlotOf, isSettled, owedEntries } from './vault-state.ts';

export interface LetterFacts {
  readonly entrySeq: number;
  /** RFC 3339; null: not known. */
  readonly received: string | null;
  readonly reason: string;
  readonly attempts: number;
  readonly statusCode: number;
  readonly originalKind: string;
  /** Null: they were not counted. */
  readonly records: number | null;
  readonly bytes: number;
  /** Consumers with a cursor that may be meant: the header has one byte for the name. */
  readonly owedTo: readonly string[];
}

export interface LetterList {
  readonly deadLetters: readonly LetterFacts[];
  /** There are more from here on; undefined: these are the last. */
  readonly nextEntrySeq: number | undefined;
  readonly lost: number;
}

export interface LetterBatch {
  readonly letter: LetterFacts;
  /** OTLP/JSON, or what is in the way and the bytes as they were received. */
  readonly batch:
    | { readonly json: string }
    | { readonly unreadable: string; readonly body: Uint8Array };
}

export interface LetterRange {
  readonly fromEntrySeq: number;
  readonly countMax: number;
}

/** `read` hears how much was read. */
export function listLetters(
  vault: OfflineVault,
  { fromEntrySeq, countMax }: LetterRange,
  read: (sizeBytes: number) => void,
): LetterList {
  const deadLetters: LetterFacts[] = [];
  let nextEntrySeq: number | undefined;
  const lost = eachLetter(vault, fromEntrySeq, read, ({ entry }) => {
    if (deadLetters.length === countMax) nextEntrySeq = entry.entrySeq;
    else deadLetters.push(letterFacts(vault, entry));
    return nextEntrySeq === undefined;
  });
  return { deadLetters, nextEntrySeq, lost };
}

/** Undefined: there is none. */
export function readLetter(
  vault: OfflineVault,
  entrySeq: number,
  bounds: PayloadBounds,
): LetterBatch | undefined {
  const payloads = new EntryPayload(vault.area.bytes, bounds);
  let found: LetterBatch | undefined;
  const ignored = () => {};
  eachLetter(vault, entrySeq, ignored, (cursor) => {
    if (cursor.entry.entrySeq !== entrySeq) return false;
    const payload = payloads.json(cursor);
    const batch =
      typeof payload === 'string'
        ? { unreadable: payload, body: bodyOf(vault, cursor) }
        : { json: Buffer.from(payload).toString('utf8') };
    found = { letter: letterFacts(vault, cursor.entry), batch };
    return false;
  });
  return found;
}

function letterFacts({ cursors }: OfflineVault, entry: EntryHeader): LetterFacts {
  const isTagged = entry.owedTo !== noConsumerTag;
  const names = isTagged ? cursors.map(({ consumer }) => consumer) : [];
  return {
    entrySeq: entry.entrySeq,
    received: timeOfNs(entry.receivedNs) ?? null,
    reason: nameOf(DeadLetterReason, entry.reason),
    attempts: entry.attempts,
    statusCode: entry.statusCode,
    originalKind: nameOf(EntryKind, entry.originalKind),
    records: entry.recordCount === recordsNotCounted ? null : entry.recordCount,
    bytes: entry.bodySizeBytes,
    owedTo: names.filter((name) => consumerTag(name) === entry.owedTo),
  };
}

function nameOf(set: Readonly<Record<string, number>>, value: number): string {
  return Object.entries(set).find(([, known]) => known === value)?.[0] ?? String(value);
}

function bodyOf({ area }: OfflineVault, cursor: EntryCursor): Uint8Array {
  const from = cursor.bodyOffsetBytes;
  return area.bytes.slice(from, from + cursor.entry.bodySizeBytes);
}

/** From this one on, until `visit` says false. Returns how many are lost. */
function eachLetter(
  vault: OfflineVault,
  fromEntrySeq: number,
  read: (sizeBytes: number) => void,
  visit: (cursor: EntryCursor) => boolean,
): number {
  const log = vault.deadLetters;
  if (log === undefined) return 0;
  const firstEntrySeq = log.source.segments[0]?.firstEntrySeq ?? log.end.entryEnd;
  log.reader.seek(Math.max(fromEntrySeq, firstEntrySeq));
  try {
    return visitLetters(vault, log, fromEntrySeq, read, visit);
  } finally {
    log.reader.close();
  }
}

function visitLetters(
  vault: OfflineVault,
  log: OfflineLog,
  fromEntrySeq: number,
  read: (sizeBytes: number) => void,
  visit: (cursor: EntryCursor) => boolean,
): number {
  const cursor = new EntryCursor(vault.area, vault.hash);
  const place = { take: (sizeBytes: number) => vault.take(sizeBytes) };
  const settled = vault.letterCursor && cursorSlotOf(vault.letterCursor);
  // Redriven or purged; its segment is there as long as others of it are not.
  const isGone = (seq: number) => settled !== undefined && isSettled(settled, seq);
  let lost = 0;
  for (;;) {
    const found = log.reader.next(log.end, place);
    if (found.kind === 'end') return lost;
    if (found.kind === 'fault') {
      const where = `dead letters: ${ioFaultName(found.fault)}`;
      throw new GopherShipError('VAULT_FAILED', `${vault.path}: ${where}`);
    }
    if (found.kind === 'lost' && !isSettledMeanwhile(vault, log, found)) {
      const { fromEntrySeq: firstEntrySeq, toEntrySeq: entryEnd } = found;
      lost +=
        settled === undefined
          ? entryEnd - firstEntrySeq
          : owedEntries(settled, [{ firstEntrySeq, entryEnd }]);
    }
    if (found.kind !== 'entries') continue;
    read(found.rawSizeBytes);
    cursor.begin(found.rawOffsetBytes, found.rawSizeBytes);
    while (cursor.next()) {
      if (cursor.entry.entrySeq < fromEntrySeq || isGone(cursor.entry.entrySeq)) continue;
      if (!cursor.checkBody()) lost += 1;
      else if (!visit(cursor)) return lost;
    }
  }
}
