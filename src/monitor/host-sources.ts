// Says of every signal of the host which file it comes from, and why it does not live where it does
// not.

import type { HostFile } from './host-file.ts';
import type { HostReaders } from './host-readers.ts';
import type { SignalSource } from './signal-source.ts';
import { signalTable } from './signal-table.ts';
import { Signal } from './signals.ts';

/** As of the last sample. */
export function hostSources(readers: HostReaders): readonly SignalSource[] {
  const { cgroup, events, hostMemory, own, pressure, throttling, hostCpu } = readers;
  const hasLimit = !Number.isNaN(cgroup.limitBytes);
  const growing = hasLimit ? cgroup.useFile : own.file;
  const hasAvailable = !Number.isNaN(hostMemory.percent);
  const noCgroup = 'no memory cgroup can be seen';
  const noOwnPressure = 'the own cgroup has no PSI';
  return [
    source(Signal.CgroupMemory, cgroup.useFile, noCgroup, {
      unless: hasLimit,
      reason: 'no memory limit on the path to the root',
    }),
    source(Signal.ParentMemory, cgroup.fullestParentFile, 'no parent with a memory limit is seen'),
    source(Signal.HostMemory, hostMemory.file, '', {
      unless: hasAvailable,
      reason: 'has no MemAvailable',
    }),
    source(Signal.MemoryExhaustion, growing, noCgroup),
    source(Signal.MemoryEvents, events?.file, noCgroup),
    source(Signal.PsiMemorySome, pressure.ownMemory?.file, noOwnPressure),
    source(Signal.PsiMemoryFull, pressure.ownMemory?.file, noOwnPressure),
    source(Signal.PsiMemorySomeHost, pressure.hostMemory.file),
    source(Signal.PsiMemoryFullHost, pressure.hostMemory.file),
    source(Signal.PsiCpuSome, pressure.cpu.file),
    source(Signal.CpuThrottled, throttling?.file, 'no CPU controller on the own cgroup'),
    source(Signal.HostCpu, hostCpu?.file, 'not needed, there is PSI of the CPU'),
    source(Signal.AnonymousMemory, own.file),
    source(Signal.OwnGrowth, growing),
    source(Signal.PsiIoSome, pressure.io.file),
  ];
}

/** What a file that can be read may still lack. */
interface Need {
  readonly unless: boolean;
  readonly reason: string;
}

function source(
  signal: Signal,
  file: HostFile | undefined,
  whyNoFile = '',
  need?: Need,
): SignalSource {
  const { name } = signalTable[signal]!; // a row for each
  const unmet = need === undefined || need.unless ? undefined : need.reason;
  const reason = file === undefined ? whyNoFile : (file.whyNot ?? unmet);
  const from = { signal, name, file: file?.path };
  return reason === undefined ? { ...from, live: true } : { ...from, live: false, reason };
}
