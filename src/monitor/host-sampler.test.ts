import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ExpectedReadings,
  levelV1,
  levelV2,
  privateV2,
  unlimitedV1,
  withHostSampler,
} from '../../test/support/host-sampler-rig.ts';
import {
  type HostFileTexts,
  mountV1,
  mountV2,
  pressureText,
} from '../../test/support/host-tree.ts';
import { Signal } from './signals.ts';

const MiB = 1024 * 1024;
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

function check(files: HostFileTexts, expected: ExpectedReadings, limitMiB = 100): void {
  withHostSampler(files, (rig) => rig.check(0, expected), limitMiB);
}

test('sample() takes use beyond the plan as a share of the gap, v2 in a private namespace', () => {
  const expected = { CgroupMemory: 50, ParentMemory: Number.NaN };
  check(privateV2, expected);
  check(
    { ...privateV2, ...levelV2('sys/fs/cgroup', String(200 * MiB), 90, 0) },
    {
      ...{ CgroupMemory: 0 },
    },
  );
  check({ ...privateV2, ...levelV2('sys/fs/cgroup', 'max', 150, 0) }, { CgroupMemory: Number.NaN });
});

test('sample() counts half of the slabs that can be reclaimed as used', () => {
  const stat = `inactive_file 0\nactive_file 0\nslab_reclaimable ${20 * MiB}\n`;
  check({ ...privateV2, 'sys/fs/cgroup/memory.stat': stat }, { CgroupMemory: 80 });
});

test('sample() takes the last 5 % of a limit for the gap when memory.limit_mib leaves less', () => {
  const files = { ...privateV2, ...levelV2('sys/fs/cgroup', String(200 * MiB), 195, 40) };
  check(files, { CgroupMemory: 50 }, 191);
  check(files, { CgroupMemory: 50 }, 199);
  check(files, { CgroupMemory: 50 }, 200);
  check(files, { CgroupMemory: 50 }, 300);
});

test('sample() finds the fullest parent and the tightest limit, v2 in the host namespace', () => {
  const top = 'sys/fs/cgroup';
  const files = {
    'proc/self/cgroup': '0::/kubepods.slice/pod1/child\n',
    'proc/self/mountinfo': mountV2('/', '/sys/fs/cgroup'),
    ...levelV2(`${top}/kubepods.slice/pod1/child`, 'max', 120, 0),
    ...levelV2(`${top}/kubepods.slice/pod1`, String(200 * MiB), 150, 40),
    ...levelV2(`${top}/kubepods.slice`, String(900 * MiB), 450, 0),
    ...levelV2(`${top}/kubepods.slice/pod2`, String(10 * MiB), 10, 0),
  };
  check(files, { CgroupMemory: 20, ParentMemory: 75 });
});

test('sample() reads v1 with co-mounted controllers and a hidden limit', () => {
  const directory = 'sys/fs/cgroup/memory';
  const files = {
    'proc/self/cgroup': '9:memory:/docker/ab\n8:cpu,cpuacct:/docker/ab\n0::/docker/ab\n',
    'proc/self/mountinfo':
      mountV1('/docker/ab', `/${directory}`) +
      mountV1('/docker/ab', '/sys/fs/cgroup/cpu,cpuacct', 'cpu,cpuacct'),
    ...levelV1(directory, unlimitedV1, 150, 40),
    'sys/fs/cgroup/cpu,cpuacct/cpu.stat': 'nr_periods 10\nnr_throttled 1\nthrottled_time 5\n',
  };
  withHostSampler(files, (rig) => {
    rig.check(0, { CgroupMemory: Number.NaN, ParentMemory: Number.NaN });
    const cache = `total_inactive_file ${40 * MiB}\ntotal_active_file 0\n`;
    const limit = `hierarchical_memory_limit ${200 * MiB}\n`;
    rig.tree.write({ [`${directory}/memory.stat`]: limit + cache });
    rig.check(100, { CgroupMemory: 50, CpuThrottled: Number.NaN });
    rig.tree.write({
      'sys/fs/cgroup/cpu,cpuacct/cpu.stat': 'nr_periods 30\nnr_throttled 6\nthrottled_time 9\n',
    });
    rig.check(2_000, { CpuThrottled: 25 });
    assert.equal(rig.sampler.facts().cgroupLimitBytes, 200 * MiB);
  });
});

test('sample() sees parents through the host hierarchy that is mounted a second time', () => {
  const own = 'sys/fs/cgroup/memory';
  const host = 'host/sys/fs/cgroup/memory';
  const files = {
    'proc/self/cgroup': '9:memory:/docker/ab\n',
    'proc/self/mountinfo':
      mountV1('/docker/ab', `/${own}`) + mountV1('/', `/${host}`) + mountV1('/docker/cd', '/other'),
    ...levelV1(own, String(400 * MiB), 250, 10),
    ...levelV1(host, unlimitedV1, 9_000, 10),
    ...levelV1(`${host}/docker`, String(1_000 * MiB), 700, 10),
    ...levelV1(`${host}/docker/ab`, String(400 * MiB), 250, 10),
    ...levelV1('other', String(10 * MiB), 9, 1),
  };
  check(files, { CgroupMemory: 50, ParentMemory: 70 });
});

test('sample() reads hybrid hosts: memory of v1, pressure of v2', () => {
  const files = {
    'proc/self/cgroup': '4:memory:/a/b\n3:cpu:/a\n0::/a/b\n',
    'proc/self/mountinfo':
      mountV2('/', '/sys/fs/cgroup/unified') +
      mountV1('/a', '/my\\040cgroups/memory') +
      mountV1('/', '/sys/fs/cgroup/cpu', 'cpu'),
    ...levelV1('my cgroups/memory/b', String(200 * MiB), 150, 3),
    'sys/fs/cgroup/cpu/a/cpu.stat': 'nr_periods 0\nnr_throttled 0\n',
    'sys/fs/cgroup/unified/a/b/cgroup.events': 'populated 1\n',
    'sys/fs/cgroup/unified/a/b/memory.pressure': pressureText(0, 0),
    'proc/pressure/memory': pressureText(0, 0),
    'proc/pressure/cpu': pressureText(0, 0),
  };
  withHostSampler(files, (rig) => {
    rig.check(0, { CgroupMemory: 50, PsiMemorySome: Number.NaN });
    rig.tree.write({
      'sys/fs/cgroup/unified/a/b/memory.pressure': pressureText(100_000, 50_000),
      'proc/pressure/memory': pressureText(500_000, 0),
      'proc/pressure/cpu': pressureText(1_000_000, 0),
    });
    rig.check(1_000, {
      ...{ PsiMemorySome: 10, PsiMemoryFull: 5, PsiMemorySomeHost: 50, PsiMemoryFullHost: 0 },
      ...{ PsiCpuSome: 100, CpuThrottled: 0, HostCpu: Number.NaN },
    });
  });
});

test('sample() takes pressure as differences over 2 s, of the own cgroup where it has it', () => {
  const own = 'sys/fs/cgroup/cpu.pressure';
  const files = {
    ...privateV2,
    'sys/fs/cgroup/cgroup.events': 'populated 1\n',
    [own]: pressureText(1_000_000, 0),
    'proc/pressure/cpu': pressureText(0, 0),
    'proc/pressure/io': pressureText(0, 0),
  };
  withHostSampler(files, (rig) => {
    rig.check(0, { PsiCpuSome: Number.NaN, PsiIoSome: Number.NaN });
    rig.tree.write({ [own]: pressureText(1_040_000, 0) });
    rig.check(400, { PsiCpuSome: Number.NaN });
    rig.check(500, { PsiCpuSome: 8, PsiIoSome: 0 });
    rig.tree.write({ [own]: pressureText(1_240_000, 0), 'proc/pressure/io': pressureText(2e5, 0) });
    rig.check(2_000, { PsiCpuSome: 12, PsiIoSome: 10 });
    rig.check(2_500, { PsiCpuSome: 10 });
    rig.check(4_500, { PsiCpuSome: 0, PsiIoSome: 0 });
    // Counters of another life do not go backwards here.
    rig.tree.write({ [own]: pressureText(5, 0) });
    rig.check(4_600, { PsiCpuSome: Number.NaN });
    assert.equal(rig.source(Signal.PsiCpuSome).file, '/sys/fs/cgroup/cpu.pressure');
    assert.equal(rig.source(Signal.PsiIoSome).file, '/proc/pressure/io');
  });
});

test('sample() takes pressure files in the root of v2 for those of the host', () => {
  const files = { ...privateV2, 'sys/fs/cgroup/memory.pressure': pressureText(0, 0) };
  withHostSampler(files, (rig) => {
    rig.check(0, {});
    rig.check(1_000, { PsiMemorySome: Number.NaN });
    const { live, reason } = rig.source(Signal.PsiMemorySome);
    const why = 'the own cgroup has no PSI';
    assert.deepEqual({ live, reason }, { live: false, reason: why });
  });
});

test('sample() takes CPU time of the host where there is no pressure', () => {
  const stat = 'cpu  100 10 40 800 50 0 0 0 0 0\ncpu0 1 1 1 1\n';
  withHostSampler({ 'proc/stat': stat }, (rig) => {
    rig.check(0, { HostCpu: Number.NaN });
    rig.tree.write({ 'proc/stat': 'cpu  170 10 50 805 55 0 0 10 7 0\ncpu0 1 1 1 1\n' });
    rig.check(2_000, { HostCpu: 90, PsiCpuSome: Number.NaN });
  });
});

test('sample() reads the memory of the host', () => {
  const meminfo = 'MemTotal:       1000 kB\nMemFree:         10 kB\nMemAvailable:    250 kB\n';
  check({ 'proc/meminfo': meminfo }, { HostMemory: 75 });
  withHostSampler({ 'proc/meminfo': 'MemTotal:       1000 kB\n' }, (rig) => {
    rig.check(0, { HostMemory: Number.NaN });
    assert.equal(rig.source(Signal.HostMemory).reason, 'has no MemAvailable');
  });
});

test('allowBeside() is no growth beyond the plan, of the process and of its cgroup', () => {
  const files = { ...privateV2, 'proc/self/statm': `99999 ${120 * 256} ${40 * 256} 10 0 5 0\n` };
  withHostSampler(files, (rig) => {
    rig.check(0, { AnonymousMemory: 75, CgroupMemory: 50 });
    assert.equal(rig.sampler.roomBytes, -50 * MiB);
    rig.sampler.allowBeside(16 * MiB);
    rig.check(100, { AnonymousMemory: 62.5, CgroupMemory: rounded((100 * 34) / 84) });
    assert.equal(rig.sampler.roomBytes, -34 * MiB);
  });
});

test('sample() leaves the arena out of anonymous memory, whichever kind its pages are', () => {
  const statm = (residentMiB: number, sharedMiB: number) =>
    `99999 ${residentMiB * 256} ${sharedMiB * 256} 10 0 5 0\n`;
  const anonymous = { 'proc/self/statm': statm(120, 40), 'proc/self/status': 'RssShmem:\t 0 kB\n' };
  check(anonymous, { AnonymousMemory: 75 });
  const shmem = {
    'proc/self/statm': statm(120, 60),
    'proc/self/status': `RssAnon:\t 1 kB\nRssShmem:\t   ${20 * 1024} kB\n`,
  };
  check(shmem, { AnonymousMemory: 75 });
  check({ 'proc/self/statm': statm(120, 40) }, { AnonymousMemory: 75 });
  // AT_CLKTCK, then AT_PAGESZ of 64 KiB.
  const auxv = new Uint8Array(new BigUint64Array([17n, 100n, 6n, 65_536n, 0n, 0n]).buffer);
  const large = { 'proc/self/statm': statm(120 / 16, 40 / 16), 'proc/self/auxv': auxv };
  check(large, { AnonymousMemory: 75 });
});

test('sample() does without any file, and sources() says so', () => {
  withHostSampler({}, (rig) => {
    rig.sampler.sample(0, rig.readings);
    rig.sampler.sample(3_000, rig.readings);
    assert.ok(rig.readings.every(Number.isNaN));
    const sources = rig.sampler.sources();
    assert.equal(sources.length, Object.keys(Signal).length - 2, 'all but arena and loop delay');
    assert.ok(sources.every(({ live, reason }) => !live && reason !== undefined && reason !== ''));
  });
});

test('sample() gives NaN for a file that vanishes, and finds it again within seconds', () => {
  withHostSampler(privateV2, (rig) => {
    rig.check(0, { CgroupMemory: 50 });
    rig.tree.empty('sys/fs/cgroup/memory.current');
    rig.check(100, { CgroupMemory: Number.NaN, OwnGrowth: Number.NaN });
    const { live, reason } = rig.source(Signal.CgroupMemory);
    assert.deepEqual({ live, reason }, { live: false, reason: 'is empty' });
    rig.tree.remove('sys/fs/cgroup/memory.current');
    rig.check(5_100, { CgroupMemory: Number.NaN });
    assert.equal(rig.source(Signal.CgroupMemory).reason, 'no such file');
    rig.tree.write({ 'sys/fs/cgroup/memory.current': `${200 * MiB}\n` });
    rig.check(9_000, { CgroupMemory: Number.NaN });
    rig.check(10_100, { CgroupMemory: 60 });
    assert.equal(rig.source(Signal.CgroupMemory).live, true);
  });
});

test('sample() follows a limit that changes', () => {
  withHostSampler(privateV2, (rig) => {
    rig.check(0, { CgroupMemory: 50 });
    rig.tree.write({ 'sys/fs/cgroup/memory.max': `${300 * MiB}\n` });
    rig.check(100, { CgroupMemory: 25 });
  });
});
