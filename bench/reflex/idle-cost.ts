// T11: what an engine costs that has nothing to do: CPU time, memory, and how soon it listens.

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type EngineProcess, startEngine } from '../../test/support/engine-process.ts';
import { readProcessUsage } from '../../test/support/process-usage.ts';
import type { Bench } from '../measurement.ts';
import { collectorPeer } from '../peers/collector-peer.ts';
import { vaultConfig } from '../peers/gophership-config.ts';
import { gopherShipName, median } from '../report.ts';

export const idleColumns = [
  ...['engine', 'CPU, % of a core', 'anonymous MB', 'without the arena MB', 'RSS MB'],
  'start to listening ms',
];

const starts = 7;
const idleMs = 30_000;
/** What a start leaves to do is not idleness. */
const settleMs = 3_000;

export async function measureIdle(bench: Bench, hasPeer: boolean): Promise<string[][]> {
  const directory = join(bench.directory, 'idle');
  mkdirSync(directory);
  const subjects = [
    gopherShip(bench, directory),
    ...(hasPeer ? [collector(bench, directory)] : []),
  ];
  try {
    const startsMs: number[][] = [];
    for (const subject of subjects) startsMs.push(await timeStarts(subject));
    const idle = await Promise.all(subjects.map(watchIdle));
    return subjects.map(({ name }, index) => {
      const startMs = median(startsMs[index] ?? []).toFixed(0);
      return [name, ...(idle[index] ?? []), startMs];
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

interface Subject {
  readonly name: string;
  start(): Promise<Started>;
}

interface Started {
  readonly pid: number;
  readonly arenaBytes: number;
  kill(): Promise<void>;
}

function gopherShip({ files, sink }: Bench, directory: string): Subject {
  const config = vaultConfig({ files, directory, zone: 'green', sinkPort: sink.port });
  const env = { NODE_COMPILE_CACHE: join(directory, 'code') };
  return {
    name: gopherShipName,
    async start() {
      const engine = await startEngine({
        ...{ config: { ...config, zones: {} }, env },
        liveZones: true,
      });
      return { pid: engine.pid, arenaBytes: arenaBytesOf(engine), kill: () => engine.kill() };
    },
  };
}

/** As its log has it. */
function arenaBytesOf(engine: EngineProcess): number {
  const line = engine.logs().find(({ msg }) => msg === 'memory');
  return Number(line?.arena_mib) * 2 ** 20;
}

function collector({ files, sink }: Bench, directory: string): Subject {
  const options = { path: 'drain', protocol: 'grpc', files, sinkPort: sink.port } as const;
  return {
    name: collectorPeer.name,
    async start() {
      const { pid, kill } = await collectorPeer.start({ ...options, directory });
      return { pid, arenaBytes: Number.NaN, kill };
    },
  };
}

/** The first one fills the store of compiled code and the page cache. */
async function timeStarts(subject: Subject): Promise<number[]> {
  const times: number[] = [];
  for (let count = 0; count < starts + 1; count += 1) {
    const beforeMs = performance.now();
    const started = await subject.start();
    times.push(performance.now() - beforeMs);
    await started.kill();
  }
  return times.slice(1);
}

async function watchIdle(subject: Subject): Promise<string[]> {
  const { pid, arenaBytes, kill } = await subject.start();
  try {
    await pause(settleMs);
    const before = runMs(pid);
    await pause(idleMs);
    const percent = (100 * (runMs(pid) - before)) / idleMs;
    const { anonymousBytes, rssBytes } = readProcessUsage(pid);
    const megabytes = (bytes: number) => (Number.isNaN(bytes) ? '-' : (bytes / 1e6).toFixed(0));
    return [
      percent.toFixed(2),
      ...[anonymousBytes, anonymousBytes - arenaBytes, rssBytes].map(megabytes),
    ];
  } finally {
    await kill();
  }
}

/** Of all its threads; /proc/PID/stat counts in steps of 10 ms. */
function runMs(pid: number): number {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const times = tasks.map((id) => {
    return Number(readFileSync(`/proc/${pid}/task/${id}/schedstat`, 'latin1').split(' ')[0]);
  });
  return times.reduce((sum, ns) => sum + ns, 0) / 1e6;
}
