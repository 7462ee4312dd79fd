// Does memory.limit_mib fit the cgroup that the engine will run in? This command looks at its own
// cgroup, so it says something where the engine runs.

import { cgroupShare } from '../../config/host-defaults.ts';
import type { MemoryLimit } from '../../monitor/cgroup.ts';
import { sizeText } from '../quantity-text.ts';
import { type Finding, failure, fine, warning } from './finding.ts';

export interface MemoryFacts {
  readonly cgroup: MemoryLimit;
  readonly hostBytes: number;
  /** memory.limit_mib, given or by default; undefined: no configuration. */
  readonly limitBytes: number | undefined;
}

export function memoryVerdict({ cgroup, hostBytes, limitBytes }: MemoryFacts): Finding {
  const { sourceFile } = cgroup;
  const roomBytes = Math.min(cgroup.limitBytes ?? hostBytes, hostBytes);
  const place = cgroup.limitBytes === undefined ? 'no limit of a cgroup' : `limit in ${sourceFile}`;
  const room = `${sizeText(roomBytes)} (${place})`;
  if (limitBytes === undefined) return fine('memory', room);
  const found = `memory.limit_mib is ${sizeText(limitBytes)} of ${room}`;
  if (limitBytes > roomBytes) {
    return failure('memory', found, 'the kernel ends it under load: lower memory.limit_mib');
  }
  // The share has been rounded to whole MiB.
  if (limitBytes > roomBytes * cgroupShare + 2 ** 20) {
    const percent = Math.round(cgroupShare * 100);
    const hint = `kernel memory of sockets counts too: at most ${percent} % of it is safe`;
    return warning('memory', found, hint);
  }
  return fine('memory', found);
}
