// Whether the own cgroup has just run into its memory bounds, by the kernel's own counters. Page
// cache alone moves them as well (a cgroup that reads files fills up to its limit and stays there),
// so they count only while there is little left to reclaim. Kills always count.

import { posix } from 'node:path';
import type { CgroupMount } from './cgroup-mounts.ts';
import { HostFile } from './host-file.ts';
import { type HostText, textKey } from './host-text.ts';

/** Of the bound, in use and not reclaimable. */
const fullPercent = 75;
/** What happened between two samples must not be missed by who looks a little later. */
const holdMs = 1_000;

const highKey = textKey('high ');
const maxKey = textKey('max ');
const oomKey = textKey('oom ');
const oomKillKey = textKey('oom_kill ');

/** Counters: of memory.high, of memory.max or v1's failcnt, of out-of-memory and of kills. */
const counter = { High: 0, Max: 1, Oom: 2, OomKill: 3 } as const;
const counterCount = 4;

export class MemoryEvents {
  /** memory.events of v2, memory.failcnt of v1. */
  readonly file: HostFile;
  /** v1 has its kills elsewhere, since Linux 4.13. */
  readonly #oomControl: HostFile | undefined;
  readonly #highFile: HostFile | undefined;
  readonly #now = new Float64Array(counterCount);
  readonly #before = new Float64Array(counterCount).fill(Number.NaN);
  readonly #moved = new Uint8Array(counterCount);
  /** Until when level 1 and level 2 are held. */
  readonly #heldUntilMs = new Float64Array(2).fill(Number.NEGATIVE_INFINITY);

  constructor(rootDirectory: string, { version, ownDirectory }: CgroupMount) {
    const file = (name: string) => new HostFile(rootDirectory, posix.join(ownDirectory, name));
    this.file = file(version === 2 ? 'memory.events' : 'memory.failcnt');
    this.#oomControl = version === 1 ? file('memory.oom_control') : undefined;
    this.#highFile = version === 2 ? file('memory.high') : undefined;
  }

  /**
   * 0, 1 or 2 as Signal.MemoryEvents says; NaN: cannot be read. `plannedBytes`: what may be in use
   * without being pressure; in a small cgroup that is more than three quarters of the limit.
   */
  sample(
    nowMs: number,
    useBytes: number,
    limitBytes: number,
    plannedBytes: number,
    text: HostText,
  ): number {
    if (!this.#count(nowMs, text)) return Number.NaN;
    this.#compare();
    const isNearLimit = isFull(useBytes, limitBytes) && useBytes > plannedBytes;
    const isKilled = this.#moved[counter.Oom] === 1 || this.#moved[counter.OomKill] === 1;
    if (isKilled || (isNearLimit && this.#moved[counter.Max] === 1)) this.#hold(1, nowMs);
    if (this.#moved[counter.High] === 1) {
      // It has a bound of its own, which may be far below the limit.
      if (isNearLimit || isFull(useBytes, this.#highBytes(nowMs, text))) this.#hold(0, nowMs);
    }
    if (this.#isHeld(1, nowMs)) return 2;
    return this.#isHeld(0, nowMs) ? 1 : 0;
  }

  close(): void {
    this.file.close();
    this.#oomControl?.close();
    this.#highFile?.close();
  }

  #count(nowMs: number, text: HostText): boolean {
    const now = this.#now;
    now.fill(Number.NaN);
    if (!this.file.read(nowMs, text)) {
      this.#before.fill(Number.NaN);
      return false;
    }
    if (this.#oomControl === undefined) {
      now[counter.High] = text.number(highKey);
      now[counter.Max] = text.number(maxKey);
      now[counter.Oom] = text.number(oomKey);
      now[counter.OomKill] = text.number(oomKillKey);
      return true;
    }
    now[counter.Max] = text.numberAt(0);
    if (this.#oomControl.read(nowMs, text)) now[counter.OomKill] = text.number(oomKillKey);
    return true;
  }

  /** Nothing has moved at the first sample, nor where a counter is missing. */
  #compare(): void {
    for (let index = 0; index < counterCount; index += 1) {
      this.#moved[index] = this.#now[index]! > this.#before[index]! ? 1 : 0; // all have four
      this.#before[index] = this.#now[index]!; // the same
    }
  }

  #highBytes(nowMs: number, text: HostText): number {
    return this.#highFile?.read(nowMs, text) ? text.numberAt(0) : Number.NaN;
  }

  #hold(level: 0 | 1, nowMs: number): void {
    this.#heldUntilMs[level] = nowMs + holdMs;
  }

  #isHeld(level: 0 | 1, nowMs: number): boolean {
    const untilMs = this.#heldUntilMs[level]!; // two of them
    return nowMs < untilMs && nowMs >= untilMs - holdMs; // not across a clock that went back
  }
}

function isFull(useBytes: number, boundBytes: number): boolean {
  return 100 * useBytes > fullPercent * boundBytes;
}
