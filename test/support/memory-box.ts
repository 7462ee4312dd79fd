// A memory cgroup without swap for the processes of a test: a real limit, real kills by the kernel
// and real figures. Made below the cgroup of the test itself, on v1 and v2 hosts. Only root may.

import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CgroupMount, cgroupMounts } from '../../src/monitor/cgroup-mounts.ts';

export interface BoxUsage {
  /** All that is charged, with the page cache. */
  readonly usageBytes: number;
  /** The most of it so far; the page cache alone may reach the limit. 0 where nobody counts it. */
  readonly peakBytes: number;
  /** How often a charge met the limit, which reclaim may have healed. */
  readonly failCount: number;
  readonly statBytes: {
    readonly anonymous: number;
    readonly file: number;
    /** Of `file`: waits for the disk, and cannot be dropped before. */
    readonly dirty: number;
    /** Page tables, stacks, slabs of the kernel. */
    readonly kernel: number;
    /** Buffers of sockets, which v1 counts apart from `usageBytes`. */
    readonly sockets: number;
  };
}

export interface MemoryBox {
  /** Of the cgroup's directory. */
  readonly path: string;
  /** Put before a command, which then runs inside with the same process id. */
  readonly enterCommand: readonly string[];
  /** Processes that the kernel has killed for memory. */
  oomKills(): number;
  usage(): BoxUsage;
  /** Of the processes inside. */
  pids(): number[];
  /** Kills whoever is still inside. Throws when the cgroup stays. */
  remove(): void;
}

/** Why there can be no box here; undefined when there can. */
export function boxUnavailable(): string | undefined {
  try {
    createMemoryBox('probe', 16 * 1024 * 1024).remove();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Inside of `parent` if there is one. Throws, and says why, where none can be made. */
export function createMemoryBox(name: string, limitBytes: number, parent?: MemoryBox): MemoryBox {
  const { version, directory } = parent === undefined ? parentDirectory() : within(parent);
  if (parent === undefined) removeForgotten(directory);
  const path = join(directory, `${namePrefix}${process.pid}-${boxCount++}-${name}`);
  mkdirSync(path);
  const remove = () => {
    removeBox(path);
    process.off('exit', remove);
  };
  process.once('exit', remove);
  try {
    const files = version === 1 ? filesV1 : filesV2;
    for (const [file, text] of files.limits(limitBytes)) write(join(path, file), text);
  } catch (error) {
    remove();
    throw error;
  }
  const script = 'echo $$ > "$0" && exec "$@"';
  return {
    path,
    enterCommand: ['/bin/sh', '-c', script, join(path, 'cgroup.procs')],
    oomKills: () => field(path, version === 1 ? 'memory.oom_control' : 'memory.events', 'oom_kill'),
    usage: () => (version === 1 ? usageV1(path) : usageV2(path)),
    pids: () => pidsIn(path),
    remove,
  };
}

let boxCount = 0;
const namePrefix = 'gophership-box-';

const filesV1 = {
  // In this order: memory with swap may never be less than memory.
  limits: (limitBytes: number): [file: string, text: string][] => [
    ['memory.limit_in_bytes', `${limitBytes}`],
    ['memory.memsw.limit_in_bytes', `${limitBytes}`],
  ],
} as const;

const filesV2 = {
  limits: (limitBytes: number): [file: string, text: string][] => [
    ['memory.max', `${limitBytes}`],
    ['memory.swap.max', '0'],
  ],
} as const;

function usageV1(path: string): BoxUsage {
  return {
    usageBytes: number(path, 'memory.usage_in_bytes'),
    peakBytes: number(path, 'memory.max_usage_in_bytes'),
    failCount: number(path, 'memory.failcnt'),
    statBytes: {
      anonymous: field(path, 'memory.stat', 'total_rss'),
      file: field(path, 'memory.stat', 'total_cache'),
      dirty:
        field(path, 'memory.stat', 'total_dirty') + field(path, 'memory.stat', 'total_writeback'),
      kernel: number(path, 'memory.kmem.usage_in_bytes'),
      sockets: number(path, 'memory.kmem.tcp.usage_in_bytes'),
    },
  };
}

function usageV2(path: string): BoxUsage {
  const stat = (name: string) => field(path, 'memory.stat', name);
  return {
    usageBytes: number(path, 'memory.current'),
    peakBytes: number(path, 'memory.peak'),
    failCount: field(path, 'memory.events', 'max'),
    statBytes: {
      anonymous: stat('anon'),
      file: stat('file'),
      dirty: stat('file_dirty') + stat('file_writeback'),
      kernel: stat('kernel'),
      sockets: stat('sock'),
    },
  };
}

interface BoxPlace {
  readonly version: 1 | 2;
  readonly directory: string;
}

/** Where this process can make cgroups with a memory limit. */
function parentDirectory(): BoxPlace {
  const mounts = cgroupMounts(
    readFileSync('/proc/self/cgroup', 'utf8'),
    readFileSync('/proc/self/mountinfo', 'utf8'),
  );
  if (process.getuid?.() !== 0) throw new Error('only root may make cgroups');
  const v1 = mounts.find(({ version }) => version === 1);
  if (v1 !== undefined) return { version: 1, directory: v1.ownDirectory };
  for (const mount of mounts) {
    const directory = parentOfV2(mount);
    if (directory !== undefined) return { version: 2, directory };
  }
  throw new Error('no mounted cgroup hierarchy that has a memory controller for us');
}

/**
 * The own cgroup, unless it cannot hand out memory, as it may not while it has processes itself:
 * then the nearest one above that does.
 */
function parentOfV2({ mountPoint, ownDirectory }: CgroupMount): string | undefined {
  for (let directory = ownDirectory; ; directory = dirname(directory)) {
    if (handsOutMemory(directory)) return directory;
    if (directory === mountPoint) return undefined;
  }
}

function handsOutMemory(directory: string): boolean {
  const path = join(directory, 'cgroup.subtree_control');
  const has = () => readFileSync(path, 'utf8').split(/\s/).includes('memory');
  try {
    if (!has()) writeFileSync(path, '+memory');
    return has();
  } catch {
    return false; // it has processes, or no memory controller
  }
}

function within({ path }: MemoryBox): BoxPlace {
  const version = readdirSync(path).includes('memory.limit_in_bytes') ? 1 : 2;
  if (version === 2) writeFileSync(join(path, 'cgroup.subtree_control'), '+memory');
  return { version, directory: path };
}

/** Those of test processes that were killed, which nobody else removes. */
function removeForgotten(directory: string): void {
  for (const name of readdirSync(directory)) {
    const owner = new RegExp(`^${namePrefix}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner))) removeBox(join(directory, name));
  }
}

const removeAttempts = 500;
const removePauseMs = 10;

function removeBox(path: string): void {
  let problem: unknown;
  for (let attempt = 0; attempt < removeAttempts; attempt += 1) {
    try {
      for (const name of readdirSync(path)) {
        if (name.startsWith(namePrefix)) removeBox(join(path, name));
      }
      for (const pid of pidsIn(path)) killOne(pid);
      rmdirSync(path);
      return;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return;
      problem = error;
    }
    // Whoever was killed is charged for a moment more.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, removePauseMs);
  }
  throw new Error(`the box stays: ${path}`, { cause: problem });
}

function pidsIn(path: string): number[] {
  const text = readFileSync(join(path, 'cgroup.procs'), 'utf8');
  return text.split('\n').filter(Boolean).map(Number);
}

function killOne(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error; // it has just gone by itself
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    // A kernel without swap accounting has no such file, and may have no swap either.
    const isSwap = /memsw|swap\.max/.test(path);
    if (!isSwap || errorCode(error) !== 'ENOENT' || hasSwap()) throw error;
  }
}

function hasSwap(): boolean {
  return readFileSync('/proc/swaps', 'utf8').trim().split('\n').length > 1;
}

/** 0 where this kernel has no such file. */
function number(path: string, file: string): number {
  try {
    return Number(readFileSync(join(path, file), 'utf8'));
  } catch {
    return 0;
  }
}

function field(path: string, file: string, name: string): number {
  const text = readFileSync(join(path, file), 'utf8');
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
}
