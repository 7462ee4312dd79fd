// A HostSampler over a fixture tree, with checks of single readings by name.

import assert from 'node:assert/strict';
import { HostSampler } from '../../src/monitor/host-sampler.ts';
import type { SignalSource } from '../../src/monitor/signal-source.ts';
import { createReadings, Signal } from '../../src/monitor/signals.ts';
import { type HostFileTexts, type HostTree, mountV2, withHostTree } from './host-tree.ts';

const MiB = 1024 * 1024;
export const unlimitedV1 = '9223372036854771712\n';

export type ExpectedReadings = Partial<Record<keyof typeof Signal, number>>;

export interface HostSamplerRig {
  readonly sampler: HostSampler;
  readonly tree: HostTree;
  readonly readings: Float64Array;
  /** Takes a sample and compares the readings that are named, to 6 places. */
  check(nowMs: number, expected: ExpectedReadings): void;
  source(signal: Signal): Partial<SignalSource>;
}

export function withHostSampler(
  files: HostFileTexts,
  look: (rig: HostSamplerRig) => void,
  limitMiB = 100,
  arenaMiB = 20,
): void {
  withHostTree(files, (tree) => {
    const { rootDirectory } = tree;
    const sizes = { memoryLimitBytes: limitMiB * MiB, arenaSizeBytes: arenaMiB * MiB };
    const sampler = new HostSampler({ rootDirectory, ...sizes });
    const readings = createReadings();
    look({
      ...{ sampler, tree, readings },
      check(nowMs, expected) {
        sampler.sample(nowMs, readings);
        const names = Object.keys(expected) as (keyof typeof Signal)[]; // keys of Expected are
        const actual = names.map((name) => [name, rounded(readings[Signal[name]]!)]); // one each
        assert.deepEqual(Object.fromEntries(actual), expected);
      },
      source: (signal) => sampler.sources().find((source) => source.signal === signal) ?? {},
    });
    sampler.close();
  });
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** The memory files of a v2 cgroup: `useMiB` beside page cache. */
export function levelV2(
  directory: string,
  max: string,
  useMiB: number,
  cacheMiB: number,
): HostFileTexts {
  const cacheBytes = (cacheMiB * MiB) / 2;
  return {
    [`${directory}/memory.max`]: `${max}\n`,
    [`${directory}/memory.current`]: `${(useMiB + cacheMiB) * MiB}\n`,
    [`${directory}/memory.stat`]: `anon 1\ninactive_file ${cacheBytes}\nactive_file ${cacheBytes}\n`,
  };
}

/** The same of v1. */
export function levelV1(
  directory: string,
  max: string,
  useMiB: number,
  cacheMiB: number,
): HostFileTexts {
  const cacheBytes = (cacheMiB * MiB) / 2;
  const own = 'inactive_file 1\nactive_file 1\n';
  const total = `total_inactive_file ${cacheBytes}\ntotal_active_file ${cacheBytes}\n`;
  return {
    [`${directory}/memory.limit_in_bytes`]: `${max}\n`,
    [`${directory}/memory.usage_in_bytes`]: `${(useMiB + cacheMiB) * MiB}\n`,
    [`${directory}/memory.stat`]: `${own}hierarchical_memory_limit ${unlimitedV1}${total}`,
  };
}

/** A container with 200 MiB, of which 150 are in use beside 40 of page cache. */
export const privateV2: HostFileTexts = {
  'proc/self/cgroup': '0::/\n',
  'proc/self/mountinfo': mountV2('/', '/sys/fs/cgroup'),
  ...levelV2('sys/fs/cgroup', String(200 * MiB), 150, 40),
};
