import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { test } from 'node:test';
import {
  type HostFileTexts,
  mountV1,
  mountV2,
  withHostTree,
} from '../../test/support/host-tree.ts';
import { cgroupMemoryLimit } from './cgroup.ts';
import { hostMemoryTotalBytes } from './host-memory.ts';

const MiB = 1024 * 1024;
const unlimitedV1 = '9223372036854771712\n';

function within<T>(files: HostFileTexts, look: (rootDirectory: string) => T): T {
  return withHostTree(files, ({ rootDirectory }) => look(rootDirectory));
}

function check(
  tree: HostFileTexts,
  limitBytes: number | undefined,
  sourceFile: string | undefined,
): void {
  assert.deepEqual(within(tree, cgroupMemoryLimit), { limitBytes, sourceFile });
}

test('A11 cgroupMemoryLimit() reads v2 in a private namespace', () => {
  const tree = {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo': mountV2('/', '/sys/fs/cgroup'),
    'sys/fs/cgroup/memory.max': `${300 * MiB}\n`,
  };
  check(tree, 300 * MiB, '/sys/fs/cgroup/memory.max');
});

test('A11 cgroupMemoryLimit() follows the path in the host namespace', () => {
  const tree = {
    'proc/self/cgroup': '0::/system.slice/docker-ab.scope\n',
    'proc/self/mountinfo': mountV2('/', '/sys/fs/cgroup'),
    'sys/fs/cgroup/system.slice/docker-ab.scope/memory.max': `${128 * MiB}\n`,
    'sys/fs/cgroup/system.slice/docker-cd.scope/memory.max': `${64 * MiB}\n`,
    'sys/fs/cgroup/system.slice/memory.max': 'max\n',
  };
  check(tree, 128 * MiB, '/sys/fs/cgroup/system.slice/docker-ab.scope/memory.max');
});

test('A11 cgroupMemoryLimit() takes the limit of a parent when the own one is max or larger', () => {
  const tree = {
    'proc/self/cgroup': '0::/kubepods.slice/pod1/child\n',
    'proc/self/mountinfo': mountV2('/', '/sys/fs/cgroup'),
    'sys/fs/cgroup/kubepods.slice/pod1/child/memory.max': 'max\n',
    'sys/fs/cgroup/kubepods.slice/pod1/memory.max': `${200 * MiB}\n`,
    'sys/fs/cgroup/kubepods.slice/memory.max': `${900 * MiB}\n`,
  };
  check(tree, 200 * MiB, '/sys/fs/cgroup/kubepods.slice/pod1/memory.max');
});

test('A11 cgroupMemoryLimit() knows v1 "unlimited" and hierarchical_memory_limit', () => {
  const directory = '/sys/fs/cgroup/memory';
  const tree = {
    'proc/self/cgroup': '9:memory:/docker/ab\n8:cpu,cpuacct:/docker/ab\n0::/docker/ab\n',
    'proc/self/mountinfo': mountV1('/docker/ab', directory),
    [`${directory}/memory.limit_in_bytes`]: unlimitedV1,
    [`${directory}/memory.stat`]: `cache 0\nhierarchical_memory_limit ${512 * MiB}\ntotal_rss 1\n`,
  };
  check(tree, 512 * MiB, `${directory}/memory.stat`);
  const unlimited = {
    ...tree,
    [`${directory}/memory.stat`]: `hierarchical_memory_limit ${unlimitedV1}`,
  };
  check(unlimited, undefined, undefined);
});

test('A11 cgroupMemoryLimit() is not misled by the host hierarchy mounted a second time', () => {
  const own = '/sys/fs/cgroup/memory';
  const host = '/host/sys/fs/cgroup/memory';
  const tree = {
    'proc/self/cgroup': '9:memory:/docker/ab\n',
    'proc/self/mountinfo':
      mountV1('/', host) + mountV1('/docker/ab', own) + mountV1('/docker/cd', '/other'),
    [`${own}/memory.limit_in_bytes`]: `${400 * MiB}\n`,
    [`${host}/memory.limit_in_bytes`]: unlimitedV1,
    [`${host}/docker/ab/memory.limit_in_bytes`]: `${400 * MiB}\n`,
    [`${host}/docker/cd/memory.limit_in_bytes`]: `${10 * MiB}\n`,
    '/other/memory.limit_in_bytes': `${10 * MiB}\n`,
  };
  check(tree, 400 * MiB, `${host}/docker/ab/memory.limit_in_bytes`);
  // v2 in a private namespace: the host's mount has a root outside of it, and which part is ours is
  // unknown.
  const v2 = {
    'proc/self/cgroup': '0::/\n',
    'proc/self/mountinfo':
      mountV2('/../..', '/host/sys/fs/cgroup') + mountV2('/', '/sys/fs/cgroup'),
    'host/sys/fs/cgroup/memory.max': `${10 * MiB}\n`,
    'sys/fs/cgroup/memory.max': `${400 * MiB}\n`,
  };
  check(v2, 400 * MiB, '/sys/fs/cgroup/memory.max');
});

test('cgroupMemoryLimit() reads hybrid hosts, blanks in names, and mounts of a part', () => {
  const tree = {
    'proc/self/cgroup': '4:memory:/a/b\n0::/a/b\n',
    'proc/self/mountinfo':
      mountV2('/', '/sys/fs/cgroup/unified') +
      mountV1('/a', '/my\\040cgroups/memory') +
      'rubbish\n\n',
    'my cgroups/memory/b/memory.limit_in_bytes': `${70 * MiB}\n`,
  };
  check(tree, 70 * MiB, '/my cgroups/memory/b/memory.limit_in_bytes');
});

test('A11 cgroupMemoryLimit() and hostMemoryTotalBytes() do without files that are not there', () => {
  check({}, undefined, undefined);
  check(
    { 'proc/self/cgroup': '0::/../x\n', 'proc/self/mountinfo': mountV2('/', '/c') },
    undefined,
    undefined,
  );
  assert.equal(within({}, hostMemoryTotalBytes), totalmem());
  const meminfo = 'MemTotal:       16318480 kB\nMemFree:         1 kB\n';
  assert.equal(within({ 'proc/meminfo': meminfo }, hostMemoryTotalBytes), 16_318_480 * 1024);
});
