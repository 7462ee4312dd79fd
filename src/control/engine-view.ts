// What the control plane sees of the engine, and the few things that it may do to it. engine/ hands
// it in; nothing here knows threads.

import type { StatePage } from '../memory/state-page.ts';
import type { VaultPage } from '../memory/vault-page.ts';
import type { ZonePage } from '../memory/zone-page.ts';
import type { Monitor } from '../monitor/monitor.ts';

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
  readonly zonePage: ZonePage;
  readonly monitor: Pick<
    Monitor,
    'explain' | 'history' | 'override' | 'clearOverride' | 'sources' | 'readings' | 'zone'
  >;
  /** `zones.observe_only`. */
  readonly observesOnly: boolean;
  readonly isDraining: boolean;
  ledger(): LedgerView;
  /** The configuration in use, with its defaults and without secrets. */
  configYaml(): string;
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
