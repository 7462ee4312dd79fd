// The supervisor owns the threads: it builds the arena, starts the shards one after the other, and
// ends them together. It repairs nothing. A thread that dies takes the process with it, since slabs
// and rings that it held cannot be trusted; what was acknowledged is with the destinations, and
// whatever restarts the process gets a clean one.

import { Worker } from 'node:worker_threads';
import type { Config } from '../config/config.ts';
import { GopherShipError } from '../errors.ts';
import type { ListenerPorts } from '../ingester/listener.ts';
import type { Log } from '../log.ts';
import { Arena } from '../memory/arena.ts';
import type { ArenaLayout } from '../memory/arena-plan.ts';
import { StatePage } from '../memory/state-page.ts';
import { createTicketSecret } from '../tls/session-tickets.ts';
import { threadHeap } from './memory-budget.ts';
import type { FromShard, ShardStart, ToShard } from './thread-messages.ts';

export interface SupervisorOptions {
  readonly config: Config;
  readonly layout: ArenaLayout;
  readonly splicePlan: Uint8Array;
  readonly version: string;
  readonly log: Log;
  /** A thread has died; the process must end with ExitCode.AssertionFailed. Called at most once. */
  threadDied(threadName: string, cause: Error): void;
}

interface ShardThread {
  readonly name: string;
  readonly worker: Worker;
  /** Messages of the shard, one at a time, in order. */
  next(): Promise<FromShard>;
}

export class Supervisor {
  readonly statePage: StatePage;
  readonly ports: ListenerPorts;
  readonly #shards: readonly ShardThread[];
  readonly #life: { ending: boolean };

  private constructor(
    statePage: StatePage,
    ports: ListenerPorts,
    shards: readonly ShardThread[],
    life: { ending: boolean },
  ) {
    this.statePage = statePage;
    this.ports = ports;
    this.#shards = shards;
    this.#life = life;
  }

  /**
   * Resolves when every shard listens. Rejects with GopherShipError for what the operator can mend.
   */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { config, layout, log } = options;
    const arena = Arena.create(layout);
    const statePage = new StatePage(
      arena.buffer,
      layout.statePage.offsetBytes,
      config.memory.shardCount,
    );
    const life = { ending: false };
    const died = (name: string, cause: Error) => {
      if (life.ending) return;
      life.ending = true;
      options.threadDied(name, cause);
    };

    const shards: ShardThread[] = [];
    const { grpc, http } = config.receivers;
    let ports: ListenerPorts = { grpc: grpc?.port, http: http?.port };
    const ticketSecret = createTicketSecret();
    for (let shardIndex = 0; shardIndex < config.memory.shardCount; shardIndex += 1) {
      const { splicePlan, version } = options;
      const { memory } = arena;
      const shard = startShard(
        { shardIndex, config, memory, layout, splicePlan, ports, ticketSecret, version },
        died,
      );
      shards.push(shard);
      const first = await shard.next();
      if (first.kind === 'refused') {
        life.ending = true;
        await Promise.all(shards.map(({ worker }) => worker.terminate()));
        throw new GopherShipError(first.code, first.message);
      }
      if (first.kind === 'listening') ports = first.ports;
    }
    for (const transport of ['grpc', 'http'] as const) {
      const address = config.receivers[transport]?.host;
      if (address === undefined) continue;
      log.info('listening', { transport, address, port: ports[transport], shards: shards.length });
    }
    return new Supervisor(statePage, ports, shards, life);
  }

  /** Drains every shard; resolves with the number of calls that could not be finished in time. */
  async drain(timeoutMs: number): Promise<number> {
    this.#broadcast({ kind: 'drain', timeoutMs });
    const ends = await Promise.all(this.#shards.map((shard) => shard.next()));
    this.#life.ending = true;
    return ends.reduce((sum, end) => sum + (end.kind === 'drained' ? end.unanswered : 0), 0);
  }

  /** Every listener looks at its certificate files now. */
  reloadCertificates(): void {
    this.#broadcast({ kind: 'reload-certificates' });
  }

  drainNow(): void {
    this.#broadcast({ kind: 'drain-now' });
  }

  #broadcast(message: ToShard): void {
    for (const { worker } of this.#shards) worker.postMessage(message);
  }
}

function startShard(start: ShardStart, died: (name: string, cause: Error) => void): ShardThread {
  const name = `shard-${start.shardIndex}`;
  const worker = new Worker(new URL('./shard-thread.ts', import.meta.url), {
    name,
    workerData: start,
    resourceLimits: threadHeap,
    stdin: false,
  });
  const arrived: FromShard[] = [];
  let waiting: ((message: FromShard) => void) | undefined;
  worker.on('message', (message: FromShard) => {
    if (waiting === undefined) arrived.push(message);
    else waiting(message);
    waiting = undefined;
  });
  worker.on('error', (error) =>
    died(name, error instanceof Error ? error : new Error(String(error))),
  );
  worker.on('exit', (code) => died(name, new Error(`thread ended with code ${code}`)));
  return {
    name,
    worker,
    next() {
      const message = arrived.shift();
      if (message !== undefined) return Promise.resolve(message);
      return new Promise((resolve) => {
        waiting = resolve;
      });
    },
  };
}
