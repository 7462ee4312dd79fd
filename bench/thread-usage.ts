// What each thread of a running process has used, from /proc (proc_pid_stat(5)): a sampling
// profiler sees wall time, and of V8's own threads it sees nothing.

import { readdirSync, readFileSync } from 'node:fs';

export interface ThreadUsage {
  readonly id: number;
  readonly name: string;
  readonly userMs: number;
  readonly systemMs: number;
  /** Times that it went to sleep of itself. */
  readonly sleeps: number;
}

/** In the order of their start; since the start of each. */
export function readThreadUsage(pid: number): ThreadUsage[] {
  return readdirSync(`/proc/${pid}/task`).map((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1');
    const status = readFileSync(`/proc/${pid}/task/${id}/status`, 'latin1');
    // The name may hold spaces and brackets; the fields begin after the last bracket.
    const nameEnd = stat.lastIndexOf(')');
    const fields = stat.slice(nameEnd + 2).split(' ');
    return {
      id: Number(id),
      name: stat.slice(stat.indexOf('(') + 1, nameEnd),
      // Fields 14 and 15 of the manual in ticks of 10 ms; `fields` begins with field 3.
      userMs: Number(fields[11]) * 10,
      systemMs: Number(fields[12]) * 10,
      sleeps: Number(/^voluntary_ctxt_switches:\s*(\d+)/m.exec(status)?.[1]),
    };
  });
}

/** A line for each thread that was there before and did something since. */
export function describeThreadUsage(
  before: readonly ThreadUsage[],
  after: readonly ThreadUsage[],
): string[] {
  const earlier = new Map(before.map((usage) => [usage.id, usage]));
  return after.flatMap(({ id, name, userMs, systemMs, sleeps }) => {
    const start = earlier.get(id);
    if (start === undefined) return [];
    const user = userMs - start.userMs;
    const system = systemMs - start.systemMs;
    if (user + system === 0) return [];
    return [`${name}: ${user} ms user, ${system} ms system, slept ${sleeps - start.sleeps} times`];
  });
}
