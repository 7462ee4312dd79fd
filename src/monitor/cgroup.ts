// The tightest memory limit that this process is under: its own cgroup's or that of any parent that
// can be seen, cgroup v2 and v1, wherever they are mounted. A limit misread is a process killed
// later.

import { posix } from 'node:path';
import { type CgroupMount, cgroupMounts, directoriesUp } from './cgroup-mounts.ts';
import { hostFiles, type ReadHostFile } from './host-files.ts';

export interface MemoryLimit {
  /** Undefined: no limit. */
  readonly limitBytes: number | undefined;
  /** The file that has it, for the operator; undefined when there is none. */
  readonly sourceFile: string | undefined;
}

export function cgroupMemoryLimit(rootDirectory = '/'): MemoryLimit {
  const readFile = hostFiles(rootDirectory);
  const mounts = cgroupMounts(
    readFile('/proc/self/cgroup') ?? '',
    readFile('/proc/self/mountinfo') ?? '',
  );
  let tightest: MemoryLimit = { limitBytes: undefined, sourceFile: undefined };
  for (const mount of mounts) {
    for (const { file, limitBytes } of limitsOnPath(mount, readFile)) {
      if (limitBytes >= (tightest.limitBytes ?? Number.POSITIVE_INFINITY)) continue;
      tightest = { limitBytes, sourceFile: file };
    }
  }
  return tightest;
}

interface FoundLimit {
  readonly file: string;
  readonly limitBytes: number;
}

/** From the own cgroup up to the mount point; what is above that cannot be seen. */
function limitsOnPath(mount: CgroupMount, readFile: ReadHostFile): FoundLimit[] {
  const limits: FoundLimit[] = [];
  const fileName = mount.version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
  for (const directory of directoriesUp(mount)) {
    const file = posix.join(directory, fileName);
    const limitBytes = parseLimit(readFile(file)?.trim());
    if (limitBytes !== undefined) limits.push({ file, limitBytes });
    if (mount.version === 1) limits.push(...hierarchicalLimit(directory, readFile));
  }
  return limits;
}

/**
 * cgroup v1 says in memory.stat what applies to a cgroup, parents that a namespace hides included.
 */
function hierarchicalLimit(directory: string, readFile: ReadHostFile): FoundLimit[] {
  const file = posix.join(directory, 'memory.stat');
  const text = /^hierarchical_memory_limit (\d+)$/m.exec(readFile(file) ?? '')?.[1];
  const limitBytes = parseLimit(text);
  return limitBytes === undefined ? [] : [{ file, limitBytes }];
}

// v1 writes "no limit" as the largest multiple of the page size below 2^63, which depends on the
// page size; no machine has memory near that.
export const limitBytesSentinelMin = 2 ** 60;

/** Undefined for "max", for v1's "unlimited", and for what is no number. */
function parseLimit(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d+$/.test(text)) return undefined;
  const limitBytes = Number(text);
  return limitBytes < limitBytesSentinelMin ? limitBytes : undefined;
}
