// The signals that decide the zone: what each is called, what it is measured in, and what it may
// do. Thresholds come from the configuration (zones.signals).

/** Index of a signal in Readings. */
export const Signal = {
  /**
   * Own cgroup: use beyond memory.limit_mib that cannot be reclaimed, % of the gap to its limit.
   */
  CgroupMemory: 0,
  /** The fullest of the parent cgroups, without what can be reclaimed, % of its limit. */
  ParentMemory: 1,
  /** Host, without what can be reclaimed, % of all memory. */
  HostMemory: 2,
  /** Ms until the tightest limit at the growth of the last 5 s; Infinity when nothing grows. */
  MemoryExhaustion: 3,
  /** 0 quiet; 1 memory.high moves; 2 memory.max, v1's failcnt or an OOM kill moved. */
  MemoryEvents: 4,
  PsiMemorySome: 5,
  PsiMemoryFull: 6,
  PsiMemorySomeHost: 7,
  PsiMemoryFullHost: 8,
  PsiCpuSome: 9,
  /** Periods of the own cgroup's CPU quota that were throttled, %. */
  CpuThrottled: 10,
  /** Of the host; only where there is no PSI. */
  HostCpu: 11,
  /** The fullest of the shards' memories for batches, %. */
  Arena: 12,
  /** p99 of the slowest shard's event loop, ms. */
  LoopDelay: 13,
  /** Without the arena, % of its share of memory.limit_mib. */
  AnonymousMemory: 14,
  /** No zone of its own: bytes per second that the own use grows by; lets others turn Red. */
  OwnGrowth: 15,
  /** No zone: slows background work only, %. */
  PsiIoSome: 16,
} as const;
export type Signal = (typeof Signal)[keyof typeof Signal];

export const signalCount = Object.keys(Signal).length;

/** By Signal, in its unit; NaN: not to be had on this host. */
export type Readings = Float64Array;

export function createReadings(): Readings {
  return new Float64Array(signalCount).fill(Number.NaN);
}
