// What the main thread and the vault thread say to each other. Entries never go this way, nor do
// counters: they are in the rings and on the vault's page.

import type { MessagePort } from 'node:worker_threads';
import type { Config, VaultConfig } from '../config/config.ts';
import type { ErrorCode } from '../errors.ts';
import type { LogFields } from '../log.ts';
import type { ArenaLayout } from '../memory/arena-plan.ts';
import type { CursorSnapshot } from '../vault/consumer-cursor.ts';
import type { LetterResult, LetterWork } from '../vault/letter-log.ts';

/** Everything that the vault thread needs to start, as plain data. */
export interface VaultStart {
  readonly vault: VaultConfig;
  readonly logs: Config['telemetry']['logs'];
  readonly memory: WebAssembly.Memory;
  readonly layout: ArenaLayout;
  readonly shardCount: number;
  /** Ids of the required destinations, in their order. */
  readonly consumers: readonly string[];
  /** For each shard, to wake it up when answers wait. */
  readonly shardPorts: readonly MessagePort[];
  /** With the replay thread: damage that it found, and what becomes of dead letters. */
  readonly replayPort: MessagePort;
  readonly version: string;
}

/** Commit what waits, seal, write the cursors, say `closed`. The replay thread has stopped. */
export type ToVault = { readonly kind: 'close' };

export type FromVault =
  | {
      readonly kind: 'ready';
      /** Absolute, without symbolic links. */
      readonly directory: string;
      readonly vaultUuid: Uint8Array;
      readonly direct: boolean;
      /** Of each consumer, in their order. */
      readonly cursors: readonly CursorSnapshot[];
      /** What recovery met, for the log. */
      readonly report: LogFields;
    }
  /** The start failed for a reason that the operator can mend. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: 'closed' };

// On the port between the replay thread and the vault thread, each followed by a ring of the bell.
export type ReplayToVault = DamageReport | LetterTask;

/** Answered with the same id. */
export interface LetterTask {
  readonly kind: 'letters';
  readonly id: number;
  readonly work: LetterWork;
}

export interface LetterReply {
  readonly kind: 'letters';
  readonly id: number;
  readonly result: LetterResult;
}

export interface DamageReport {
  readonly kind: 'damage';
  readonly log: number;
  readonly segmentId: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly blockCount: number;
  readonly fromEntrySeq: number;
  /** Exclusive. */
  readonly toEntrySeq: number;
}
