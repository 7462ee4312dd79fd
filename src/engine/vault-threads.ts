// The vault thread and the replay thread as the supervisor sees them: started before the shards,
// which hand entries to them, and ended after the shards, in the order in which entries flow.

import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { assert } from '../assert.ts';
import { systemClock } from '../clock.ts';
import type { Config, ExporterConfig, ReplayConfig, VaultConfig } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Arena } from '../memory/arena.ts';
import { VaultLinks } from '../memory/vault-links.ts';
import { EngineThread } from './engine-thread.ts';
import { messageSizeBytesMax, vaultThreadHeap } from './memory-budget.ts';
import { ReplayDesk } from './replay-desk.ts';
import type { FromReplay, ReplayStart, ToReplay } from './replay-messages.ts';
import type { FromVault, ToVault, VaultStart } from './vault-messages.ts';

export interface VaultThreadsOptions {
  readonly config: Config;
  readonly vault: VaultConfig;
  readonly arena: Arena;
  readonly version: string;
  readonly log: Log;
  died(threadName: string, cause: Error): void;
}

/** What wakes a shard; each port is transferred to it. */
export interface ShardWakePorts {
  readonly vault: MessagePort;
  readonly replay: MessagePort;
}

type VaultReady = Extract<FromVault, { kind: 'ready' }>;

export class VaultThreads {
  readonly links: VaultLinks;
  /** Where operators ask the replay thread. */
  readonly replayDesk: ReplayDesk;
  readonly #vault: EngineThread<FromVault, ToVault>;
  readonly #replay: EngineThread<FromReplay, ToReplay>;
  readonly #shardPorts: readonly ShardWakePorts[];
  readonly #replayStopped: Promise<void>;

  private constructor(
    links: VaultLinks,
    vault: EngineThread<FromVault, ToVault>,
    replay: EngineThread<FromReplay, ToReplay>,
    shardPorts: readonly ShardWakePorts[],
  ) {
    this.links = links;
    this.#vault = vault;
    this.#replay = replay;
    this.#shardPorts = shardPorts;
    this.replayDesk = new ReplayDesk({
      clock: systemClock,
      tell(id, command) {
        replay.tell({ kind: 'command', id, command });
        links.replayBell.ring();
      },
    });
    this.#replayStopped = this.#hearReplay();
  }

  /** Resolves when the log is recovered. Rejects with GopherShipError; then no thread is left. */
  static async start(options: VaultThreadsOptions): Promise<VaultThreads> {
    const { config, arena, log } = options;
    const { shardCount } = config.memory;
    const regions = arena.layout.vault;
    assert(regions !== undefined, 'arena without regions for the vault');
    const links = new VaultLinks(arena.buffer, regions.links, shardCount);
    const vaultWakes = Array.from({ length: shardCount }, () => new MessageChannel());
    const replayWakes = Array.from({ length: shardCount }, () => new MessageChannel());
    const between = new MessageChannel();

    const vault = startVault(
      options,
      vaultWakes.map(({ port1 }) => port1),
      between.port1,
    );
    const ready = await vault.next();
    if (ready.kind !== 'ready') throw await refusal(ready, [vault]);
    log.info('vault is open', { directory: ready.directory, ...ready.report });

    const replay = startReplay(
      options,
      ready,
      replayWakes.map(({ port1 }) => port1),
      between.port2,
    );
    const first = await replay.next();
    if (first.kind !== 'ready') throw await refusal(first, [replay, vault]);
    const shardPorts = vaultWakes.map(({ port2 }, index) => {
      const replayWake = replayWakes[index];
      assert(replayWake !== undefined, 'one channel for each shard');
      return { vault: port2, replay: replayWake.port2 };
    });
    return new VaultThreads(links, vault, replay, shardPorts);
  }

  shardPorts(shardIndex: number): ShardWakePorts {
    const ports = this.#shardPorts[shardIndex];
    assert(ports !== undefined, 'shard index out of range');
    return ports;
  }

  /** The zone, or what the disk has left for us, is another: there may be something to do. */
  zoneChanged(): void {
    this.links.replayBell.ring();
    this.links.vaultBell.ring();
  }

  setReplay(replay: ReplayConfig): void {
    this.replayDesk.configure(replay);
  }

  /** Before the shards end: no further entry is handed to them. */
  holdReplay(): void {
    this.#replay.tell({ kind: 'hold' });
    this.links.replayBell.ring();
  }

  /** After the shards have ended: commits what waits, writes the cursors, seals. */
  async close(): Promise<void> {
    this.#replay.tellLast({ kind: 'stop', timeoutMs: replayStopMsMax });
    this.links.replayBell.ring();
    await this.#replayStopped;
    this.#vault.tellLast({ kind: 'close' });
    this.links.vaultBell.ring();
    while ((await this.#vault.next()).kind !== 'closed');
  }

  /** Until it has stopped; nobody else listens to it. */
  async #hearReplay(): Promise<void> {
    for (;;) {
      const message = await this.#replay.next();
      if (message.kind === 'answer') this.replayDesk.answered(message.id, message.answer);
      else if (message.kind === 'ended') this.replayDesk.ended(message.what, message.usePercent);
      else if (message.kind === 'stopped') break;
    }
    this.replayDesk.close();
  }
}

/** The shards have answered for every entry by then; this is for a ring that is full. */
const replayStopMsMax = 500;

function startVault(
  { config, vault, arena, version, died }: VaultThreadsOptions,
  shardPorts: readonly MessagePort[],
  replayPort: MessagePort,
): EngineThread<FromVault, ToVault> {
  const start: VaultStart = {
    vault,
    logs: config.telemetry.logs,
    memory: arena.memory,
    layout: arena.layout,
    shardCount: config.memory.shardCount,
    consumers: requiredExporters(config).map(({ id }) => id),
    shardPorts,
    replayPort,
    version,
  };
  return new EngineThread({
    name: 'vault',
    entry: new URL('./vault-thread.ts', import.meta.url),
    workerData: start,
    transfer: [...shardPorts, replayPort],
    heap: vaultThreadHeap,
    died,
  });
}

function startReplay(
  { config, arena, died }: VaultThreadsOptions,
  ready: VaultReady,
  shardPorts: readonly MessagePort[],
  vaultPort: MessagePort,
): EngineThread<FromReplay, ToReplay> {
  const consumers = requiredExporters(config).map((exporter, index) => {
    const cursor = ready.cursors[index];
    assert(cursor !== undefined, 'one cursor for each consumer');
    return {
      id: exporter.id,
      destinationIndex: config.exporters.indexOf(exporter),
      queueSizeBytesMax: exporter.queue.sizeBytesMax,
      queueBatchesMax: exporter.queue.batchesMax,
      flushTimeoutMs: exporter.queue.batch.flushTimeoutMs,
      cursor,
    };
  });
  const start: ReplayStart = {
    directory: ready.directory,
    direct: ready.direct,
    vaultUuid: ready.vaultUuid,
    replay: config.replay,
    logs: config.telemetry.logs,
    memory: arena.memory,
    layout: arena.layout,
    shardCount: config.memory.shardCount,
    consumers,
    messageSizeBytesMax: messageSizeBytesMax(config.receivers),
    shardPorts,
    vaultPort,
  };
  return new EngineThread({
    name: 'replay',
    entry: new URL('./replay-thread.ts', import.meta.url),
    workerData: start,
    transfer: [...shardPorts, vaultPort],
    heap: vaultThreadHeap,
    died,
  });
}

/** Consumers of the vault, in the order of their bits. */
export function requiredExporters(config: Config): ExporterConfig[] {
  return config.exporters.filter(({ required }) => required);
}

async function refusal(
  answer: FromVault | FromReplay,
  threads: readonly { terminate(): Promise<void> }[],
): Promise<GopherShipError> {
  assert(answer.kind === 'refused', 'a thread that starts says ready or refused');
  for (const thread of threads) await thread.terminate();
  return new GopherShipError(answer.code, answer.message);
}
