// Fills the readings of the host from /proc and the own cgroup: every file is open all the time, is
// read with one call in a sample, and is parsed where it lies. What this host does not have stays
// NaN; a file that vanishes makes its signal NaN until it comes back.

import { closeHostReaders, type HostReaders, openHostReaders } from './host-readers.ts';
import { hostSources } from './host-sources.ts';
import { HostText } from './host-text.ts';
import { exhaustionMs, MemoryGrowth } from './memory-growth.ts';
import type { SignalSource } from './signal-source.ts';
import { type Readings, Signal } from './signals.ts';

export interface HostSamplerOptions {
  /** A fixture tree in tests. */
  readonly rootDirectory?: string;
  /** memory.limit_mib: what the plan of the start allows ourselves. */
  readonly memoryLimitBytes: number;
  readonly arenaSizeBytes: number;
}

/** Of the last sample, for status. Undefined: not to be had. */
export interface MemoryFacts {
  readonly residentBytes: number | undefined;
  /** Without the arena. */
  readonly anonymousBytes: number | undefined;
  /** Without what can be reclaimed. */
  readonly cgroupUseBytes: number | undefined;
  /** The tightest on the path to the root. */
  readonly cgroupLimitBytes: number | undefined;
  readonly hostTotalBytes: number | undefined;
  readonly hostAvailableBytes: number | undefined;
}

/** Of the cgroup's limit: the gap where memory.limit_mib leaves less. */
const gapPercentMin = 5;

export class HostSampler {
  readonly #memoryLimitBytes: number;
  readonly #arenaSizeBytes: number;
  readonly #text = new HostText();
  readonly #readers: HostReaders;
  readonly #growth = new MemoryGrowth();
  #growsByCgroup = false;
  #besideBytes = 0;

  constructor(options: HostSamplerOptions) {
    const { rootDirectory = '/', memoryLimitBytes, arenaSizeBytes } = options;
    this.#memoryLimitBytes = memoryLimitBytes;
    this.#arenaSizeBytes = arenaSizeBytes;
    this.#readers = openHostReaders(rootDirectory, arenaSizeBytes, this.#text);
  }

  /** All but Arena and LoopDelay. Never throws. `nowMs` is of a clock that does not jump. */
  sample(nowMs: number, out: Readings): void {
    const { cgroup, events, hostMemory, own, pressure, throttling, hostCpu } = this.#readers;
    const text = this.#text;
    cgroup.sample(nowMs, text);
    hostMemory.sample(nowMs, text);
    own.sample(nowMs, text);
    pressure.sample(nowMs, text);
    throttling?.sample(nowMs, text);
    hostCpu?.sample(nowMs, text);
    const { useBytes, limitBytes } = cgroup;
    out[Signal.CgroupMemory] = this.#cgroupPercent();
    out[Signal.ParentMemory] = cgroup.parentPercent;
    out[Signal.HostMemory] = hostMemory.percent;
    const plannedBytes = this.#plannedBytes(limitBytes);
    out[Signal.MemoryEvents] =
      events?.sample(nowMs, useBytes, limitBytes, plannedBytes, text) ?? Number.NaN;
    out[Signal.AnonymousMemory] = this.#anonymousPercent();
    this.#sampleGrowth(nowMs, out);
    out[Signal.PsiMemorySome] = pressure.ownMemory?.somePercent ?? Number.NaN;
    out[Signal.PsiMemoryFull] = pressure.ownMemory?.fullPercent ?? Number.NaN;
    out[Signal.PsiMemorySomeHost] = pressure.hostMemory.somePercent;
    out[Signal.PsiMemoryFullHost] = pressure.hostMemory.fullPercent;
    out[Signal.PsiCpuSome] = pressure.cpu.somePercent;
    out[Signal.PsiIoSome] = pressure.io.somePercent;
    out[Signal.CpuThrottled] = throttling?.percent ?? Number.NaN;
    out[Signal.HostCpu] = hostCpu?.percent ?? Number.NaN;
  }

  /** So much may be taken beside memory.limit_mib from now on: it is no growth beyond the plan. */
  allowBeside(sizeBytes: number): void {
    this.#besideBytes = sizeBytes;
  }

  /** Planned and not in use, by the last sample; below 0: more is in use. NaN: not known. */
  get roomBytes(): number {
    const { cgroup, own } = this.#readers;
    const { limitBytes, useBytes } = cgroup;
    if (!Number.isNaN(limitBytes)) return this.#plannedBytes(limitBytes) - useBytes;
    return this.#ownPlannedBytes - own.anonymousBytes - this.#arenaSizeBytes;
  }

  /** One for each signal that sample() fills. */
  sources(): readonly SignalSource[] {
    return hostSources(this.#readers);
  }

  facts(): MemoryFacts {
    const { cgroup, hostMemory, own } = this.#readers;
    return {
      residentBytes: known(own.residentBytes),
      anonymousBytes: known(own.anonymousBytes),
      cgroupUseBytes: known(cgroup.useBytes),
      cgroupLimitBytes: known(cgroup.limitBytes),
      hostTotalBytes: known(hostMemory.totalBytes),
      hostAvailableBytes: known(hostMemory.availableBytes),
    };
  }

  close(): void {
    closeHostReaders(this.#readers);
  }

  /**
   * From here on our use is more than was planned. Where memory.limit_mib leaves less of a gap
   * below the cgroup's limit (an operator set it higher than the default), the last part of the
   * limit is taken for the gap: one of a MiB would be crossed between two samples.
   */
  #plannedBytes(limitBytes: number): number {
    return Math.min(this.#ownPlannedBytes, limitBytes * (1 - gapPercentMin / 100));
  }

  get #ownPlannedBytes(): number {
    return this.#memoryLimitBytes + this.#besideBytes;
  }

  #cgroupPercent(): number {
    const { useBytes, limitBytes } = this.#readers.cgroup;
    const plannedBytes = this.#plannedBytes(limitBytes);
    return Math.max(0, (100 * (useBytes - plannedBytes)) / (limitBytes - plannedBytes));
  }

  #anonymousPercent(): number {
    const shareBytes = this.#ownPlannedBytes - this.#arenaSizeBytes;
    return shareBytes > 0 ? (100 * this.#readers.own.anonymousBytes) / shareBytes : Number.NaN;
  }

  /** By the cgroup where it has a limit, else by what this process holds itself. */
  #sampleGrowth(nowMs: number, out: Readings): void {
    const { cgroup, hostMemory, own } = this.#readers;
    const hasLimit = !Number.isNaN(cgroup.limitBytes);
    if (hasLimit !== this.#growsByCgroup) this.#growth.clear();
    this.#growsByCgroup = hasLimit;
    const useBytes = hasLimit ? cgroup.useBytes : own.anonymousBytes + this.#arenaSizeBytes;
    const plannedBytes = hasLimit ? this.#plannedBytes(cgroup.limitBytes) : this.#ownPlannedBytes;
    this.#growth.add(nowMs, useBytes);
    const bytesPerSecond = this.#growth.bytesPerSecond;
    out[Signal.OwnGrowth] = bytesPerSecond;
    const { availableBytes } = hostMemory;
    // The host may run out before the cgroup does.
    const roomBytes = hasLimit ? lesser(cgroup.roomBytes, availableBytes) : availableBytes;
    out[Signal.MemoryExhaustion] = exhaustionMs(bytesPerSecond, useBytes, plannedBytes, roomBytes);
  }
}

function known(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** `b` counts only where it is known. */
function lesser(a: number, b: number): number {
  return Number.isNaN(b) ? a : Math.min(a, b);
}
