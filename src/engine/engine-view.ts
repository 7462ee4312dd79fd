// The engine as the control plane sees it (control/engine-view.ts has the shape): numbers of shared
// memory, the monitor and the ledger, read when they are asked for.

import { hostname } from 'node:os';
import type { Config } from '../config/config.ts';
import type { Ledger } from './ledger.ts';
import type { Supervisor } from './supervisor.ts';
import { requiredExporters } from './vault-threads.ts';

export interface EngineViewParts {
  readonly supervisor: Supervisor;
  readonly version: string;
  /** When the process began, on the monotonic clock. */
  readonly startedMs: number;
  /** The configuration in use, with its defaults and without secrets. */
  configYaml(): string;
}

export function engineView({ supervisor, version, startedMs, configYaml }: EngineViewParts) {
  const { config, statePage, vaultPage, zonePage, monitor } = supervisor;
  return {
    version,
    hostName: hostname(),
    startedMs,
    destinations: destinations(config, vaultPage !== undefined),
    statePage,
    vaultPage,
    // Without a required destination there is none, whatever is configured.
    hasVault: config.vault !== undefined && requiredExporters(config).length > 0,
    zonePage,
    monitor,
    get observesOnly(): boolean {
      return supervisor.config.zones.observeOnly;
    },
    get isDraining(): boolean {
      return supervisor.isDraining;
    },
    ledger: (): Ledger => supervisor.ledger.read(),
    configYaml,
  };
}

function destinations(config: Config, hasVault: boolean) {
  const consumers = requiredExporters(config);
  return config.exporters.map((exporter) => {
    const index = consumers.indexOf(exporter);
    return {
      id: exporter.id,
      isRequired: exporter.required,
      consumerIndex: hasVault && index >= 0 ? index : undefined,
    };
  });
}
