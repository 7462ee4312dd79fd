// What the kernel counts about a running process: CPU time and memory of all its threads, as read
// from /proc (proc_pid_stat(5), proc_pid_status(5)).

import { readFileSync } from 'node:fs';

export interface ProcessUsage {
  /** User and system time of all threads since the process began. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
  readonly rssPeakBytes: number;
  /** Resident memory that no file backs; shared memory is not in it. */
  readonly anonymousBytes: number;
  readonly threadCount: number;
}

// USER_HZ, the unit of utime and stime: 100 on every Linux that Node runs on.
const ticksPerSecond = 100;

export function readProcessUsage(pid: number): ProcessUsage {
  // The command name may hold spaces and brackets; the fields begin after the last bracket.
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const number = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
  return {
    // Fields 14 and 15 of the manual; `fields` begins with field 3.
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksPerSecond,
    rssBytes: number('VmRSS') * 1024,
    rssPeakBytes: number('VmHWM') * 1024,
    anonymousBytes: number('RssAnon') * 1024,
    threadCount: number('Threads'),
  };
}
