// An engine as /metrics sees it, with pages of its own whose every word a test can write, and a
// zone that the real machine made of one set of readings.

import type { DestinationView, EngineView, LedgerRowView } from '../../src/control/engine-view.ts';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { VaultPage, vaultPageSizeBytes } from '../../src/memory/vault-page.ts';
import { Zone } from '../../src/memory/zone-word.ts';
import { signalTable } from '../../src/monitor/signal-table.ts';
import { createReadings, type Readings, Signal } from '../../src/monitor/signals.ts';
import { ZoneMachine } from '../../src/monitor/zone-machine.ts';
import { separateZonePage } from './zone-page.ts';
import { testZones } from './zones-config.ts';

export const metricsNowMs = 100_000;

export const metricsProcess = {
  cpuSeconds: 12.5,
  residentBytes: 64_000_000,
  startTimeSeconds: 1_700_000_000.25,
  openFiles: 40,
  openFilesMax: 65_536,
};

export interface MetricsViewOptions {
  readonly shardCount?: number;
  readonly destinations?: readonly DestinationView[];
  readonly hasVault?: boolean;
  readonly hasVaultPage?: boolean;
  readonly readings?: Readings;
}

/** Two required destinations and a debug exporter. */
export const metricsDestinations: readonly DestinationView[] = [
  { id: 'otlp_grpc/central', isRequired: true, consumerIndex: 0 },
  { id: 'debug', isRequired: false, consumerIndex: undefined },
  { id: 'otlp_http', isRequired: true, consumerIndex: 1 },
];

/** Yellow: the arena is at 70 %. No pressure stall information on this host. */
export function metricsReadings(): Readings {
  const readings = createReadings();
  readings[Signal.Arena] = 70;
  readings[Signal.LoopDelay] = 12.5;
  readings[Signal.MemoryExhaustion] = Number.POSITIVE_INFINITY;
  readings[Signal.OwnGrowth] = 1_024;
  return readings;
}

export function metricsView(options: MetricsViewOptions = {}): EngineView {
  const { shardCount = 2, hasVault = true, hasVaultPage = hasVault } = options;
  const { destinations = metricsDestinations, readings = metricsReadings() } = options;
  const zonePage = separateZonePage(shardCount);
  const machine = new ZoneMachine(testZones(), 0);
  machine.step(0, readings);
  zonePage.zone.set(machine.zone);
  const stateBuffer = new SharedArrayBuffer(statePageSizeBytes(shardCount));
  const statePage = new StatePage(stateBuffer, 0, shardCount);
  const rows = destinations.filter(({ isRequired }) => isRequired).map(({ id }) => row(id));
  return {
    version: '1.2.3',
    hostName: 'host',
    startedMs: 40_000,
    destinations,
    statePage,
    vaultPage: hasVaultPage
      ? new VaultPage(new SharedArrayBuffer(vaultPageSizeBytes), 0)
      : undefined,
    hasVault,
    vaultFiles: undefined,
    zonePage,
    monitor: {
      allowBeside: () => {},
      explain: () => machine.explain(5_000, readings),
      history: () => machine.history(),
      override: () => undefined,
      clearOverride: () => {},
      sources: hostSignals.map(({ signal, name }) => ({
        ...{ signal, name, file: undefined },
        live: !Number.isNaN(readings[signal]),
      })),
      readings,
      zone: Zone.Green,
      zoneMs: (zone) => [55_000, 4_000, 1_000][zone]!, // every zone has a place
    },
    observesOnly: false,
    isDraining: false,
    isStopping: false,
    drain: { order: undefined, start() {}, end() {} },
    replay: undefined,
    letters: undefined,
    tap: () => ({ close() {} }),
    ledger: () => ({
      intake: { received: 10, acked: 5, refused: 2, gone: 1, inFlight: 2, difference: 0 },
      rows,
      isBalanced: true,
    }),
    recentAckTimes: () => statePage.ackTimes(),
    configYaml: () => '',
    configBefore: () => undefined,
  };
}

/** Those that a host may lack; what shards measure is always there. */
const hostSignals = signalTable.filter(
  ({ signal }) => signal !== Signal.Arena && signal !== Signal.LoopDelay,
);

function row(id: string): LedgerRowView {
  return {
    ...{ id, acked: 101, alsoStored: 2, burnt: 3, delivered: 80, inVault: 14, deadLettered: 5 },
    ...{ lost: 4, dropped: 1, skipped: 6, difference: -4 },
  };
}
