import assert from 'node:assert/strict';
import { test } from 'node:test';
import { levelV2, privateV2 } from '../../test/support/host-sampler-rig.ts';
import { createHostTree, type HostFileTexts, pressureText } from '../../test/support/host-tree.ts';
import type { OutputFormat } from '../ctl/terminal.ts';
import { signals } from './signals-command.ts';

const MiB = 1024 * 1024;

const container: HostFileTexts = {
  ...privateV2,
  // Twice the default of memory.limit_mib on a host with a gibibyte or more.
  ...levelV2('sys/fs/cgroup', String(512 * MiB), 320, 10),
  'proc/meminfo': `MemTotal: ${2048 * 1024} kB\nMemAvailable: ${1536 * 1024} kB\n`,
  'proc/pressure/cpu': pressureText(0, 0),
};

interface Shown {
  readonly out: string;
  readonly sampleCount: number;
}

/** Runs the command; one CPU waits for a tenth of the time. */
async function run(files: HostFileTexts, format: OutputFormat, watch = false): Promise<Shown> {
  const tree = createHostTree(files);
  let out = '';
  let nowMs = 0;
  const terminal = {
    ...{ format, environment: {}, directory: '/', talk: () => {} },
    out: (text: string) => {
      out += text;
    },
  };
  await signals(undefined, { watch }, terminal, {
    rootDirectory: tree.rootDirectory,
    nowMs: () => nowMs,
    async pause(ms) {
      nowMs += ms;
      tree.write({ 'proc/pressure/cpu': pressureText(nowMs * 100, 0) });
    },
    isStopped: () => nowMs > 5_000,
  });
  tree.close();
  return { out, sampleCount: nowMs / 100 };
}

async function check(files: HostFileTexts, lines: readonly RegExp[]): Promise<void> {
  const { out } = await run(files, 'table');
  for (const line of lines) assert.match(out, line);
}

test('signals() prints every signal with reading, thresholds and file, and the limits', async () => {
  await check(container, [
    /^memory\.limit_mib: {2}256\.0 MiB$/m,
    /^memory cgroup: {5}512\.0 MiB, from \/sys\/fs\/cgroup\/memory\.max$/m,
    /^host memory: {7}2\.0 GiB, 1\.5 GiB available$/m,
    /^SIGNAL +LIVE +READING +YELLOW +RED +FROM$/m,
    /^cgroup_memory_percent +yes +25 % +50 % +75 % +\/sys\/fs\/cgroup\/memory\.current$/m,
    /^host_memory_percent +yes +25 % +75 % +90 % +\/proc\/meminfo$/m,
    /^memory_exhaustion +yes +never +30 s +5 s +\/sys\/fs\/cgroup\/memory\.current$/m,
    /^psi_cpu_some_percent +yes +10 % +60 % +- +\/proc\/pressure\/cpu$/m,
    /^psi_memory_some_percent +no +- +10 % +40 % +the own cgroup has no PSI$/m,
    /^anonymous_memory_percent +no +- +92 % +98 % +no such file: \/proc\/self\/statm$/m,
    /^loop_delay_p99 +no +- +50 ms +250 ms +measured by a running engine only$/m,
    /^own_growth +yes +0 B\/s +- +- +\/sys\/fs\/cgroup\/memory\.current$/m,
  ]);
});

test('signals() says that nothing is known where there is nothing', async () => {
  await check({ 'proc/a': '' }, [
    /^memory cgroup: {5}no limit$/m,
    /^host memory: {7}unknown, unknown available$/m,
    /^cgroup_memory_percent +no +- +50 % +75 % +no memory cgroup can be seen$/m,
  ]);
});

test('signals() is JSON for programs', async () => {
  const { out } = await run(container, 'json');
  const { memory, signals: rows } = JSON.parse(out);
  assert.equal(memory.cgroupLimitBytes, 512 * MiB);
  assert.equal(memory.cgroupLimitFile, '/sys/fs/cgroup/memory.max');
  assert.deepEqual(rows[3], {
    ...{ name: 'memory_exhaustion', live: true, file: '/sys/fs/cgroup/memory.current' },
    ...{ reason: null, unit: 'milliseconds', reading: 'Infinity', yellow: 30_000, red: 5_000 },
  });
});

test('signals() looks again until it is stopped when it watches', async () => {
  const once = await run(container, 'table');
  const watched = await run(container, 'table', true);
  assert.equal(once.out.split('SIGNAL').length - 1, 1);
  assert.ok(watched.out.split('SIGNAL').length - 1 >= 3);
  assert.ok(once.sampleCount > 20 && once.sampleCount < 25);
});
