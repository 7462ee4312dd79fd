// Does the kernel say how long tasks wait for memory, CPU and disk (PSI)? Zones are decided by it;
// without it other signals have to do. And is this host under pressure right now?

import type { ReadHostFile } from '../../monitor/host-files.ts';
import { type Finding, fine, warning } from './finding.ts';

export interface PressureFacts {
  /** avg10 of `some`, in percent; undefined: there is no such file. */
  readonly memory: number | undefined;
  readonly cpu: number | undefined;
  readonly io: number | undefined;
}

export function probePressure(readFile: ReadHostFile): PressureFacts {
  const percent = (resource: string) => {
    const text = readFile(`/proc/pressure/${resource}`);
    const value = /^some avg10=([\d.]+) /m.exec(text ?? '')?.[1];
    return value === undefined ? undefined : Number(value);
  };
  return { memory: percent('memory'), cpu: percent('cpu'), io: percent('io') };
}

export function pressureVerdict({ memory, cpu, io }: PressureFacts): Finding {
  const resources = Object.entries({ memory, cpu, io });
  const absent = resources.filter(([, percent]) => percent === undefined).map(([name]) => name);
  if (absent.length > 0) {
    return warning(
      'pressure',
      `this kernel says nothing about pressure on ${absent.join(', ')}`,
      'start it with psi=1 (CONFIG_PSI, Linux 4.20 or later); other signals decide meanwhile',
    );
  }
  const found = resources.map(([name, percent]) => `${name} ${percent} %`).join(', ');
  const isHigh = (memory ?? 0) > calmPercentMax.memory || (io ?? 0) > calmPercentMax.io;
  if (!isHigh) return fine('pressure', `${found} of the last 10 s`);
  const hint = 'this host is short of something already; `gophership signals` shows what Red means';
  return warning('pressure', `${found} of the last 10 s`, hint);
}

/** CPU is often above any bound where nobody suffers. */
const calmPercentMax = { memory: 10, io: 40 } as const;
