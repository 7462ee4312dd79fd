// `gophership vault export`: the batches in a vault as OTLP, to a file or to stdout.

import { closeSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { countOf } from '../ctl/quantity-text.ts';
import { ExitCode, GopherShipError } from '../errors.ts';
import { printable } from '../tls/printable.ts';
import type { CursorSlot } from '../vault/cursor-slot.ts';
import type { OfflineVault } from '../vault/offline.ts';
import {
  type ExportCounts,
  type ExportFormat,
  exportBatches,
  slotOfConsumer,
} from '../vault-facts/batch-export.ts';
import { payloadsUnbounded } from '../vault-facts/entry-payload.ts';
import { openVault, type VaultTerminal } from './vault-cli.ts';
import { writeAll } from './write-all.ts';

export interface ExportFlags {
  readonly format: ExportFormat;
  readonly consumer?: string | undefined;
  /** Of the receive time, inclusive. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs?: number | undefined;
  /** `-`: stdout. */
  readonly output: string;
}

export function vaultExport(
  directory: string,
  flags: ExportFlags,
  terminal: VaultTerminal,
): ExitCode {
  const vault = openVault(directory, terminal);
  const slot = flags.consumer === undefined ? undefined : slotOf(vault, flags.consumer);
  const { written, failed, lost } = exportTo(vault, flags, slot, terminal);
  const done = countOf(written, 'batch', 'batches');
  terminal.talk(`${done} written, ${failed} not readable as OTLP, ${lost} lost\n`);
  return failed + lost === 0 ? ExitCode.Ok : ExitCode.Failure;
}

function slotOf(vault: OfflineVault, consumer: string): CursorSlot {
  const slot = slotOfConsumer(vault, consumer);
  if (slot !== undefined) return slot;
  const known = vault.cursors.map((candidate) => candidate.consumer).join(', ');
  const text = `${vault.path}: no cursor of "${consumer}", there are: ${known || 'none'}`;
  throw new GopherShipError('VAULT_FAILED', printable(text));
}

function exportTo(
  vault: OfflineVault,
  flags: ExportFlags,
  slot: CursorSlot | undefined,
  terminal: VaultTerminal,
): ExportCounts {
  const { format, output, fromMs = 0, toMs = Number.POSITIVE_INFINITY } = flags;
  const exportWith = (write: (bytes: Uint8Array) => void) =>
    exportBatches(vault, { format, slot, fromMs, toMs }, payloadsUnbounded, {
      write,
      failed: (entrySeq, why) => terminal.talk(`entry ${entrySeq}: ${printable(why)}\n`),
      read() {},
    });
  if (output === '-') return exportWith(terminal.write);
  const file = openSync(resolve(terminal.directory, output), 'w', 0o600);
  try {
    return exportWith((bytes) => writeAll(file, bytes));
  } finally {
    closeSync(file);
  }
}
