// Defaults that depend on the host and on the arena.

import { GiB, MiB } from '../limits.ts';
import type { MemoryConfig } from './config.ts';
import type { HostFacts } from './environment.ts';
import type { MemoryBlock } from './schema-engine.ts';

/** `memory`, with what the file leaves out taken from the host. */
export function memoryConfig(memory: MemoryBlock, host: HostFacts): MemoryConfig {
  const limitMiB = memory.limit_mib ?? limitMiBDefault(host);
  return {
    limitBytes: limitMiB * MiB,
    shardCount: memory.shards ?? shardCountDefault(host.cpuCount),
    connectionsMax: memory.max_connections ?? connectionsMaxDefault(limitMiB),
    stallTimeoutMs: memory.stall_timeout,
    admissionTimeoutMs: memory.admission_timeout,
  };
}

/**
 * Of a cgroup's limit. The rest is for what else is charged to it: kernel memory, 3 to 7 MiB in
 * floods, and pages of files, which can be reclaimed.
 */
export const cgroupShare = 0.84;

/** The smallest of 256 MiB, 84 % of the tightest cgroup limit, and a quarter of the host. */
export function limitMiBDefault(host: HostFacts): number {
  const cgroupBytes = host.cgroupLimitBytes ?? Number.POSITIVE_INFINITY;
  const bytes = Math.min(256 * MiB, cgroupBytes * cgroupShare, host.memoryTotalBytes * 0.25);
  return Math.max(1, Math.floor(bytes / MiB));
}

/** One on up to 2 CPUs: a second shard would take the CPU from the first. */
export function shardCountDefault(cpuCount: number): number {
  return cpuCount <= 2 ? 1 : Math.min(4, Math.floor(cpuCount / 2));
}

/**
 * The straight line through 64 at 107 MiB and 400 at 215, the default limits in cgroups of 128 and
 * 256, from 16 to 4096: about a quarter of what a limit has beyond that.
 */
export function connectionsMaxDefault(limitMiB: number): number {
  const perMiB = (400 - 64) / (215 - 107);
  return Math.min(4096, Math.max(16, Math.floor(64 + (limitMiB - 107) * perMiB)));
}

/**
 * Half of the arena for each destination's queue: batches are shared, so all may hold the same
 * half.
 */
export function queueSizeBytesDefault(arenaSizeBytes: number): number {
  return Math.min(4 * GiB, Math.max(0, Math.floor(arenaSizeBytes / 2)));
}
