// The engine with a vault of its own between producers that keep notes and a sink: started, killed
// and started again on the same files, and judged from outside by what arrived. Ends whatever it
// started, by itself, when the test ends.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { clientTls, listenerTls } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { type OtlpSink, type SinkMode, startSink } from '../support/otlp-sink.ts';
import { type RunningProcess, startProcess } from '../support/running-process.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { type OracleAccount, OracleArrivals, VaultOracle } from '../support/vault-oracle.ts';

export interface RigOptions {
  readonly sinkMode?: SinkMode;
  /** Default: in the directory of the test. */
  readonly vaultPath?: string;
}

/** What is not as usual in one life of the engine. */
export interface LifeOptions {
  readonly force?: 'none' | 'green' | 'yellow' | 'red';
  /** Keys of `vault`, `replay`, `memory`, `control` and of the exporter. */
  readonly vault?: object;
  readonly replay?: object;
  readonly memory?: object;
  readonly control?: object;
  readonly exporter?: object;
  /** Where the exporter sends. Default: the sink. */
  readonly port?: number;
  /** Further exporters, by id. */
  readonly exporters?: Readonly<Record<string, object>>;
  readonly env?: Readonly<Record<string, string>>;
}

export const quickRetry = { initial_interval: '100ms', max_interval: '200ms' } as const;

const launcherPath = new URL('../../bin/gophership', import.meta.url).pathname;

export class EngineRig {
  readonly directory: string;
  readonly files: CertificateFiles;
  readonly sink: OtlpSink;
  readonly oracle: VaultOracle;
  readonly arrivals = new OracleArrivals();
  readonly vaultPath: string;
  readonly #started: { kill(): Promise<void> }[] = [];

  private constructor(
    directory: string,
    files: CertificateFiles,
    sink: OtlpSink,
    vaultPath: string,
  ) {
    this.directory = directory;
    this.files = files;
    this.sink = sink;
    this.oracle = new VaultOracle(directory);
    this.vaultPath = vaultPath;
  }

  static async create(context: TestContext, options: RigOptions = {}): Promise<EngineRig> {
    const temporary = temporaryDirectory('vault-engine');
    const { path } = temporary;
    const files = await writeTo(path);
    const mode = options.sinkMode ?? { kind: 'ok' };
    const sink = await startSink({ clientCertificate: true, mode });
    const rig = new EngineRig(path, files, sink, options.vaultPath ?? join(path, 'vault'));
    context.after(async () => {
      for (const process of rig.#started) await process.kill();
      await sink.close();
      temporary.remove();
    });
    return rig;
  }

  config(life: LifeOptions = {}): object {
    const tls = clientTls(this.files);
    const endpoint = `localhost:${life.port ?? this.sink.port}`;
    const usual = { endpoint, tls, timeout: '2s', retry_on_failure: quickRetry };
    const exporters = { otlp_grpc: { ...usual, ...life.exporter }, ...life.exporters };
    const listener = { endpoint: '127.0.0.1:0', tls: listenerTls(this.files) };
    const grpc = { ...listener, max_recv_msg_size_mib: 4 };
    return {
      receivers: { otlp: { protocols: { grpc } } },
      exporters,
      memory: { limit_mib: 192, ...life.memory },
      zones: { force: life.force ?? 'none' },
      vault: {
        directory: this.vaultPath,
        ...{ limit: '512MiB', segment_size: '8MiB', dead_letter_limit: '16MiB', min_free: 0 },
        ...life.vault,
      },
      replay: { rate: '1GiB/s', ...life.replay },
      control: { endpoint: '127.0.0.1:0', drain_timeout: '5s', ...life.control },
      service: { pipelines: { logs: { receivers: ['otlp'], exporters: Object.keys(exporters) } } },
    };
  }

  async start(life: LifeOptions = {}): Promise<EngineProcess> {
    const env = life.env === undefined ? {} : { env: life.env };
    const engine = await startEngine({ config: this.config(life), ...env });
    this.#started.push(engine);
    return engine;
  }

  /** Without waiting for anything. */
  spawn(life: LifeOptions = {}): RunningProcess {
    const path = join(this.directory, 'spawned.yaml');
    writeFileSync(path, stringify(this.config(life)));
    const engine = startProcess({
      ...{ name: 'gophership', command: launcherPath, args: ['run', '--config', path] },
      directory: this.directory,
      ...(life.env === undefined ? {} : { env: life.env }),
    });
    this.#started.push(engine);
    return engine;
  }

  /** A producer that sends until its connection ends. */
  load(engine: EngineProcess, inFlightMax = 8, firstBatch = 0): RunningProcess {
    const producer = this.oracle.startProducer(engine.port, inFlightMax, firstBatch);
    this.#started.push(producer);
    return producer;
  }

  get ackedCount(): number {
    return this.oracle.notes().acked.size;
  }

  /** What the sink has got is judged and forgotten. */
  collect(): void {
    this.arrivals.add(this.sink.requests.splice(0));
    this.sink.arrivals.splice(0);
  }

  /** Resolves when everything that is acknowledged by now has arrived whole. */
  async delivered(timeoutMs = 20_000): Promise<void> {
    const endMs = performance.now() + timeoutMs;
    let missing = [...this.oracle.notes().acked];
    for (;;) {
      this.collect();
      missing = this.arrivals.missingOf(missing);
      if (missing.length === 0) return;
      const some = missing.slice(0, 5).join(', ');
      if (performance.now() > endMs) throw new Error(`${missing.length} not delivered: ${some}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Everything acknowledged has arrived, and nothing that was not sent so. */
  check(): OracleAccount {
    this.collect();
    const account = this.arrivals.account(this.oracle.notes());
    const { lost, invented, altered } = account;
    assert.deepEqual({ lost, invented, altered }, { lost: [], invented: [], altered: [] });
    assert.ok(account.ackedCount > 0, 'nothing was acknowledged');
    return account;
  }
}

/** A port that nobody listens on, for as long as nobody takes it. */
export async function deadPort(): Promise<number> {
  const sink = await startSink();
  const { port } = sink;
  await sink.close();
  return port;
}

/** Resolves when `condition` holds; rejects when time is up. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 20_000,
): Promise<void> {
  const endMs = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function pause(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}
