import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type HostSamplerRig,
  levelV2,
  privateV2,
  withHostSampler,
} from '../../test/support/host-sampler-rig.ts';

const MiB = 1024 * 1024;

/** Samples every 100 ms, from `fromMs` on, while the use goes up by a step each time. */
function ramp(rig: HostSamplerRig, fromMs: number, toMs: number, useMiB: (ms: number) => number) {
  for (let nowMs = fromMs; nowMs < toMs; nowMs += 100) {
    rig.tree.write({ 'sys/fs/cgroup/memory.current': String(Math.round(useMiB(nowMs) * MiB)) });
    rig.check(nowMs, {});
  }
}

function check(actual: number, expected: number, message: string): void {
  assert.ok(Math.abs(actual - expected) <= expected * 0.001, `${message}: ${actual}`);
}

const container = { ...privateV2, ...levelV2('sys/fs/cgroup', String(200 * MiB), 110, 0) };

test('sample() foresees the limit at the growth of the last 5 s, once 2 s are known', () => {
  withHostSampler(container, (rig) => {
    ramp(rig, 0, 2_000, (ms) => 110 + ms / 100);
    rig.check(1_999, { OwnGrowth: Number.NaN, MemoryExhaustion: Number.NaN });
    ramp(rig, 2_000, 6_000, (ms) => 110 + ms / 100);
    rig.tree.write({ 'sys/fs/cgroup/memory.current': String(170 * MiB) });
    rig.check(6_000, { OwnGrowth: 10 * MiB, MemoryExhaustion: 3_000 });
  });
});

test('sample() takes a ramp that has ended, and noise, for no growth', () => {
  withHostSampler(container, (rig) => {
    ramp(rig, 0, 3_000, (ms) => 110 + ms / 100);
    ramp(rig, 3_000, 4_200, () => 140);
    rig.check(4_200, { OwnGrowth: 0, MemoryExhaustion: Infinity });
    ramp(rig, 4_300, 10_000, (ms) => 140 + (ms - 4_300) / 10_000);
    rig.check(10_000, { OwnGrowth: 0, MemoryExhaustion: Infinity });
    ramp(rig, 10_100, 13_000, (ms) => 140 - (ms - 10_000) / 1_000);
    rig.check(13_000, { OwnGrowth: 0, MemoryExhaustion: Infinity });
  });
});

test('sample() foresees nothing while the growth is inside the plan', () => {
  withHostSampler(
    container,
    (rig) => {
      ramp(rig, 0, 3_100, (ms) => 110 + ms / 100);
      rig.check(3_000, { OwnGrowth: 10 * MiB, MemoryExhaustion: Infinity });
      ramp(rig, 3_200, 5_000, (ms) => 110 + ms / 100);
      rig.check(4_900, { MemoryExhaustion: (1_000 * (200 - 159)) / 10 });
    },
    150,
  );
});

test('sample() foresees the end of the host, or of a parent, where that comes first', () => {
  const parent = {
    'proc/self/cgroup': '0::/a\n',
    ...levelV2('sys/fs/cgroup', String(300 * MiB), 290, 0),
    ...levelV2('sys/fs/cgroup/a', String(200 * MiB), 110, 0),
  };
  for (const [files, roomMiB] of [
    [parent, 10],
    [{ 'proc/meminfo': `MemTotal: 9999999 kB\nMemAvailable: ${20 * 1024} kB\n` }, 20],
  ] as const) {
    withHostSampler({ ...container, ...files }, (rig) => {
      const own = 'proc/self/cgroup' in files ? 'sys/fs/cgroup/a' : 'sys/fs/cgroup';
      for (let nowMs = 0; nowMs <= 3_000; nowMs += 100) {
        rig.tree.write({ [`${own}/memory.current`]: String((110 + nowMs / 100) * MiB) });
        rig.check(nowMs, {});
      }
      rig.check(3_000, { OwnGrowth: 10 * MiB, MemoryExhaustion: 100 * roomMiB });
    });
  }
});

test('sample() takes anonymous memory and the host where the cgroup has no limit', () => {
  const files = {
    'proc/meminfo': `MemTotal: ${900 * 1024} kB\nMemAvailable: ${300 * 1024} kB\n`,
    'proc/self/statm': '1 1 1',
  };
  withHostSampler(files, (rig) => {
    for (let nowMs = 0; nowMs <= 5_000; nowMs += 100) {
      const residentPages = (90 + nowMs / 100) * 256;
      rig.tree.write({ 'proc/self/statm': `999999 ${residentPages} ${20 * 256} 10 0 5 0\n` });
      rig.check(nowMs, {});
      const isInsidePlan = nowMs >= 2_000 && nowMs <= 3_000;
      if (isInsidePlan) rig.check(nowMs, { MemoryExhaustion: Infinity });
    }
    check(rig.sampler.facts().anonymousBytes ?? 0, 100 * MiB, 'without the arena');
    rig.check(5_000, { OwnGrowth: 10 * MiB, MemoryExhaustion: 30_000, CgroupMemory: Number.NaN });
  });
});

test('sample() begins anew when the clock goes back, and when a limit appears', () => {
  withHostSampler({ ...container, ...levelV2('sys/fs/cgroup', 'max', 110, 0) }, (rig) => {
    rig.tree.write({ 'proc/self/statm': '999 99 9 9 9 9 9\n' });
    for (let nowMs = 5_000; nowMs <= 8_000; nowMs += 100) rig.check(nowMs, {});
    rig.check(8_000, { OwnGrowth: 0 });
    rig.check(1_000, { OwnGrowth: Number.NaN });
    for (let nowMs = 1_100; nowMs <= 4_000; nowMs += 100) rig.check(nowMs, {});
    rig.check(4_000, { OwnGrowth: 0 });
    rig.tree.write({ 'sys/fs/cgroup/memory.max': String(200 * MiB) });
    rig.check(4_100, { OwnGrowth: Number.NaN, CgroupMemory: 10 });
  });
});
