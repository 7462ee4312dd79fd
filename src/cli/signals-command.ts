// `gophership signals`: which signals decide the zone on this host, which files they come from,
// what they say now, and from where on they turn the engine Yellow or Red.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ZonesConfig } from '../config/config.ts';
import { limitMiBDefault } from '../config/host-defaults.ts';
import { zones, zonesConfig } from '../config/schema-zones.ts';
import { hostFacts } from '../ctl/host-facts.ts';
import { sizeText } from '../ctl/quantity-text.ts';
import { columns, show, type Terminal } from '../ctl/terminal.ts';
import { ExitCode } from '../errors.ts';
import { MiB } from '../limits.ts';
import { cgroupMemoryLimit, type MemoryLimit } from '../monitor/cgroup.ts';
import { hostMemoryTotalBytes } from '../monitor/host-memory.ts';
import { HostSampler, type MemoryFacts } from '../monitor/host-sampler.ts';
import type { SignalSource } from '../monitor/signal-source.ts';
import { type SignalRow, signalTable } from '../monitor/signal-table.ts';
import { createReadings, type Readings } from '../monitor/signals.ts';
import type { EffectiveConfig } from './effective-config.ts';

export interface SignalsFlags {
  /** Again and again, until the command is stopped. */
  readonly watch: boolean;
}

/** What a test puts in the place of this host and its time. */
export interface SignalsHost {
  readonly rootDirectory: string;
  nowMs(): number;
  pause(ms: number): Promise<unknown>;
  /** The user has had enough. */
  isStopped(): boolean;
}

const notice =
  'What is own (cgroup, memory, growth) is that of this command: run it where the engine runs.';
/** Differences over 2 s, of which the first sample is the beginning. */
const firstLookMs = 2_200;
const sampleMs = 100;
const nextLookMs = 1_000;

/** Without a configuration: the defaults. */
export async function signals(
  effective: EffectiveConfig | undefined,
  flags: SignalsFlags,
  terminal: Terminal,
  host: SignalsHost = thisHost(),
): Promise<ExitCode> {
  const thresholds = effective?.config.zones ?? zonesConfig(zones.parse({}));
  const { rootDirectory } = host;
  const memoryLimitBytes = effective?.config.memory.limitBytes ?? defaultLimitBytes(rootDirectory);
  const sampler = new HostSampler({ rootDirectory, memoryLimitBytes, arenaSizeBytes: 0 });
  const readings = createReadings();
  terminal.talk(`${notice}\n`);
  try {
    for (let lookMs = firstLookMs; !host.isStopped(); lookMs = nextLookMs) {
      for (let passedMs = 0; passedMs <= lookMs && !host.isStopped(); passedMs += sampleMs) {
        sampler.sample(host.nowMs(), readings);
        await host.pause(sampleMs);
      }
      const cgroup = cgroupMemoryLimit(rootDirectory);
      const memory = { memoryLimitBytes, cgroup, facts: sampler.facts() };
      const rows = signalTable.map((row) =>
        shownSignal(row, sampler.sources(), readings, thresholds),
      );
      await show(terminal, signalsValue(memory, rows), () => table(memory, rows));
      if (!flags.watch) break;
      if (terminal.format === 'table') terminal.out('\n');
    }
  } finally {
    sampler.close();
  }
  return ExitCode.Ok;
}

function defaultLimitBytes(rootDirectory: string): number {
  const memoryTotalBytes = hostMemoryTotalBytes(rootDirectory);
  const cgroupLimitBytes = cgroupMemoryLimit(rootDirectory).limitBytes;
  return limitMiBDefault({ ...hostFacts(), memoryTotalBytes, cgroupLimitBytes }) * MiB;
}

function thisHost(): SignalsHost {
  return {
    rootDirectory: '/',
    nowMs: () => performance.now(),
    pause: (ms) => sleep(ms),
    isStopped: () => false,
  };
}

interface ShownSignal {
  readonly row: SignalRow;
  readonly source: SignalSource | undefined;
  readonly reading: number;
  readonly yellow: number;
  readonly red: number;
}

function shownSignal(
  row: SignalRow,
  sources: readonly SignalSource[],
  readings: Readings,
  zonesOfConfig: ZonesConfig,
): ShownSignal {
  const { yellow, red } = row.thresholds(zonesOfConfig.signals);
  const source = sources.find(({ signal }) => signal === row.signal);
  const reading = readings[row.signal]!; // every signal has a place
  return { row, source, reading, yellow, red };
}

interface ShownMemory {
  readonly memoryLimitBytes: number;
  readonly cgroup: MemoryLimit;
  readonly facts: MemoryFacts;
}

function signalsValue(memory: ShownMemory, shown: readonly ShownSignal[]) {
  const { memoryLimitBytes, cgroup, facts } = memory;
  return {
    memory: {
      limitBytes: memoryLimitBytes,
      cgroupLimitBytes: cgroup.limitBytes ?? null,
      cgroupLimitFile: cgroup.sourceFile ?? null,
      cgroupUseBytes: facts.cgroupUseBytes ?? null,
      hostTotalBytes: facts.hostTotalBytes ?? null,
      hostAvailableBytes: facts.hostAvailableBytes ?? null,
    },
    signals: shown.map(({ row, source, reading, yellow, red }) => ({
      name: row.name,
      live: source?.live ?? false,
      ...{ file: source?.file ?? null, reason: whyNot(source) ?? null, unit: row.unit },
      ...{ reading: jsonNumber(reading), yellow: jsonNumber(yellow), red: jsonNumber(red) },
    })),
  };
}

/** As in the JSON form of protobuf; null: not known. */
function jsonNumber(value: number): number | 'Infinity' | null {
  if (Number.isNaN(value)) return null;
  return value === Number.POSITIVE_INFINITY ? 'Infinity' : value;
}

function whyNot(source: SignalSource | undefined): string | undefined {
  return source === undefined ? 'measured by a running engine only' : source.reason;
}

function table(memory: ShownMemory, shown: readonly ShownSignal[]): string {
  const { memoryLimitBytes, cgroup, facts } = memory;
  const { limitBytes, sourceFile } = cgroup;
  const cgroupText =
    limitBytes === undefined ? 'no limit' : `${sizeText(limitBytes)}, from ${sourceFile}`;
  const { hostTotalBytes, hostAvailableBytes } = facts;
  const hostText = `${optionalSize(hostTotalBytes)}, ${optionalSize(hostAvailableBytes)} available`;
  const headings = ['SIGNAL', 'LIVE', 'READING', 'YELLOW', 'RED', 'FROM'];
  const rows = shown.map(({ row, source, reading, yellow, red }) => [
    ...[row.name, (source?.live ?? false) ? 'yes' : 'no', readingText(row, reading)],
    ...[thresholdText(row, yellow), thresholdText(row, red)],
    fromText(source),
  ]);
  return [
    `memory.limit_mib:  ${sizeText(memoryLimitBytes)}\n`,
    `memory cgroup:     ${cgroupText}\n`,
    `host memory:       ${hostText}\n\n`,
    columns(headings, rows),
  ].join('');
}

function fromText(source: SignalSource | undefined): string {
  return [whyNot(source), source?.file].filter((text) => text !== undefined).join(': ');
}

function optionalSize(sizeBytes: number | undefined): string {
  return sizeBytes === undefined ? 'unknown' : sizeText(sizeBytes);
}

function thresholdText(row: SignalRow, threshold: number): string {
  return threshold === Number.POSITIVE_INFINITY ? '-' : readingText(row, threshold);
}

function readingText({ unit }: SignalRow, reading: number): string {
  if (Number.isNaN(reading)) return '-';
  switch (unit) {
    case 'percent':
      return `${Number(reading.toFixed(1))} %`;
    case 'milliseconds':
      return timeSpanText(reading);
    case 'level':
      return String(reading);
    case 'bytes_per_second':
      return `${sizeText(reading)}/s`;
    default:
      return unit satisfies never;
  }
}

function timeSpanText(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'never';
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${Number((ms / 1_000).toFixed(1))} s`;
}
