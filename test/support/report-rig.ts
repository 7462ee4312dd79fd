// The engine of a test of field reports: with a vault, in a memory cgroup where the row has one,
// between loads that keep books and a sink of which only the numbers of what arrived are kept;
// watched from outside while it runs.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { ResourceLogs } from '../../src/generated/opentelemetry/proto/logs/v1/logs_pb.js';
import { MiB } from '../../src/limits.ts';
import { EngineRig, type LifeOptions, until } from '../vault-engine/engine-rig.ts';
import { type EngineProcess, startEngine } from './engine-process.ts';
import { boxUnavailable, createMemoryBox, type MemoryBox } from './memory-box.ts';
import type { OtlpSink, SinkMode } from './otlp-sink.ts';
import { idOf, type LoadOptions, ReportLoad } from './report-load.ts';

/** Of all lengths and counts. 1 is for every change; the rows say hours where we play seconds. */
export const reportsFactor = Number(process.env.GOPHERSHIP_REPORTS_FACTOR ?? 1);

export interface ReportOptions {
  /** BOX of the row. */
  readonly boxMiB?: number;
  readonly sinkMode?: SinkMode;
  /** Zones act, all but by the CPU, which neighbours take. Without, only a forced one does. */
  readonly liveZones?: boolean;
}

export interface ReportLife extends LifeOptions {
  /** Keys of `receivers.otlp.protocols.grpc` and of `zones`. */
  readonly grpc?: object;
  /** The same of `http`, which listens only then. */
  readonly http?: object;
  readonly zones?: object;
  readonly withoutVault?: true;
}

/** 100 % never fires, nor does a delay that is longer than any test. */
const cpuIgnored = {
  psi_cpu_some_percent: { yellow: 100 },
  loop_delay_p99: { yellow: '1m', red: '1m' },
} as const;

/** Of 2 s and 5 s: what lasts hours in the rows lasts seconds here. */
const shortDwell = { red_dwell: '500ms', yellow_dwell: '500ms' } as const;

/** Why rows with a BOX cannot be played here. */
export const noBox: string | undefined = boxUnavailable();

/** True: the test has been skipped. On CI it runs and says why it cannot. */
export function isWithoutBox(context: TestContext): boolean {
  if (noBox === undefined || process.env.CI !== undefined) return false;
  context.skip(`SKIPPED: ${noBox}`);
  return true;
}

export class ReportRig {
  readonly base: EngineRig;
  readonly box: MemoryBox | undefined;
  /** How often each batch has arrived. */
  readonly arrived = new Map<number, number>();
  readonly loads: ReportLoad[] = [];
  readonly #boxMiB: number;
  readonly #liveZones: boolean;
  #mostAnonymousBytes = 0;
  #mostRssBytes = 0;
  readonly #sizesBytes = new Set<number>();
  #limitMiB = 0;
  #watched: EngineProcess | undefined;

  static async create(context: TestContext, options: ReportOptions = {}): Promise<ReportRig> {
    const { boxMiB = 0, sinkMode, liveZones = false } = options;
    const box = boxMiB === 0 ? undefined : createMemoryBox('report', boxMiB * MiB);
    let rig: ReportRig | undefined;
    const timer = setInterval(() => rig?.look(), 20);
    context.after(() => clearInterval(timer));
    const base = await EngineRig.create(context, sinkMode === undefined ? {} : { sinkMode });
    rig = new ReportRig(base, box, boxMiB, liveZones);
    context.after(() => box?.remove()); // kills whoever is still inside
    return rig;
  }

  private constructor(
    base: EngineRig,
    box: MemoryBox | undefined,
    boxMiB: number,
    liveZones: boolean,
  ) {
    this.base = base;
    this.box = box;
    this.#boxMiB = boxMiB;
    this.#liveZones = liveZones;
  }

  get sink(): OtlpSink {
    return this.base.sink;
  }

  get vaultPath(): string {
    return this.base.vaultPath;
  }

  /** On a busy machine it is Yellow for long, and at a trickle the backlog would take minutes. */
  config(life: ReportLife): object {
    const memory = this.box === undefined ? {} : { limit_mib: undefined };
    const config = this.base.config({
      ...life,
      memory: { ...memory, ...life.memory },
      exporter: { compression: 'none', ...life.exporter },
      vault: { limit: '8GiB', ...life.vault },
      replay: { yellow_rate: '1GiB/s', ...life.replay },
    }) as BaseConfig; // EngineRig's
    const { grpc } = config.receivers.otlp.protocols;
    const { endpoint, tls } = grpc;
    const http = life.http === undefined ? {} : { http: { endpoint, tls, ...life.http } };
    return {
      ...config,
      ...(life.withoutVault && { vault: undefined, replay: undefined }),
      receivers: { otlp: { protocols: { grpc: { ...grpc, ...life.grpc }, ...http } } },
      zones: { ...config.zones, ...shortDwell, signals: cpuIgnored, ...life.zones },
    };
  }

  /** In the box if there is one; killed at the end of the test. */
  async start(context: TestContext, life: ReportLife = {}): Promise<EngineProcess> {
    const engine = await startEngine({
      config: this.config(life),
      liveZones: this.#liveZones,
      ...(this.box === undefined ? {} : { box: this.box }),
      ...(life.env === undefined ? {} : { env: life.env }),
    });
    context.after(() => engine.kill());
    this.#watched = engine;
    this.#limitMiB = limitMiBOf(life, this.#boxMiB);
    this.#mostAnonymousBytes = 0;
    this.#mostRssBytes = 0;
    return engine;
  }

  async load(options: LoadOptions): Promise<ReportLoad> {
    const load = await ReportLoad.connect(options);
    this.#sizesBytes.add(options.sizeBytes);
    this.loads.push(load);
    return load;
  }

  /** Takes what the sink has got, and a reading of the engine's memory. */
  look(): void {
    this.#take(this.sink);
    const usage = usageOf(this.#watched);
    if (usage === undefined) return;
    this.#mostAnonymousBytes = Math.max(this.#mostAnonymousBytes, usage.anonymousBytes);
    this.#mostRssBytes = Math.max(this.#mostRssBytes, usage.rssPeakBytes);
  }

  /** Of batches that no load of ours sends. */
  expect(sizeBytes: number): void {
    this.#sizesBytes.add(sizeBytes);
  }

  get arrivedCount(): number {
    this.look();
    return this.arrived.size;
  }

  get mostAnonymousMiB(): number {
    return Math.round(this.#mostAnonymousBytes / MiB);
  }

  get acked(): number[] {
    return this.loads.flatMap(({ acked }) => [...acked]);
  }

  missing(): number[] {
    this.look();
    return this.acked.filter((id) => !this.arrived.has(id));
  }

  /** I1, once the sink takes everything. */
  async delivered(timeoutMs = 60_000): Promise<void> {
    const isThere = () => this.missing().length === 0;
    await until(isThere, 'every acknowledged batch arrives', timeoutMs).catch((error: Error) => {
      const missing = this.missing();
      const zones = zonesOf(this.#watched).join(', ');
      const some = missing.slice(0, 3).join(', ');
      throw new Error(`${error.message}: ${missing.length} missing, ${some}; zones: ${zones}`);
    });
  }

  /** I2 and I3, the one limit, and what was seen, for the reader. */
  checkInvariants(context: TestContext, engine: EngineProcess): void {
    this.look();
    const { rssBytes } = engine.usage(); // and it lives
    const cuts = this.loads.flatMap((load) => load.cuts);
    assert.deepEqual(cuts.slice(0, 5), [], `${cuts.length} calls or connections were cut (I3)`);
    const rss = `${Math.round(this.#mostRssBytes / MiB)} MiB resident at most`;
    const anonymous = `${this.mostAnonymousMiB} MiB anonymous`;
    const counts = `${this.acked.length} acknowledged, refused: ${this.#refusalText()}`;
    const now = `${Math.round(rssBytes / MiB)} now`;
    if (this.#liveZones) context.diagnostic(`zones: ${['green', ...zonesOf(engine)].join(', ')}`);
    context.diagnostic(`${counts}; ${rss}, ${anonymous}, ${now}${this.#boxText()}`);
    assert.equal(this.box?.oomKills() ?? 0, 0, 'I2');
    const { mostAnonymousMiB } = this;
    assert.ok(mostAnonymousMiB <= this.#limitMiB, `${mostAnonymousMiB} of ${this.#limitMiB} MiB`);
  }

  #take(sink: OtlpSink): void {
    sink.arrivals.splice(0);
    for (const { resourceLogs } of sink.requests.splice(0)) {
      for (const { body } of resourceLogs.flatMap(recordsOf)) {
        const text = String(body?.value.value);
        assert.ok(this.#sizesBytes.has(text.length), 'a record that was cut');
        const id = idOf(text);
        this.arrived.set(id, (this.arrived.get(id) ?? 0) + 1);
      }
    }
  }

  #refusalText(): string {
    const refusals = this.loads.flatMap((load) => [...load.refusals]);
    return refusals.map(([outcome, times]) => `${times} times ${outcome}`).join(', ') || 'none';
  }

  #boxText(): string {
    if (this.box === undefined) return '';
    const { peakBytes, failCount } = this.box.usage();
    const peak = `${Math.round(peakBytes / MiB)} of ${this.#boxMiB} MiB at most`;
    return `; box ${peak}, ${failCount} times at its limit`;
  }
}

interface Listener {
  readonly endpoint: string;
  readonly tls: object;
}

interface BaseConfig {
  readonly receivers: { readonly otlp: { readonly protocols: { readonly grpc: Listener } } };
  readonly zones: object;
}

/** What the engine turned to, in order, and by which signals. */
function zonesOf(engine: EngineProcess | undefined): string[] {
  const lines = (engine?.logs() ?? []).filter(({ msg }) => msg === 'zone');
  return lines.map(({ to, cause, signals }) => `${String(to)} (${String(signals || cause)})`);
}

/** What holds in this life: what it says, or the default, of a box and of EngineRig. */
function limitMiBOf({ memory = {} }: ReportLife, boxMiB: number): number {
  if ('limit_mib' in memory) return Number(memory.limit_mib);
  return boxMiB === 0 ? 192 : Math.min(256, Math.floor(boxMiB * 0.84));
}

function recordsOf({ scopeLogs }: ResourceLogs) {
  return scopeLogs.flatMap(({ logRecords }) => logRecords);
}

/** Undefined: it has ended, or not begun. */
function usageOf(engine: EngineProcess | undefined) {
  try {
    return engine?.usage();
  } catch {
    return undefined;
  }
}
