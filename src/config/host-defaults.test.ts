import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testHost } from '../../test/support/config-fixtures.ts';
import { GiB, MiB } from '../limits.ts';
import {
  connectionsMaxDefault,
  limitMiBDefault,
  queueSizeBytesDefault,
  shardCountDefault,
} from './host-defaults.ts';

function check<Input>(rule: (input: Input) => number, rows: readonly (readonly [Input, number])[]) {
  for (const [input, expected] of rows) assert.equal(rule(input), expected, JSON.stringify(input));
}

test('limitMiBDefault() is the least of 256 MiB, 84 % of the cgroup, a quarter of the host', () => {
  const limitOf = (host: { total: number; cgroup?: number }) =>
    limitMiBDefault({ ...testHost, memoryTotalBytes: host.total, cgroupLimitBytes: host.cgroup });
  check(limitOf, [
    [{ total: 8 * GiB }, 256],
    [{ total: 512 * MiB }, 128],
    [{ total: 8 * GiB, cgroup: 256 * MiB }, 215],
    [{ total: 512 * MiB, cgroup: 100 * MiB }, 84],
    [{ total: 0 }, 1],
  ]);
});

test('shardCountDefault() is 1 on up to 2 CPUs, else half of them, at most 4', () => {
  check(shardCountDefault, [
    [1, 1],
    [2, 1],
    [3, 1],
    [4, 2],
    [7, 3],
    [64, 4],
  ]);
});

test('connectionsMaxDefault() is a straight line between its bounds', () => {
  check(connectionsMaxDefault, [
    [64, 16],
    [91, 16],
    [92, 17],
    [107, 64],
    [128, 129],
    [192, 328],
    [215, 400],
    [256, 527],
    [1402, 4092],
    [1404, 4096],
    [4096, 4096],
  ]);
});

test('queueSizeBytesDefault() is half of the arena, and nothing of none', () => {
  check(queueSizeBytesDefault, [
    [64 * MiB, 32 * MiB],
    [-1, 0],
    [16 * GiB, 4 * GiB],
  ]);
});
