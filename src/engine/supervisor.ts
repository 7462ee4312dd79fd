// The supervisor owns the threads: it builds the arena, starts the vault's threads and then the
// shards one after the other, and ends them together. It repairs nothing. A thread that dies takes
// the process with it, since slabs and rings that it held cannot be trusted; what was acknowledged
// is with the destinations or in the vault, and whatever restarts the process gets a clean one.

import { systemClock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { type ErrorCode, GopherShipError } from '../errors.ts';
import type { ListenerPorts } from '../ingester/listener.ts';
import { MiB } from '../limits.ts';
import type { Log } from '../log.ts';
import { Arena } from '../memory/arena.ts';
import type { ArenaLayout } from '../memory/arena-plan.ts';
import { ShardCounter, StatePage } from '../memory/state-page.ts';
import { VaultPage } from '../memory/vault-page.ts';
import { ZonePage } from '../memory/zone-page.ts';
import { cgroupMemoryLimit } from '../monitor/cgroup.ts';
import { HostSampler } from '../monitor/host-sampler.ts';
import { Monitor } from '../monitor/monitor.ts';
import { createTicketSecret } from '../tls/session-tickets.ts';
import { EngineLedger } from './engine-ledger.ts';
import { EngineTap } from './engine-tap.ts';
import { EngineThread } from './engine-thread.ts';
import { threadHeap } from './memory-budget.ts';
import { OperatorDrain } from './operator-drain.ts';
import { planReload } from './reload-plan.ts';
import type { ReplayDesk } from './replay-desk.ts';
import type { FromShard, ShardStart, ToShard } from './thread-messages.ts';
import { requiredExporters, VaultThreads } from './vault-threads.ts';

export interface SupervisorOptions {
  readonly config: Config;
  readonly layout: ArenaLayout;
  readonly splicePlan: Uint8Array;
  readonly version: string;
  readonly log: Log;
  /** A thread has died; the process must end with ExitCode.AssertionFailed. Called at most once. */
  threadDied(threadName: string, cause: Error): void;
}

type ShardThread = EngineThread<FromShard, ToShard>;
type Died = (name: string, cause: Error) => void;

export class Supervisor {
  readonly statePage: StatePage;
  /** Undefined without a vault. */
  readonly vaultPage: VaultPage | undefined;
  readonly ports: ListenerPorts;
  /** The zone that acts, and what each shard measures. */
  readonly zonePage: ZonePage;
  readonly monitor: Monitor;
  /** What became of every batch, by the process's own books. */
  readonly ledger: EngineLedger;
  /** A look at what comes in. */
  readonly tap: EngineTap;
  /** Apart from drain(), which ends the process. */
  readonly operatorDrain: OperatorDrain;
  readonly #shards: readonly ShardThread[];
  readonly #vault: VaultThreads | undefined;
  readonly #life: { ending: boolean };
  #config: Config;
  #draining = false;

  private constructor(
    ports: ListenerPorts,
    shards: readonly ShardThread[],
    vault: VaultThreads | undefined,
    pages: EnginePages,
    monitor: Monitor,
    config: Config,
    life: { ending: boolean },
  ) {
    this.#config = config;
    this.statePage = pages.statePage;
    this.vaultPage = pages.vaultPage;
    this.zonePage = pages.zonePage;
    this.monitor = monitor;
    this.ledger = pages.ledger;
    this.ports = ports;
    this.#shards = shards;
    this.tap = new EngineTap(shards);
    this.#vault = vault;
    this.operatorDrain = new OperatorDrain(vault?.replayDesk);
    this.#life = life;
  }

  /**
   * Resolves when every shard listens. Rejects with GopherShipError for what the operator can mend.
   */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { config, layout, log } = options;
    const arena = Arena.create(layout);
    const life = { ending: false };
    const died: Died = (name, cause) => {
      if (life.ending) return;
      life.ending = true;
      options.threadDied(name, cause);
    };
    try {
      const vault = await startVault(options, arena, died);
      const pages = enginePages(arena, vault !== undefined, config);
      // Before a shard serves: a zone that is held holds from the first batch on.
      const monitor = startMonitor(options, pages, vault);
      const { shards, ports } = await startShards(options, arena, vault, died);
      for (const transport of ['grpc', 'http'] as const) {
        const address = config.receivers[transport]?.host;
        if (address === undefined) continue;
        const port = ports[transport];
        log.info('listening', { transport, address, port, shards: shards.length });
      }
      return new Supervisor(ports, shards, vault, pages, monitor, config, life);
    } catch (error) {
      // The process ends with this error; threads that end with it have not died.
      life.ending = true;
      throw error;
    }
  }

  /** With what was taken over since the start. */
  get config(): Config {
    return this.#config;
  }

  /** By an operator, or because it stops: nothing more should be sent to it. */
  get isDraining(): boolean {
    return this.#draining || this.operatorDrain.order !== undefined;
  }

  get isStopping(): boolean {
    return this.#draining;
  }

  /** Undefined without a vault. */
  get replayDesk(): ReplayDesk | undefined {
    return this.#vault?.replayDesk;
  }

  /**
   * Drains every shard, then the vault; resolves with the number of calls that could not be
   * finished in time.
   */
  async drain(timeoutMs: number): Promise<number> {
    this.#draining = true;
    this.#vault?.holdReplay();
    this.#broadcast({ kind: 'drain', timeoutMs });
    const ends = await Promise.all(this.#shards.map((shard) => shard.next()));
    // Now everything that a shard had to say about an entry is in the rings.
    await this.#vault?.close();
    this.monitor.stop();
    this.#life.ending = true;
    return ends.reduce((sum, end) => sum + (end.kind === 'drained' ? end.unanswered : 0), 0);
  }

  /**
   * Takes over what can change while it runs: the replay's pace and order, and what makes a zone.
   * The sections that would need a restart.
   */
  reload(next: Config): readonly string[] {
    const plan = planReload(this.#config, next);
    if (plan.changesZones) {
      this.monitor.reload(next.zones);
      this.#broadcast({ kind: 'zones', zones: next.zones });
    }
    if (plan.changesReplay) this.#vault?.setReplay(next.replay);
    this.#config = { ...this.#config, zones: next.zones, replay: next.replay };
    return plan.needRestart;
  }

  /** Every listener looks at its certificate files now. */
  reloadCertificates(): void {
    this.#broadcast({ kind: 'reload-certificates' });
  }

  drainNow(): void {
    this.#broadcast({ kind: 'drain-now' });
  }

  #broadcast(message: ToShard): void {
    for (const shard of this.#shards) shard.tell(message);
  }
}

async function startVault(
  { config, version, log }: SupervisorOptions,
  arena: Arena,
  died: Died,
): Promise<VaultThreads | undefined> {
  const { vault } = config;
  // Without a destination that it could replay to, a vault would only fill.
  if (vault === undefined || requiredExporters(config).length === 0) return undefined;
  try {
    return await VaultThreads.start({ config, vault, arena, version, log, died });
  } catch (error) {
    // Its files or its disk are not right: the operator must look, and meanwhile producers are
    // acknowledged when the destinations have their batches. A wrong configuration ends the start.
    if (!(error instanceof GopherShipError) || !unopened.has(error.code)) throw error;
    log.error(error.code, `${error.message}; there is no vault until a restart`);
    return undefined;
  }
}

const unopened: ReadonlySet<ErrorCode> = new Set(['VAULT_REFUSED', 'VAULT_FAILED']);

async function startShards(
  { config, layout, splicePlan, version }: SupervisorOptions,
  arena: Arena,
  vault: VaultThreads | undefined,
  died: Died,
): Promise<{ shards: readonly ShardThread[]; ports: ListenerPorts }> {
  const { memory } = arena;
  const { grpc, http } = config.receivers;
  const ticketSecret = createTicketSecret();
  let ports: ListenerPorts = { grpc: grpc?.port, http: http?.port };
  const shards: ShardThread[] = [];
  for (let shardIndex = 0; shardIndex < config.memory.shardCount; shardIndex += 1) {
    const wakePorts = vault?.shardPorts(shardIndex);
    const start: ShardStart = {
      ...{ shardIndex, config, memory, layout, splicePlan, ports, ticketSecret, version },
      wakePorts,
    };
    const shard: ShardThread = new EngineThread({
      name: `shard-${shardIndex}`,
      entry: new URL('./shard-thread.ts', import.meta.url),
      workerData: start,
      transfer: wakePorts === undefined ? [] : [wakePorts.vault, wakePorts.replay],
      heap: threadHeap,
      died,
    });
    shards.push(shard);
    const first = await shard.next();
    if (first.kind === 'refused') {
      await Promise.all(shards.map((started) => started.terminate()));
      throw new GopherShipError(first.code, first.message);
    }
    if (first.kind === 'listening') ports = first.ports;
  }
  return { shards, ports };
}

interface EnginePages {
  readonly statePage: StatePage;
  readonly vaultPage: VaultPage | undefined;
  readonly zonePage: ZonePage;
  readonly ledger: EngineLedger;
}

/** Before a shard starts: the ledger begins here. */
function enginePages(arena: Arena, hasVault: boolean, config: Config): EnginePages {
  const { statePage: region, zonePage: zoneRegion, vault: regions } = arena.layout;
  const { shardCount } = config.memory;
  const statePage = new StatePage(arena.buffer, region.offsetBytes, shardCount);
  const vaultPage =
    hasVault && regions !== undefined
      ? new VaultPage(arena.buffer, regions.page.offsetBytes)
      : undefined;
  const zonePage = new ZonePage(arena.buffer, zoneRegion, shardCount);
  const consumers = requiredExporters(config).map(({ id }) => id);
  return {
    statePage,
    vaultPage,
    zonePage,
    ledger: new EngineLedger(statePage, vaultPage, consumers),
  };
}

function startMonitor(
  { config, layout, log }: SupervisorOptions,
  pages: EnginePages,
  vault: VaultThreads | undefined,
): Monitor {
  const host = new HostSampler({
    memoryLimitBytes: config.memory.limitBytes,
    arenaSizeBytes: layout.sizeBytes,
  });
  const { limitBytes, sourceFile } = cgroupMemoryLimit();
  log.info('memory', {
    limit_mib: Math.round(config.memory.limitBytes / MiB),
    arena_mib: Math.round(layout.sizeBytes / MiB),
    cgroup_limit_mib: limitBytes === undefined ? 'none' : Math.round(limitBytes / MiB),
    cgroup_limit_file: sourceFile,
  });
  const { statePage, zonePage } = pages;
  const monitor = new Monitor({
    ...{ clock: systemClock, log, zones: config.zones, page: zonePage, host },
    workCount: () =>
      statePage.sum(ShardCounter.ReceivedBatches) + statePage.sum(ShardCounter.ReplayedBatches),
    changed: () => vault?.zoneChanged(),
  });
  monitor.start();
  return monitor;
}
