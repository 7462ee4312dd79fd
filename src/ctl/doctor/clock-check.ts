// Is the clock one to date logs by? Receive times, certificates and the audit log depend on it; and
// the engine reads it for every batch, so a slow clock source costs CPU.

import { spawnSync } from 'node:child_process';
import type { ReadHostFile } from '../../monitor/host-files.ts';
import { type Finding, failure, fine, warning } from './finding.ts';

export interface ClockFacts {
  readonly wallMs: number;
  /** How much more the wall clock went on than the steady one while the doctor looked. */
  readonly driftMs: number;
  /** By systemd's word; undefined: nobody says. */
  readonly isSynchronized: boolean | undefined;
  /** As the kernel calls it; undefined: hidden. */
  readonly source: string | undefined;
}

export function probeSynchronized(): boolean | undefined {
  const args = ['show', '--property=NTPSynchronized', '--value'];
  const { stdout } = spawnSync('timedatectl', args, { encoding: 'utf8', timeout: 2_000 });
  const answer = stdout?.trim();
  return answer === 'yes' || answer === 'no' ? answer === 'yes' : undefined;
}

export function probeClockSource(readFile: ReadHostFile): string | undefined {
  return readFile('/sys/devices/system/clocksource/clocksource0/current_clocksource')?.trim();
}

export function clockVerdict({ wallMs, driftMs, isSynchronized, source }: ClockFacts): Finding {
  const date = new Date(wallMs).toISOString();
  if (wallMs < releasedMs) {
    return failure('clock', `${date} is before this program was made`, 'set the clock');
  }
  if (Math.abs(driftMs) > driftMsMax) {
    const text = `the wall clock jumped by ${Math.round(driftMs)} ms while it was looked at`;
    return warning(
      'clock',
      text,
      'a time service that slews it (chrony, timesyncd) makes no jumps',
    );
  }
  if (isSynchronized === false) {
    const hint = 'start a time service: timedatectl set-ntp true';
    return warning('clock', `${date}, not synchronized`, hint);
  }
  if (source !== undefined && slowSources.includes(source)) {
    const text = `its source is ${source}, which takes a microsecond to read`;
    return warning(
      'clock',
      text,
      'tsc or kvm-clock is read in nanoseconds: see the kernel log why not',
    );
  }
  const synchronized = isSynchronized ? 'synchronized' : 'nobody says whether it is synchronized';
  return fine('clock', `${date}, ${synchronized}${source === undefined ? '' : `; ${source}`}`);
}

const releasedMs = Date.UTC(2025, 0, 1);
const driftMsMax = 100;
const slowSources: readonly string[] = ['hpet', 'acpi_pm', 'jiffies'];
