// An engine in a process that the bench can ask about its reflex (reflex-process-main.ts).

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Bench } from '../measurement.ts';
import { vaultConfig } from '../peers/gophership-config.ts';
import { engineNodeFlags } from './engine-node-flags.ts';

export interface ReflexEngine {
  readonly port: number;
  /** One question at a time. Rejects when the process ends. */
  ask(question: ReflexQuestion): Promise<ReflexAnswer>;
  end(): Promise<void>;
}

/** Zones: measure for so long. Local: what was measured since the last time. */
export type ReflexQuestion =
  | { readonly kind: 'zones'; readonly seconds: number }
  | { readonly kind: 'local' };

/** In microseconds. */
export interface ReflexAnswer {
  /** From the sample to the zone word; empty for a local reflex. */
  readonly words: readonly number[];
  /**
   * From the sample, of a local reflex from its arrival, to the first batch on its way to the
   * vault.
   */
  readonly appends: readonly number[];
  /** From any moment, of a local reflex from its beginning, to the next whole batch. */
  readonly arrivals: readonly number[];
}

/** With the sink as its destination. `keys`: of the configuration, as they are not by default. */
export async function startReflexEngine(
  { files, sink, directory }: Bench,
  keys: object,
): Promise<ReflexEngine> {
  const folder = join(directory, 'reflex');
  mkdirSync(folder);
  const configPath = join(folder, 'gophership.yaml');
  const config = vaultConfig({ files, directory: folder, zone: 'green', sinkPort: sink.port });
  writeFileSync(configPath, stringify({ ...config, zones: {}, ...keys }));
  const probePath = new URL('./shard-probe.ts', import.meta.url).pathname;
  const child = fork(new URL('./reflex-process-main.ts', import.meta.url), [configPath], {
    execArgv: [...engineNodeFlags(), '--import', probePath],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = once(child, 'exit');
  const died = gone.then(([code, signal]) => {
    throw new Error(`the engine of T8 ended with ${code ?? signal}`);
  });
  died.catch(() => {}); // whoever waits for an answer hears of it
  const answer = async () => (await Promise.race([once(child, 'message'), died]))[0];
  const { port } = await answer();
  return {
    port,
    ask(question) {
      const answered = answer();
      child.send(question);
      return answered;
    },
    async end() {
      kill();
      await gone;
      process.off('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
