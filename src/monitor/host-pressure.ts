// The pressure files that this host has: memory of the own cgroup and of the host, CPU and disk of
// the own cgroup, or of the host where the cgroup has none.

import { type CgroupMount, cgroupMounts } from './cgroup-mounts.ts';
import type { ReadHostFile } from './host-files.ts';
import type { HostText } from './host-text.ts';
import { PressureStall } from './pressure-stall.ts';

type Resource = 'memory' | 'cpu' | 'io';

export class HostPressure {
  /** Undefined: the own cgroup has no pressure files (v1, or the root of v2, which is the host). */
  readonly ownMemory: PressureStall | undefined;
  readonly hostMemory: PressureStall;
  readonly cpu: PressureStall;
  readonly io: PressureStall;

  constructor(rootDirectory: string, readFile: ReadHostFile) {
    const ownDirectory = pressureMount(readFile)?.ownDirectory;
    const ownPath = (resource: Resource): string | undefined => {
      const path = `${ownDirectory}/${resource}.pressure`;
      return ownDirectory !== undefined && readFile(path) !== undefined ? path : undefined;
    };
    const hostPath = (resource: Resource) => `/proc/pressure/${resource}`;
    const stall = (path: string) => new PressureStall(rootDirectory, path);
    const ownMemoryPath = ownPath('memory');
    this.ownMemory = ownMemoryPath === undefined ? undefined : stall(ownMemoryPath);
    this.hostMemory = stall(hostPath('memory'));
    this.cpu = stall(ownPath('cpu') ?? hostPath('cpu'));
    this.io = stall(ownPath('io') ?? hostPath('io'));
  }

  sample(nowMs: number, text: HostText): void {
    this.ownMemory?.sample(nowMs, text);
    this.hostMemory.sample(nowMs, text);
    this.cpu.sample(nowMs, text);
    this.io.sample(nowMs, text);
  }

  close(): void {
    this.ownMemory?.close();
    this.hostMemory.close();
    this.cpu.close();
    this.io.close();
  }
}

/**
 * Only v2 has pressure files, also where its controllers are left to v1. Those of its root tell of
 * the whole host; only other cgroups have cgroup.events (since Linux 4.5).
 */
function pressureMount(readFile: ReadHostFile): CgroupMount | undefined {
  const cgroupText = readFile('/proc/self/cgroup') ?? '';
  const mountinfoText = readFile('/proc/self/mountinfo') ?? '';
  return cgroupMounts(cgroupText, mountinfoText).find(
    ({ version, ownDirectory }) =>
      version === 2 && readFile(`${ownDirectory}/cgroup.events`) !== undefined,
  );
}

/** Of the own cgroup, where the CPU controller is; undefined: no quota can be seen. */
export function cpuStatPath(readFile: ReadHostFile): string | undefined {
  const cgroupText = readFile('/proc/self/cgroup') ?? '';
  const mountinfoText = readFile('/proc/self/mountinfo') ?? '';
  return cgroupMounts(cgroupText, mountinfoText, 'cpu')
    .map(({ ownDirectory }) => `${ownDirectory}/cpu.stat`)
    .find((path) => /^nr_throttled /m.test(readFile(path) ?? ''));
}
