// What a recovery found and did, as plain data for status and log.

import type { DamageRange } from './tail-walk.ts';

/** The rows of the table of recovery (docs/VAULT-FORMAT.md) that a start met. */
export const RecoveryRow = {
  NewVault: 'new-vault',
  MetaSlotBad: 'meta-slot-bad',
  MetaLost: 'meta-lost',
  Sealed: 'sealed',
  CleanEnd: 'clean-end',
  Torn: 'torn',
  TornFile: 'torn-file',
  EntryCut: 'entry-cut',
  DurableDamage: 'durable-damage',
  DurableTailLost: 'durable-tail-lost',
  HeaderDamaged: 'header-damaged',
  UnusedFile: 'unused-file',
  MissingFile: 'missing-file',
  Copy: 'copy',
  Foreign: 'foreign',
  /** The flush before the first read failed: what is not durable for certain is void. */
  SyncFailed: 'sync-failed',
  /** A file had another name than its header says. */
  Renamed: 'renamed',
} as const;
export type RecoveryRow = (typeof RecoveryRow)[keyof typeof RecoveryRow];

/** Entries that cursors still wait for and no file holds. */
export interface MissingEntries {
  /** Between these two files; 0: none. */
  readonly afterSegmentId: number;
  readonly beforeSegmentId: number;
  /** At most from here: what of it the file before holds is counted by the reader. */
  readonly fromEntrySeq: number;
  /** Exclusive. */
  readonly toEntrySeq: number;
}

/** Files in the vault directory, each kind in bytes; all of it counts against the limit. */
export interface UsedBytes {
  meta: number;
  segments: number;
  spares: number;
  cursors: number;
  quarantine: number;
  foreign: number;
}

export interface RecoveryReport {
  readonly rows: readonly RecoveryRow[];
  readonly segmentCount: number;
  /** Blocks behind the end that was decided. Of unacknowledged groups, so no loss. */
  readonly tornBlocks: number;
  readonly damage: readonly DamageRange[];
  readonly missing: readonly MissingEntries[];
  readonly headerDamagedCount: number;
  /** Evidence that is in quarantine now, of this start. */
  readonly quarantinedCount: number;
  readonly quarantineRefusedCount: number;
  readonly quarantineEvictedCount: number;
  readonly foreignCount: number;
  readonly copyCount: number;
  readonly deletedCount: number;
  readonly cutBytes: number;
  readonly scannedBytes: number;
  /**
   * Cuts and deletions that failed. They are repeated at the next start; nothing depends on them.
   */
  readonly leftOverCount: number;
  readonly durationMs: number;
}

export function totalUsedBytes(used: UsedBytes): number {
  const { meta, segments, spares, cursors, quarantine, foreign } = used;
  return meta + segments + spares + cursors + quarantine + foreign;
}
