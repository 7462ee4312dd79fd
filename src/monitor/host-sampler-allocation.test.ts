import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getHeapStatistics } from 'node:v8';
import { levelV2, privateV2, withHostSampler } from '../../test/support/host-sampler-rig.ts';
import { pressureText } from '../../test/support/host-tree.ts';

const MiB = 1024 * 1024;
const roundCount = 12;
const samplesPerRound = 4_000;
/** A dozen boxed numbers of 16 bytes. An object or a string for each file is far more. */
const bytesPerSampleMax = 400;

/** Numbers too large for 31 bits everywhere, as on a real host. */
const files = {
  ...privateV2,
  ...levelV2('sys/fs/cgroup', String(9_000 * MiB), 8_000, 400),
  'sys/fs/cgroup/cgroup.events': 'populated 1\n',
  'sys/fs/cgroup/memory.events': 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\n',
  'sys/fs/cgroup/cpu.stat': 'usage_usec 123456789012\nnr_periods 12345\nnr_throttled 123\n',
  'sys/fs/cgroup/memory.pressure': pressureText(98_765_432_101, 98_765_432_100),
  'proc/pressure/memory': pressureText(98_765_432_101, 98_765_432_100),
  'proc/pressure/cpu': pressureText(98_765_432_101, 98_765_432_100),
  'proc/pressure/io': pressureText(98_765_432_101, 98_765_432_100),
  'proc/meminfo': 'MemTotal: 9999999999 kB\nMemAvailable: 8888888888 kB\n',
  'proc/self/statm': '99999999 999999 99999 9 9 9 9\n',
  'proc/self/status': 'RssShmem: 0 kB\n',
};

test('sample() leaves next to nothing for the garbage collector', () => {
  withHostSampler(files, ({ sampler, readings }) => {
    const bytesPerSample: number[] = [];
    for (let round = 0; round < roundCount; round += 1) {
      const before = allocatedBytes();
      for (let index = 0; index < samplesPerRound; index += 1) {
        sampler.sample((round * samplesPerRound + index) * 100, readings);
      }
      bytesPerSample.push(Math.round((allocatedBytes() - before) / samplesPerRound));
    }
    // The first rounds compile it, and what else runs in this process allocates too.
    const least = Math.min(...bytesPerSample);
    assert.ok(least < bytesPerSampleMax, `bytes a sample, by round: ${bytesPerSample.join(' ')}`);
  });
});

/** Since the start, collected or not. */
function allocatedBytes(): number {
  return getHeapStatistics().total_allocated_bytes;
}
