// What defaults of the configuration depend on: the memory and CPUs of this host, and how the
// engine spends memory.

import { availableParallelism } from 'node:os';
import type { HostFacts } from '../config/environment.ts';
import { messageSizeBytesDefault } from '../memory/arena-plan.ts';
import { batchesBudgetBytes } from '../memory/batches-budget.ts';
import { cgroupMemoryLimit } from '../monitor/cgroup.ts';
import { hostMemoryTotalBytes } from '../monitor/host-memory.ts';
import { segmentSizeBytesMin } from '../vault/segment-room.ts';

export function hostFacts(): HostFacts {
  return {
    cpuCount: availableParallelism(),
    memoryTotalBytes: hostMemoryTotalBytes(),
    cgroupLimitBytes: cgroupMemoryLimit().limitBytes,
    arenaSizeBytes: batchesBudgetBytes,
    messageSizeBytesDefault,
    segmentSizeBytesMin,
  };
}
