// `gophership vault export`: the batches in a vault as OTLP, to a file or to stdout. Reads only; an
// engine that has the vault goes on, and nothing is settled by it.

import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { ExitCode, GopherShipError } from '../errors.ts';
import { printable } from '../tls/printable.ts';
import type { CursorSlot } from '../vault/cursor-slot.ts';
import { EntryCursor } from '../vault/entry-cursor.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { OfflineVault } from '../vault/offline.ts';
import { EntryPayload } from './entry-payload.ts';
import { hexId, openVault, type VaultTerminal } from './vault-cli.ts';
import { cursorSlotOf, isSettled } from './vault-facts.ts';
import { writeAll } from './write-all.ts';

export interface ExportFlags {
  readonly format: 'jsonl' | 'protobuf';
  readonly consumer?: string | undefined;
  /** Of the receive time, inclusive. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs?: number | undefined;
  /** `-`: stdout. */
  readonly output: string;
}

interface Counts {
  written: number;
  failed: number;
  lost: number;
}

export function vaultExport(
  directory: string,
  flags: ExportFlags,
  terminal: VaultTerminal,
): ExitCode {
  const vault = openVault(directory, terminal);
  const slot = flags.consumer === undefined ? undefined : slotOf(vault, flags.consumer);
  const counts: Counts = { written: 0, failed: 0, lost: 0 };
  if (flags.output === '-') {
    exportAll(vault, flags, slot, terminal, terminal.write, counts);
  } else {
    const file = openSync(resolve(terminal.directory, flags.output), 'w', 0o600);
    try {
      exportAll(vault, flags, slot, terminal, (bytes) => writeAll(file, bytes), counts);
    } finally {
      closeSync(file);
    }
  }
  const { written, failed, lost } = counts;
  terminal.talk(`${written} batches written, ${failed} not readable as OTLP, ${lost} lost\n`);
  return failed + lost === 0 ? ExitCode.Ok : ExitCode.Failure;
}

function slotOf(vault: OfflineVault, consumer: string): CursorSlot {
  const found = vault.cursors.find((candidate) => candidate.consumer === consumer);
  const slot = found && cursorSlotOf(found);
  if (slot !== undefined) return slot;
  const known = vault.cursors.map((candidate) => candidate.consumer).join(', ');
  const text = `${vault.path}: no cursor of "${consumer}", there are: ${known || 'none'}`;
  throw new GopherShipError('VAULT_FAILED', printable(text));
}

function exportAll(
  vault: OfflineVault,
  flags: ExportFlags,
  slot: CursorSlot | undefined,
  terminal: VaultTerminal,
  write: (bytes: Uint8Array) => void,
  counts: Counts,
): void {
  const { reader, end } = vault.log;
  const cursor = new EntryCursor(vault.area, vault.hash);
  const payloads = new EntryPayload(vault.area.bytes);
  const place = { take: (sizeBytes: number) => vault.take(sizeBytes) };
  const { fromMs = 0, toMs = Number.POSITIVE_INFINITY } = flags;
  for (;;) {
    const read = reader.next(end, place);
    if (read.kind === 'end') break;
    if (read.kind === 'fault') {
      const where = `seg/${hexId(read.segmentId)}: ${ioFaultName(read.fault)}`;
      throw new GopherShipError('VAULT_FAILED', `${vault.path}: ${where}`);
    }
    if (read.kind === 'lost') counts.lost += read.toEntrySeq - read.fromEntrySeq;
    if (read.kind !== 'entries') continue;
    cursor.begin(read.rawOffsetBytes, read.rawSizeBytes);
    while (cursor.next()) {
      const { entrySeq, receivedNs } = cursor.entry;
      const receivedMs = receivedNs.msOfNs;
      if (receivedMs < fromMs || receivedMs >= toMs) continue;
      if (slot !== undefined && isSettled(slot, entrySeq)) continue;
      const payload = cursor.checkBody()
        ? flags.format === 'jsonl'
          ? payloads.json(cursor)
          : payloads.protobuf(cursor)
        : 'is not what its producer sent';
      if (typeof payload === 'string') {
        counts.failed += 1;
        terminal.talk(`entry ${entrySeq}: ${printable(payload)}\n`);
      } else {
        counts.written += 1;
        write(payload);
      }
    }
  }
  reader.close();
}
