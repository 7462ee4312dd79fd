// A control service over pages of its own and a real monitor, whose host says what a test wants.
// Called through Connect's own handlers, in process.

import type { Client } from '@connectrpc/connect';
import type { AuditedMutation } from '../../src/control/audit-log.ts';
import { controlService } from '../../src/control/control-service.ts';
import type {
  ConfigBefore,
  DestinationView,
  EngineView,
  LedgerView,
} from '../../src/control/engine-view.ts';
import { RecordedAudit } from '../../src/control/recorded-audit.ts';
import { OperatorDrain } from '../../src/engine/operator-drain.ts';
import { ControlService } from '../../src/generated/gophership/control/v1/control_pb.js';
import { StatePage, statePageSizeBytes } from '../../src/memory/state-page.ts';
import { VaultPage, vaultPageSizeBytes } from '../../src/memory/vault-page.ts';
import { Monitor } from '../../src/monitor/monitor.ts';
import { Signal } from '../../src/monitor/signals.ts';
import { FakeClock } from './fake-clock.ts';
import { FakeReplay } from './fake-replay.ts';
import { FakeTap } from './fake-tap.ts';
import { keptLog } from './kept-log.ts';
import { serviceClient } from './service-client.ts';
import { separateZonePage } from './zone-page.ts';
import { testZones } from './zones-config.ts';

export const shardCount = 2;

export interface ControlRigOptions {
  /** Keys of the section `zones`. */
  readonly zones?: object;
  readonly hasVault?: boolean;
}

/** The others come from the shards. */
type HostSignal = Exclude<keyof typeof Signal, 'Arena' | 'LoopDelay'>;

const balanced: LedgerView = {
  intake: { received: 9, acked: 5, refused: 1, gone: 1, inFlight: 2, difference: 0 },
  rows: [],
  isBalanced: true,
};

export class ControlRig {
  readonly clock = new FakeClock();
  readonly log = keptLog();
  readonly audit = new RecordedAudit(this.clock, this.log.log);
  readonly statePage = new StatePage(
    new SharedArrayBuffer(statePageSizeBytes(shardCount)),
    0,
    shardCount,
  );
  readonly vaultPage = new VaultPage(new SharedArrayBuffer(vaultPageSizeBytes), 0);
  readonly zonePage = separateZonePage(shardCount);
  readonly monitor: Monitor;
  destinations: DestinationView[] = [
    { id: 'otlp_grpc/a', isRequired: true, consumerIndex: 0 },
    { id: 'otlp_http/b', isRequired: true, consumerIndex: 1 },
    { id: 'debug', isRequired: false, consumerIndex: undefined },
  ];
  ledger: LedgerView = balanced;
  readonly tap = new FakeTap();
  readonly replay = new FakeReplay();
  readonly drain = new OperatorDrain(this.replay);
  isDraining = false;
  configBefore: ConfigBefore | undefined;
  /** False: the engine starts. */
  isRunning = true;
  readonly service;
  /** What the engine was told that the control port takes. */
  besideBytes = 0;
  readonly view: EngineView;
  readonly #readings = new Map<Signal, number>();

  constructor(options: ControlRigOptions = {}) {
    const { zones = {}, hasVault = true } = options;
    const config = testZones(zones);
    this.monitor = new Monitor({
      ...{ clock: this.clock, log: this.log.log, zones: config, page: this.zonePage },
      host: {
        sample: (_, out) => {
          for (const [signal, value] of this.#readings) out[signal] = value;
        },
        sources: () => [
          { signal: Signal.HostMemory, name: 'host_memory_percent', live: true, file: '/proc/m' },
          { signal: Signal.PsiMemoryFull, name: 'psi_memory_full_percent', live: false, file: '' },
        ],
        allowBeside: (sizeBytes) => {
          this.besideBytes = sizeBytes;
        },
        roomBytes: Number.NaN,
        close() {},
      },
      workCount: () => 0,
      changed() {},
    });
    this.monitor.sample();
    this.view = viewOf(this, config.observeOnly, hasVault);
    this.service = controlService({
      view: () => (this.isRunning ? this.view : undefined),
      clock: this.clock,
      audit: this.audit,
    });
  }

  /** From now on the host reads this; a sample is taken. */
  sample(values: Partial<Record<HostSignal, number>>): void {
    for (const [name, value] of Object.entries(values)) {
      this.#readings.set(Signal[name as HostSignal], value); // its keys, by its type
    }
    this.monitor.sample();
  }

  /** A zone that acts, without signals. */
  override(zone: 'green' | 'yellow' | 'red', reason = 'a test'): void {
    const number = { green: 0, yellow: 1, red: 2 } as const;
    const request = { zone: number[zone], durationMs: 3_600_000, reason, by: 'CN=test' };
    this.monitor.override(request);
  }

  mutate(reason: string): AuditedMutation | undefined {
    const done = { procedure: 'SetOverride', reason, outcome: 'done', detail: '' };
    this.audit.mutation({ subject: 'CN=test', role: 'operator' }, done);
    return this.audit.mutations().at(-1);
  }

  client(): Client<typeof ControlService> {
    return serviceClient(ControlService, this.service, this.audit);
  }
}

function viewOf(rig: ControlRig, observesOnly: boolean, hasVault: boolean): EngineView {
  return {
    version: '1.2.3',
    hostName: 'host-a',
    startedMs: rig.clock.nowMs(),
    get destinations() {
      return rig.destinations;
    },
    statePage: rig.statePage,
    vaultPage: hasVault ? rig.vaultPage : undefined,
    hasVault,
    vaultFiles: undefined,
    zonePage: rig.zonePage,
    monitor: rig.monitor,
    observesOnly,
    get isDraining() {
      return rig.isDraining || rig.drain.order !== undefined;
    },
    get isStopping() {
      return rig.isDraining;
    },
    get drain() {
      return rig.drain;
    },
    letters: undefined,
    get replay() {
      return hasVault ? rig.replay : undefined;
    },
    ledger: () => rig.ledger,
    recentAckTimes: () => rig.statePage.ackTimes(),
    tap: (take) => rig.tap.open(take),
    configYaml: () => 'zones: {}\n',
    configBefore: () => rig.configBefore,
  };
}
