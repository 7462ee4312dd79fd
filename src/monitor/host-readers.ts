// The readers of a host's files, chosen once by what is there.

import { CpuThrottling, HostCpuTime } from './cpu-time.ts';
import { hostFiles } from './host-files.ts';
import { HostMemoryUse } from './host-memory-use.ts';
import { cpuStatPath, HostPressure } from './host-pressure.ts';
import type { HostText } from './host-text.ts';
import { MemoryCgroup } from './memory-cgroup.ts';
import { MemoryEvents } from './memory-events.ts';
import { OwnMemory } from './own-memory.ts';

export interface HostReaders {
  readonly cgroup: MemoryCgroup;
  /** Undefined: no memory cgroup can be seen. */
  readonly events: MemoryEvents | undefined;
  readonly hostMemory: HostMemoryUse;
  readonly own: OwnMemory;
  readonly pressure: HostPressure;
  /** Undefined: no CPU controller can be seen. */
  readonly throttling: CpuThrottling | undefined;
  /** Only where there is no PSI for CPU. */
  readonly hostCpu: HostCpuTime | undefined;
}

export function openHostReaders(
  rootDirectory: string,
  arenaSizeBytes: number,
  text: HostText,
): HostReaders {
  const readFile = hostFiles(rootDirectory);
  const cgroup = new MemoryCgroup(rootDirectory, readFile, text);
  const { mount } = cgroup;
  const statPath = cpuStatPath(readFile);
  const pressure = new HostPressure(rootDirectory, readFile);
  const hasCpuPressure = readFile(pressure.cpu.file.path) !== undefined;
  return {
    cgroup,
    events: mount === undefined ? undefined : new MemoryEvents(rootDirectory, mount),
    hostMemory: new HostMemoryUse(rootDirectory),
    own: new OwnMemory(rootDirectory, arenaSizeBytes, text),
    pressure,
    throttling: statPath === undefined ? undefined : new CpuThrottling(rootDirectory, statPath),
    hostCpu: hasCpuPressure ? undefined : new HostCpuTime(rootDirectory),
  };
}

export function closeHostReaders(readers: HostReaders): void {
  for (const reader of Object.values(readers)) reader?.close();
}
