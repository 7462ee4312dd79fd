// What the process uses of its host, for metrics: a few reads of /proc, at each scrape.

import { readFileSync, statSync } from 'node:fs';

export interface ProcessUse {
  /** User and system time of all threads. */
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** Since the Unix epoch. */
  readonly startTimeSeconds: number;
  /** Undefined: the kernel does not say without a walk through all of them. */
  readonly openFiles: number | undefined;
  /** Undefined: no limit, or not to be read. */
  readonly openFilesMax: number | undefined;
}

export function processUse(): ProcessUse {
  const { user, system } = process.cpuUsage();
  return {
    cpuSeconds: (user + system) / 1_000_000,
    residentBytes: process.memoryUsage.rss(),
    startTimeSeconds: performance.timeOrigin / 1_000,
    openFiles: openFiles(),
    openFilesMax: openFilesMax(),
  };
}

/** Linux 6.2 and later give the number as the size of the directory; before it was 0. */
function openFiles(): number | undefined {
  try {
    const { size } = statSync('/proc/self/fd');
    return size > 0 ? size : undefined;
  } catch {
    return undefined; // a /proc that hides it: then it is not measured
  }
}

function openFilesMax(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'latin1');
    const soft = /^Max open files +(\d+)/m.exec(limits)?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined; // as above
  }
}
