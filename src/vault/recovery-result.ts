// What recovery is given and what it gives back.

import type { Clock } from '../clock.ts';
import type { VaultDirectory } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import type { DiskQuota } from './disk-quota.ts';
import type { Hash64 } from './hash64.ts';
import type { IoFault } from './io-fault.ts';
import type { CursorEvidence } from './log-evidence.ts';
import type { LogOrigin, RecoveredSegment } from './log-origin.ts';
import type { MetaFile } from './meta-file.ts';
import type { Quarantine } from './quarantine.ts';
import type { RecoveryReport, UsedBytes } from './recovery-report.ts';

export interface RecoveryOptions {
  readonly directory: VaultDirectory;
  readonly area: ByteView;
  /** Of recoveryScratchSizeBytes, in whole units; free again afterwards. */
  readonly scratchOffsetBytes: number;
  readonly hash: Hash64;
  readonly direct: boolean;
  readonly clock: Clock;
  /** Written to META. */
  readonly software: string;
  /** Of new segments. */
  readonly capacityUnits: number;
  /** Of every cursor that can be read. */
  readonly cursors: readonly CursorEvidence[];
  readonly onDamage: 'quarantine' | 'refuse';
  /** Nothing is written: no epoch, no evidence, no cut. */
  readonly readOnly: boolean;
  readonly quota: DiskQuota;
  /** Called once before anything is written, with what lies in the directory, for the quota. */
  readonly found: (usedBytes: number) => void;
  readonly quarantineSizeBytesMax: number;
  /** Random; for a vault that is made now. */
  readonly newVaultUuid: Uint8Array;
}

export type RefusalReason =
  | 'unknown-major'
  | 'unknown-feature'
  | 'two-vaults'
  | 'damage'
  | 'segment-names'
  | 'sequence-exhausted';

/** Oldest first. Each is made when it is asked for: there may be very many. */
export interface FinishedSegments extends Iterable<RecoveredSegment> {
  readonly count: number;
}

export interface RecoveredLog {
  readonly kind: 'recovered';
  readonly origin: LogOrigin;
  /** Newest last. The log ends in it behind the block origin.lastBlockSeq. */
  readonly segments: FinishedSegments;
  readonly usedBytes: UsedBytes;
  /** False: a feature that this build may only read with, or a start that was to be read-only. */
  readonly isWritable: boolean;
  readonly meta: MetaFile;
  readonly quarantine: Quarantine;
  readonly report: RecoveryReport;
}

export type RecoveryResult =
  | RecoveredLog
  /** Nothing was written. */
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly detail: string }
  /** A call failed, which says nothing about the log. */
  | { readonly kind: 'failed'; readonly fault: IoFault; readonly detail: string };
