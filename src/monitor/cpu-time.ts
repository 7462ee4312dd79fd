// CPU time: how often the own cgroup ran out of its quota, and how busy the host is.

import { HostFile } from './host-file.ts';
import { type HostText, textKey } from './host-text.ts';
import { RateWindow } from './rate-window.ts';

const spanMs = 2_000;
const historyMsMin = 500;

const periodsKey = textKey('nr_periods ');
const throttledKey = textKey('nr_throttled ');

/** cpu.stat of the own cgroup; v1 and v2 name these two alike. */
export class CpuThrottling {
  readonly file: HostFile;
  readonly #periods = new RateWindow(spanMs, 'counter');
  readonly #throttled = new RateWindow(spanMs, 'counter');

  constructor(rootDirectory: string, path: string) {
    this.file = new HostFile(rootDirectory, path);
  }

  sample(nowMs: number, text: HostText): void {
    const isRead = this.file.read(nowMs, text);
    this.#periods.add(nowMs, isRead ? text.number(periodsKey) : Number.NaN);
    this.#throttled.add(nowMs, isRead ? text.number(throttledKey) : Number.NaN);
  }

  /** Of the periods of the last 2 s; 0 where there is no quota, and so no periods. */
  get percent(): number {
    const periodsRate = this.#periods.rate(spanMs, historyMsMin);
    if (periodsRate === 0) return 0;
    return Math.min(100, (100 * this.#throttled.rate(spanMs, historyMsMin)) / periodsRate);
  }

  close(): void {
    this.file.close();
  }
}

const cpuLine = textKey('cpu ');
/** Columns of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal. */
const columnCount = 8;
const idleColumn = 3;
const iowaitColumn = 4;

export class HostCpuTime {
  readonly file: HostFile;
  readonly #busy = new RateWindow(spanMs, 'counter');
  readonly #all = new RateWindow(spanMs, 'counter');

  constructor(rootDirectory: string) {
    this.file = new HostFile(rootDirectory, '/proc/stat');
  }

  sample(nowMs: number, text: HostText): void {
    let position = this.file.read(nowMs, text) ? text.lineAfter(cpuLine) : -1;
    let all = position < 0 ? Number.NaN : 0;
    let idle = 0;
    for (let column = 0; column < columnCount && position >= 0; column += 1) {
      const ticks = text.numberAt(position);
      if (Number.isNaN(ticks)) break; // older kernels have fewer columns
      all += ticks;
      if (column === idleColumn || column === iowaitColumn) idle += ticks;
      position = text.numberEnd(position);
    }
    this.#all.add(nowMs, all);
    this.#busy.add(nowMs, all - idle);
  }

  /** Time that other guests of the machine took counts as busy: it was not to be had. */
  get percent(): number {
    const allRate = this.#all.rate(spanMs, historyMsMin);
    return (100 * this.#busy.rate(spanMs, historyMsMin)) / allRate;
  }

  close(): void {
    this.file.close();
  }
}
