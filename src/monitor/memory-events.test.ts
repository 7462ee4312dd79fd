import { test } from 'node:test';
import {
  type HostSamplerRig,
  levelV1,
  levelV2,
  privateV2,
  withHostSampler,
} from '../../test/support/host-sampler-rig.ts';
import { type HostFileTexts, mountV1 } from '../../test/support/host-tree.ts';

const MiB = 1024 * 1024;
const eventsPath = 'sys/fs/cgroup/memory.events';

function eventsText(high: number, max: number, oom: number, oomKill: number): string {
  return `low 0\nhigh ${high}\nmax ${max}\noom ${oom}\noom_kill ${oomKill}\noom_group_kill 0\n`;
}

/** `useMiB` of 200. */
function container(useMiB: number): HostFileTexts {
  return {
    ...privateV2,
    ...levelV2('sys/fs/cgroup', String(200 * MiB), useMiB, 200 - useMiB),
    [eventsPath]: eventsText(5, 6, 7, 8),
  };
}

function check(rig: HostSamplerRig, nowMs: number, level: number): void {
  rig.check(nowMs, { MemoryEvents: level });
}

test('sample() tells of memory.max that moves above 75 %, for a second', () => {
  withHostSampler(container(151), (rig) => {
    check(rig, 0, 0);
    check(rig, 100, 0);
    rig.tree.write({ [eventsPath]: eventsText(5, 7, 7, 8) });
    check(rig, 200, 2);
    check(rig, 1_100, 2);
    check(rig, 1_200, 0);
  });
});

test('sample() does not count what page cache alone moves', () => {
  withHostSampler(container(149), (rig) => {
    check(rig, 0, 0);
    rig.tree.write({ [eventsPath]: eventsText(9, 9, 7, 8) });
    check(rig, 100, 0);
    // A kill counts always.
    rig.tree.write({ [eventsPath]: eventsText(9, 9, 7, 9) });
    check(rig, 200, 2);
    check(rig, 1_300, 0);
    rig.tree.write({ [eventsPath]: eventsText(9, 9, 8, 9) });
    check(rig, 1_400, 2);
  });
});

test('sample() does not count what moves while no more than the plan is in use', () => {
  for (const [useMiB, level] of [
    [159, 0],
    [161, 2],
  ] as const) {
    const look = (rig: HostSamplerRig) => {
      check(rig, 0, 0);
      rig.tree.write({ [eventsPath]: eventsText(5, 7, 7, 8) });
      check(rig, 100, level);
    };
    withHostSampler(container(useMiB), look, 160);
  }
});

test('sample() holds memory.high against its own bound', () => {
  const files = { ...container(100), 'sys/fs/cgroup/memory.high': `${134 * MiB}\n` };
  withHostSampler(files, (rig) => {
    check(rig, 0, 0);
    rig.tree.write({ [eventsPath]: eventsText(6, 6, 7, 8) });
    check(rig, 100, 0);
    rig.tree.write({
      [eventsPath]: eventsText(7, 6, 7, 8),
      'sys/fs/cgroup/memory.high': `${132 * MiB}\n`,
    });
    check(rig, 200, 1);
    check(rig, 1_200, 0);
  });
});

test('sample() forgets counters that it could not read', () => {
  withHostSampler(container(160), (rig) => {
    check(rig, 0, 0);
    rig.tree.empty(eventsPath);
    check(rig, 100, Number.NaN);
    rig.tree.write({ [eventsPath]: eventsText(9, 9, 9, 9) });
    check(rig, 6_000, 0);
  });
});

test('sample() tells of failcnt and kills of v1', () => {
  const directory = 'sys/fs/cgroup/memory';
  const files = {
    'proc/self/cgroup': '9:memory:/docker/ab\n',
    'proc/self/mountinfo': mountV1('/docker/ab', `/${directory}`),
    ...levelV1(directory, String(200 * MiB), 160, 20),
    [`${directory}/memory.failcnt`]: '3\n',
  };
  withHostSampler(files, (rig) => {
    check(rig, 0, 0);
    rig.tree.write({ [`${directory}/memory.failcnt`]: '4\n' });
    check(rig, 100, 2);
    check(rig, 1_100, 0);
    rig.tree.write(levelV1(directory, String(200 * MiB), 100, 90));
    rig.tree.write({ [`${directory}/memory.failcnt`]: '5\n' });
    check(rig, 1_200, 0);
  });
  const kills = (count: number) => `oom_kill_disable 0\nunder_oom 0\noom_kill ${count}\n`;
  withHostSampler({ ...files, [`${directory}/memory.oom_control`]: kills(1) }, (rig) => {
    rig.tree.write(levelV1(directory, String(200 * MiB), 100, 90));
    check(rig, 0, 0);
    rig.tree.write({ [`${directory}/memory.oom_control`]: kills(2) });
    check(rig, 100, 2);
  });
});
