// What every story needs: a box with an engine of default settings in it, its downstream, its
// producers, and an end that takes everything down, whatever has happened.

import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { MiB } from '../../src/limits.ts';
import { clientTls, listenerTls } from '../interop/interop-pipeline.ts';
import { type CertificateFiles, writeTo } from '../support/certificates.ts';
import { type EngineProcess, startEngine } from '../support/engine-process.ts';
import { createMemoryBox, type MemoryBox } from '../support/memory-box.ts';
import type { BatchShape } from '../support/swan-batch.ts';
import { temporaryDirectory } from '../support/temporary-directory.ts';
import { BoxWatch } from './box-watch.ts';
import { type Child, startChild } from './child.ts';
import type { ProducerOptions, ProducerOrder, ProducerReport } from './producer-process.ts';
import type { SinkOrder, SinkReport, SinkState } from './sink-process.ts';

export interface ProducerPlan {
  readonly connectionCount: number;
  readonly shape: BatchShape;
  readonly inFlightMax: number;
}

export interface SwanRigOptions {
  readonly boxMiB: number;
  /** memory.limit_mib, where it is not as by default. */
  readonly limitMiB?: number;
  /** A process each. */
  readonly producers: readonly ProducerPlan[];
  readonly sinkState: SinkState;
  /** Keys of the exporter that are not as by default. */
  readonly exporter?: object;
  /** Keys at the top of the configuration that are not as by default. */
  readonly config?: Readonly<Record<string, object>>;
  /** Of the gRPC receiver. */
  readonly receiver?: object;
  /** Node's own file is read in the box for the first time, as in a pod that is alone on a host. */
  readonly isFirstOnHost?: boolean;
  /** Somebody asks the control port, which takes memory beside the limit. */
  readonly isWatched?: boolean;
  /** The engine's box is inside of it. */
  readonly parent?: MemoryBox;
}

export class SwanRig {
  readonly directory: string;
  readonly box: MemoryBox;
  readonly engine: EngineProcess;
  readonly watch: BoxWatch;
  readonly sink: Child<SinkOrder, SinkReport>;
  readonly producers: readonly Child<ProducerOrder, ProducerReport>[];
  readonly options: SwanRigOptions;
  /** Once it has ended, however. */
  exitCode: number | undefined;

  private constructor(parts: SwanParts) {
    this.directory = parts.directory;
    this.box = parts.box;
    this.engine = parts.engine;
    this.sink = parts.sink;
    this.producers = parts.producers;
    this.options = parts.options;
    this.watch = new BoxWatch(this.box, this.engine);
    void this.engine.exited.then((code) => {
      this.exitCode = code;
    });
  }

  static async create(context: TestContext, options: SwanRigOptions): Promise<SwanRig> {
    const atEnd = lastFirst(context);
    const temporary = temporaryDirectory('blackswan');
    atEnd(() => temporary.remove());
    const { path } = temporary;
    const files = await writeTo(path);
    const shapes = options.producers.map(({ shape }) => shape);
    const sink = startChild<SinkOrder, SinkReport>(new URL('./sink-process.ts', import.meta.url), {
      directory: path,
      shapes,
    });
    atEnd(() => sink.end());
    const { port } = await sink.ask({ kind: 'state', state: 'ok' });
    await sink.ask({ kind: 'state', state: options.sinkState });
    const box = createMemoryBox('swan', options.boxMiB * MiB, options.parent);
    atEnd(() => box.remove());
    const env = options.isFirstOnHost === true ? { GOPHERSHIP_NODE: unreadNode(path) } : {};
    const engine = await startEngine({
      config: configOf(options, files, path, port),
      box,
      env,
      liveZones: true,
    });
    atEnd(() => engine.kill());
    const producers = options.producers.map((plan, producer) => {
      const child = startProducer({ ...plan, producer, directory: path, port: engine.port });
      atEnd(() => child.end());
      return child;
    });
    const rig = new SwanRig({ directory: path, box, engine, sink, producers, options });
    atEnd(() => rig.watch.stop());
    return rig;
  }

  /** All producers at once. */
  async order(order: ProducerOrder): Promise<ProducerReport[]> {
    return await Promise.all(this.producers.map((producer) => producer.ask(order)));
  }

  async pace(perSecond: readonly number[]): Promise<void> {
    const orders = this.producers.map((producer, index) =>
      producer.ask({ kind: 'pace', perSecond: perSecond[index] ?? 0 }),
    );
    await Promise.all(orders);
  }

  async enter(state: SinkState): Promise<void> {
    await this.sink.ask({ kind: 'state', state });
  }
}

interface SwanParts {
  readonly directory: string;
  readonly box: MemoryBox;
  readonly engine: EngineProcess;
  readonly sink: Child<SinkOrder, SinkReport>;
  readonly producers: readonly Child<ProducerOrder, ProducerReport>[];
  readonly options: SwanRigOptions;
}

type End = () => void | Promise<void>;

/** Takes what has to be done when the test has ended; what was begun last is ended first. */
function lastFirst(context: TestContext): (end: End) => void {
  const ends: End[] = [];
  context.after(async () => {
    for (const end of ends.reverse()) await end();
  });
  return (end) => void ends.push(end);
}

/** A copy of this Node of which nothing is in the page cache. */
function unreadNode(directory: string): string {
  const path = join(directory, 'node');
  copyFileSync(process.execPath, path);
  for (const flags of ['conv=notrunc,fdatasync', 'iflag=nocache']) {
    const target = flags.startsWith('conv') ? `of=${path}` : 'of=/dev/null';
    const source = flags.startsWith('conv') ? 'if=/dev/null' : `if=${path}`;
    const { status, stderr } = spawnSync('dd', [source, target, 'count=0', flags]);
    if (status !== 0) throw new Error(`dd ${flags}: ${String(stderr)}`);
  }
  return path;
}

function startProducer(options: ProducerOptions): Child<ProducerOrder, ProducerReport> {
  return startChild(new URL('./producer-process.ts', import.meta.url), options);
}

function configOf(
  options: SwanRigOptions,
  files: CertificateFiles,
  directory: string,
  port: number,
): object {
  const listener = { endpoint: '127.0.0.1:0', tls: listenerTls(files), ...options.receiver };
  const { vault = {}, memory = {}, ...others } = options.config ?? {};
  const { limitMiB } = options;
  const sink = { endpoint: `localhost:${port}`, tls: clientTls(files) };
  return {
    receivers: { otlp: { protocols: { grpc: listener } } },
    exporters: { otlp_grpc: { ...sink, ...options.exporter } },
    vault: { directory: join(directory, 'vault'), ...vault },
    ...others,
    memory: { ...memory, ...(limitMiB !== undefined && { limit_mib: limitMiB }) },
    service: { pipelines: { logs: { receivers: ['otlp'], exporters: ['otlp_grpc'] } } },
  };
}
