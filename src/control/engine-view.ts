// What the control plane sees of the engine, and the few things that it may do to it. engine/ hands
// it in; nothing here knows threads.

import type { StatePage } from '../memory/state-page.ts';
import type { TimeCounts } from '../memory/time-histogram.ts';
import type { VaultPage } from '../memory/vault-page.ts';
import type { ZonePage } from '../memory/zone-page.ts';
import type { Monitor } from '../monitor/monitor.ts';
import type { QuestionKind, VaultParts, VaultQuestion } from '../vault-facts/vault-question.ts';
import type { DrainView } from './drain-view.ts';
import type { LettersView } from './letters-view.ts';
import type { ReplayView } from './replay-view.ts';

export interface EngineView {
  readonly version: string;
  readonly hostName: string;
  /** On the monotonic clock. */
  readonly startedMs: number;
  /** In the order of their words on the state page. */
  readonly destinations: readonly DestinationView[];
  readonly statePage: StatePage;
  /** Undefined: there is no vault, or it could not be opened. */
  readonly vaultPage: VaultPage | undefined;
  /** A vault is configured, whether or not it could be opened. */
  readonly hasVault: boolean;
  /** Undefined: there is no vault. */
  readonly vaultFiles: VaultFilesView | undefined;
  readonly zonePage: ZonePage;
  readonly monitor: Pick<
    Monitor,
    | 'allowBeside'
    | 'explain'
    | 'history'
    | 'override'
    | 'clearOverride'
    | 'sources'
    | 'readings'
    | 'zone'
    | 'zoneMs'
  >;
  /** `zones.observe_only`. */
  readonly observesOnly: boolean;
  /** By an operator, or because it stops. */
  readonly isDraining: boolean;
  readonly isStopping: boolean;
  readonly drain: DrainView;
  /** Undefined: there is no vault, or it could not be opened. */
  readonly replay: ReplayView | undefined;
  /** The same. */
  readonly letters: LettersView | undefined;
  ledger(): LedgerView;
  /** From the last byte of a request to its acknowledgement, over the last minute. */
  recentAckTimes(): TimeCounts;
  /**
   * Until it is closed `take` gets the first bytes of some bodies that come in, OTLP in protobuf;
   * none in Red. It must not throw.
   */
  tap(take: (body: Uint8Array) => void): { close(): void };
  /** The configuration in use, with its defaults and without secrets. */
  configYaml(): string;
  /** Before the last reload that changed it; undefined: it has not changed since the start. */
  configBefore(): ConfigBefore | undefined;
}

/** Reads what is in the vault's files, while the engine goes on. */
export interface VaultFilesView {
  /**
   * The answer, part by part. Throws GopherShipError, at once or while it is read; ends with the
   * signal of the call.
   */
  ask<Kind extends QuestionKind>(
    question: Extract<VaultQuestion, { readonly kind: Kind }>,
    signal: AbortSignal,
  ): AsyncIterable<VaultParts[Kind]>;
}

export interface ConfigBefore {
  readonly yaml: string;
  /** When it was replaced, since the Unix epoch. */
  readonly changedWallMs: number;
}

export interface DestinationView {
  readonly id: string;
  readonly isRequired: boolean;
  /** Of its words on the vault's page; undefined: the vault keeps nothing for it. */
  readonly consumerIndex: number | undefined;
}

/** In batches; what each term means says engine/ledger.ts. */
export interface LedgerView {
  readonly intake: {
    readonly received: number;
    readonly acked: number;
    readonly refused: number;
    readonly gone: number;
    readonly inFlight: number;
    readonly difference: number;
  };
  readonly rows: readonly LedgerRowView[];
  readonly isBalanced: boolean;
}

export interface LedgerRowView {
  readonly id: string;
  readonly acked: number;
  readonly alsoStored: number;
  readonly burnt: number;
  readonly delivered: number;
  readonly inVault: number;
  readonly deadLettered: number;
  readonly lost: number;
  readonly dropped: number;
  readonly skipped: number;
  readonly difference: number;
}
