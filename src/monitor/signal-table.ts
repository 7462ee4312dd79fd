// What each signal is called, what it is measured in, and what it may do: one row each. The zone
// machine, status and explain all read this table.

import type { Thresholds, ZonesConfig } from '../config/config.ts';
import { Zone } from '../memory/zone-word.ts';
import { Signal } from './signals.ts';

export interface SignalRow {
  readonly signal: Signal;
  /** The key under zones.signals, where it has one of its own. */
  readonly name: string;
  readonly unit: SignalUnit;
  /** Less is worse. */
  readonly isFalling: boolean;
  /** So many samples in a row must be at a threshold before the zone rises. */
  readonly samplesToRise: 1 | 2;
  /** At Red nothing may hold the zone below Red: memory kills, everything else is only slow. */
  readonly isMemory: boolean;
  /**
   * This zone and what is above it only while OwnGrowth is above 0. What others use is not ours to
   * give back, so it makes no Red by itself; what we ourselves hold, within our plan, is no
   * pressure as long as it stays as it is, or a heap that a flood has left large would never be
   * left alone.
   */
  readonly needsGrowthFrom: Zone | undefined;
  /** In its unit; Infinity: never. */
  thresholds(signals: ZonesConfig['signals']): Thresholds;
}

export type SignalUnit = 'percent' | 'milliseconds' | 'level' | 'bytes_per_second';

/** Of the host's CPUs, where there is no PSI: about where runs begin to wait. */
const hostCpuYellowPercent = 95;

const none: Thresholds = { yellow: Infinity, red: Infinity };

const rows: readonly SignalRow[] = [
  row(Signal.CgroupMemory, 'cgroup_memory_percent', 'percent', {
    isMemory: true,
    thresholds: (signals) => signals.cgroupMemoryPercent,
  }),
  row(Signal.ParentMemory, 'parent_memory_percent', 'percent', {
    isMemory: true,
    needsGrowthFrom: Zone.Red,
    thresholds: (signals) => signals.memoryPercent,
  }),
  row(Signal.HostMemory, 'host_memory_percent', 'percent', {
    isMemory: true,
    needsGrowthFrom: Zone.Red,
    thresholds: (signals) => signals.memoryPercent,
  }),
  row(Signal.MemoryExhaustion, 'memory_exhaustion', 'milliseconds', {
    isFalling: true,
    isMemory: true,
    thresholds: (signals) => signals.memoryExhaustionMs,
  }),
  row(Signal.MemoryEvents, 'memory_events', 'level', {
    isMemory: true,
    thresholds: () => ({ yellow: 1, red: 2 }),
  }),
  row(Signal.PsiMemorySome, 'psi_memory_some_percent', 'percent', {
    samplesToRise: 2,
    thresholds: (signals) => signals.psiMemorySomePercent,
  }),
  row(Signal.PsiMemoryFull, 'psi_memory_full_percent', 'percent', {
    samplesToRise: 2,
    thresholds: (signals) => signals.psiMemoryFullPercent,
  }),
  row(Signal.PsiMemorySomeHost, 'psi_memory_some_host_percent', 'percent', {
    samplesToRise: 2,
    thresholds: (signals) => yellowOnly(signals.psiMemorySomePercent),
  }),
  row(Signal.PsiMemoryFullHost, 'psi_memory_full_host_percent', 'percent', {
    samplesToRise: 2,
    thresholds: (signals) => yellowOnly(signals.psiMemoryFullPercent),
  }),
  row(Signal.PsiCpuSome, 'psi_cpu_some_percent', 'percent', {
    samplesToRise: 2,
    thresholds: (signals) => yellowOnly(signals.psiCpuSomePercent),
  }),
  row(Signal.CpuThrottled, 'cpu_throttled_percent', 'percent', {
    thresholds: (signals) => yellowOnly(signals.psiCpuSomePercent),
  }),
  row(Signal.HostCpu, 'host_cpu_percent', 'percent', {
    thresholds: () => yellowOnly({ yellow: hostCpuYellowPercent }),
  }),
  row(Signal.Arena, 'arena_percent', 'percent', {
    isMemory: true,
    thresholds: (signals) => signals.arenaPercent,
  }),
  row(Signal.LoopDelay, 'loop_delay_p99', 'milliseconds', {
    thresholds: (signals) => signals.loopDelayP99Ms,
  }),
  row(Signal.AnonymousMemory, 'anonymous_memory_percent', 'percent', {
    isMemory: true,
    needsGrowthFrom: Zone.Yellow,
    thresholds: (signals) => signals.anonymousMemoryPercent,
  }),
  row(Signal.OwnGrowth, 'own_growth', 'bytes_per_second', { thresholds: () => none }),
  row(Signal.PsiIoSome, 'psi_io_some_percent', 'percent', { thresholds: () => none }),
];

/** By Signal. */
export const signalTable: readonly SignalRow[] = [...rows].sort((a, b) => a.signal - b.signal);

type RowOptions = Partial<Omit<SignalRow, 'signal' | 'name' | 'unit'>> &
  Pick<SignalRow, 'thresholds'>;

function row(signal: Signal, name: string, unit: SignalUnit, options: RowOptions): SignalRow {
  return {
    isFalling: false,
    samplesToRise: 1,
    isMemory: false,
    needsGrowthFrom: undefined,
    ...options,
    signal,
    name,
    unit,
    thresholds: (signals) => {
      const { yellow, red } = options.thresholds(signals);
      return { yellow: orNever(yellow, unit), red: orNever(red, unit) };
    },
  };
}

function yellowOnly({ yellow }: { readonly yellow: number }): Thresholds {
  return { yellow, red: Infinity };
}

/** A share of 100 % switches a threshold off. */
function orNever(threshold: number, unit: SignalUnit): number {
  return unit === 'percent' && threshold >= 100 ? Infinity : threshold;
}
