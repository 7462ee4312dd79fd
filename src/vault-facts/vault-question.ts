// What the control plane may ask of a vault that is in use, and what comes back, part by part:
// plain data that threads can send each other.

import type { ExportCounts, ExportFormat } from './batch-export.ts';
import type { LetterBatch, LetterList } from './dead-letters.ts';
import type { VaultCheck } from './vault-check.ts';
import type { Facts } from './vault-inspection.ts';
import type { VaultList } from './vault-list.ts';

export type VaultQuestion =
  | { readonly kind: 'list'; readonly segmentsMax: number }
  /** As inspectVault() takes it. */
  | { readonly kind: 'inspect'; readonly what: readonly string[] }
  | { readonly kind: 'verify' }
  | {
      readonly kind: 'export';
      readonly format: ExportFormat;
      /** Empty: all. */
      readonly consumer: string;
      readonly fromMs: number;
      /** Exclusive. */
      readonly toMs: number;
    }
  | { readonly kind: 'letters'; readonly fromEntrySeq: number; readonly countMax: number }
  | { readonly kind: 'letter'; readonly entrySeq: number };

/** By the kind of the question: each part of its answer. */
export interface VaultParts {
  readonly list: VaultList;
  readonly inspect: InspectPart;
  readonly verify: VerifyPart;
  readonly export: ExportPart;
  readonly letters: LetterList;
  readonly letter: LetterBatch;
}

export type QuestionKind = keyof VaultParts;

/** The facts once, then blocks. */
export type InspectPart = { readonly facts: Facts } | { readonly blocks: readonly Facts[] };

/** The check comes last. */
export type VerifyPart =
  | { readonly doneBytes: number; readonly totalBytes: number }
  | { readonly check: VaultCheck; readonly findingsLeftOut: number };

/** The result comes last. */
export type ExportPart =
  | { readonly data: Uint8Array<ArrayBuffer> }
  | { readonly counts: ExportCounts; readonly failures: readonly ExportFailure[] };

export interface ExportFailure {
  readonly entrySeq: number;
  readonly why: string;
}
