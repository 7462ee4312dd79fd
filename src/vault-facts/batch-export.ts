// The batches of a vault as OTLP, oldest first. Reads only: an engine that has the vault goes on,
// and nothing is settled by it.

import { GopherShipError } from '../errors.ts';
import type { CursorSlot } from '../vault/cursor-slot.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { OfflineVault } from '../vault/offline.ts';
import { EntryPayload, type PayloadBounds } from './entry-payload.ts';
import { hexId } from './fact-text.ts';
import { isSettledMeanwhile } from './settled-file.ts';
import { cursorSlotOf, isSettled } from './vault-state.ts';

/** `jsonl`: OTLP/JSON, a line a batch; `protobuf`: all of it is one ExportLogsServiceRequest. */
export type ExportFormat = 'jsonl' | 'protobuf';

export interface ExportWanted {
  readonly format: ExportFormat;
  /** Only what this one has not got; undefined: everything. */
  readonly slot: CursorSlot | undefined;
  /** Of the receive time, inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
}

export interface ExportCounts {
  readonly written: number;
  readonly failed: number;
  readonly lost: number;
}

export interface ExportSink {
  /** One batch; the bytes are good until it returns. */
  write(bytes: Uint8Array): void;
  failed(entrySeq: number, why: string): void;
  /** So much was read since the last time. */
  read(sizeBytes: number): void;
}

/** Of this consumer's cursor; undefined: there is none that can be read. */
export function slotOfConsumer(vault: OfflineVault, consumer: string): CursorSlot | undefined {
  const found = vault.cursors.find((candidate) => candidate.consumer === consumer);
  return found && cursorSlotOf(found);
}

/** Throws VAULT_FAILED for what cannot be read. */
export function exportBatches(
  vault: OfflineVault,
  wanted: ExportWanted,
  bounds: PayloadBounds,
  sink: ExportSink,
): ExportCounts {
  const { reader, end } = vault.log;
  const cursor = new EntryCursor(vault.area, vault.hash);
  const payloads = new EntryPayload(vault.area.bytes, bounds);
  const place = { take: (sizeBytes: number) => vault.take(sizeBytes) };
  const counts = { written: 0, failed: 0, lost: 0 };
  for (;;) {
    const read = reader.next(end, place);
    if (read.kind === 'end') break;
    if (read.kind === 'fault') {
      const where = `seg/${hexId(read.segmentId)}: ${ioFaultName(read.fault)}`;
      throw new GopherShipError('VAULT_FAILED', `${vault.path}: ${where}`);
    }
    if (read.kind === 'lost' && !isSettledMeanwhile(vault, vault.log, read)) {
      counts.lost += read.toEntrySeq - read.fromEntrySeq;
    }
    if (read.kind !== 'entries') continue;
    sink.read(read.rawSizeBytes);
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      if (!isWanted(cursor, wanted)) continue;
      const payload = payloadOf(cursor, payloads, wanted.format);
      if (typeof payload === 'string') {
        counts.failed += 1;
        sink.failed(cursor.entry.entrySeq, payload);
      } else {
        counts.written += 1;
        sink.write(payload);
      }
    }
  }
  reader.close();
  return counts;
}

function isWanted({ entry }: EntryCursor, { slot, fromMs, toMs }: ExportWanted): boolean {
  const receivedMs = entry.receivedNs.msOfNs;
  if (receivedMs < fromMs || receivedMs >= toMs) return false;
  return slot === undefined || !isSettled(slot, entry.entrySeq);
}

function payloadOf(cursor: EntryCursor, payloads: EntryPayload, format: ExportFormat) {
  if (!cursor.checkBody()) return 'is not what its producer sent';
  return format === 'jsonl' ? payloads.json(cursor) : payloads.protobuf(cursor);
}
