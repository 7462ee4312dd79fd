// Scenario: field report A10: a process holds 512 MiB in Buffers and next to nothing on its V8
// heap.
// Guarantees: what decides the zones sees it; a heap statistic would not.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MiB } from '../../src/limits.ts';
import { HostSampler } from '../../src/monitor/host-sampler.ts';
import { createReadings, Signal } from '../../src/monitor/signals.ts';

test('A10 memory that only Buffers hold is pressure, however small the heap is', () => {
  const sampler = new HostSampler({ memoryLimitBytes: 256 * MiB, arenaSizeBytes: 0 });
  const readings = createReadings();
  const percent = () => {
    sampler.sample(performance.now(), readings);
    return readings[Signal.AnonymousMemory] ?? Number.NaN;
  };
  const before = percent();
  let buffers = Array.from({ length: 512 }, () => Buffer.alloc(MiB, 1));
  const { heapUsed } = process.memoryUsage();
  const during = percent();
  assert.ok(heapUsed < 50 * MiB, `${heapUsed} bytes of heap`);
  // 512 of 256 MiB, give or take what the process does beside.
  assert.ok(during - before > 190, `${before} % before, ${during} % with ${buffers.length} MiB`);
  buffers = [];
  sampler.close();
});
