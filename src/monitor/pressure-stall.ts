// One file of pressure stall information: the share of time in which some, or all, of the tasks
// waited for memory, CPU or disk. Taken as differences of `total=` (microseconds), because the
// kernel's own averages over 10 s are too slow to act on.

import { HostFile } from './host-file.ts';
import { type HostText, textKey } from './host-text.ts';
import { RateWindow } from './rate-window.ts';

export const pressureSpanMs = 2_000;
/** What there is counts from here on. */
const historyMsMin = 500;

// Of cpu only "some" is asked for: "full" has no meaning for the whole system, and the kernel
// always prints 0 for it.
const some = textKey('some ');
const full = textKey('full ');
const total = textKey('total=');

export class PressureStall {
  readonly file: HostFile;
  readonly #some = new RateWindow(pressureSpanMs, 'counter');
  readonly #full = new RateWindow(pressureSpanMs, 'counter');

  constructor(rootDirectory: string, path: string) {
    this.file = new HostFile(rootDirectory, path);
  }

  get somePercent(): number {
    return percentOf(this.#some);
  }

  get fullPercent(): number {
    return percentOf(this.#full);
  }

  sample(nowMs: number, text: HostText): void {
    const isRead = this.file.read(nowMs, text);
    this.#some.add(nowMs, isRead ? totalOf(some, text) : Number.NaN);
    this.#full.add(nowMs, isRead ? totalOf(full, text) : Number.NaN);
  }

  close(): void {
    this.file.close();
  }
}

function totalOf(line: Buffer, text: HostText): number {
  const position = text.lineAfter(line);
  return position < 0 ? Number.NaN : text.numberAt(text.after(total, position));
}

/** The two clocks, ours and the kernel's, are not read at the same instant. */
function percentOf(window: RateWindow): number {
  return Math.min(100, window.rate(pressureSpanMs, historyMsMin) / 10); // µs per ms, so /1000*100
}
