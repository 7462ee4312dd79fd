// The engine as the control plane sees it (control/engine-view.ts has the shape): numbers of shared
// memory, the monitor and the ledger, read when they are asked for.

import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { systemClock } from '../clock.ts';
import type { Config, VaultConfig } from '../config/config.ts';
import type { Log } from '../log.ts';
import { Zone } from '../memory/zone-word.ts';
import type { TakeBody } from './engine-tap.ts';
import type { Ledger } from './ledger.ts';
import { missingRoom, shortMemory } from './memory-shortage.ts';
import { RecentAckTimes } from './recent-ack-times.ts';
import type { Supervisor } from './supervisor.ts';
import { VaultFiles } from './vault-files.ts';
import { requiredExporters } from './vault-threads.ts';

export interface EngineViewParts {
  readonly supervisor: Supervisor;
  readonly version: string;
  /** When the process began, on the monotonic clock. */
  readonly startedMs: number;
  readonly log: Log;
  /** The configuration in use, with its defaults and without secrets. */
  configYaml(): string;
  /** Before the last reload that changed it. */
  configBefore(): { readonly yaml: string; readonly changedWallMs: number } | undefined;
}

export function engineView(parts: EngineViewParts) {
  const { supervisor, version, startedMs, log, configYaml, configBefore } = parts;
  const { config, statePage, vaultPage, zonePage, monitor } = supervisor;
  // Without a required destination there is none, whatever is configured.
  const hasVault = config.vault !== undefined && requiredExporters(config).length > 0;
  const recentAcks = new RecentAckTimes(systemClock, statePage);
  return {
    version,
    hostName: hostname(),
    startedMs,
    destinations: destinations(config, vaultPage !== undefined),
    statePage,
    vaultPage,
    // Without a required destination there is none, whatever is configured.
    hasVault,
    vaultFiles: hasVault ? vaultFiles(supervisor, config.vault, log) : undefined,
    zonePage,
    monitor,
    get observesOnly(): boolean {
      return supervisor.config.zones.observeOnly;
    },
    get isDraining(): boolean {
      return supervisor.isDraining;
    },
    get isStopping(): boolean {
      return supervisor.isStopping;
    },
    drain: supervisor.operatorDrain,
    replay: supervisor.replayDesk,
    letters: supervisor.replayDesk,
    ledger: (): Ledger => supervisor.ledger.read(),
    recentAckTimes: () => recentAcks.counts(),
    tap: (take: TakeBody) => supervisor.tap.open(take),
    configYaml,
    configBefore,
  };
}

function vaultFiles({ zonePage, monitor }: Supervisor, { directory }: VaultConfig, log: Log) {
  return new VaultFiles({
    ...{ path: resolve(directory), clock: systemClock, log },
    whyPaused() {
      if (zonePage.zone.get() === Zone.Red) return 'the zone is Red';
      const short = shortMemory(monitor.explain().signals);
      return short.length === 0 ? undefined : `memory is short (${short.join(', ')})`;
    },
    whyNoThread() {
      return missingRoom(monitor.memoryRoomBytes);
    },
  });
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
