// Whether a process grows while it does the same again and again: resident memory over the course
// of a run, and descriptors while it is idle.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { setTimeout as elapsed } from 'node:timers/promises';
import { KiB, MiB } from '../../src/limits.ts';
import { readProcessUsage } from '../support/process-usage.ts';

interface Sample {
  readonly done: number;
  readonly rssBytes: number;
}

const samplesPerRun = 200;
const lookAgainMs = 50;
const idleWaitMsMax = 20_000;

export class ResourceWatch {
  readonly #pid: number;
  readonly #total: number;
  readonly #samples: Sample[] = [];
  #idleDescriptors = 0;
  #nextSampleAt = 0;

  /** Watches while something is done `total` times. */
  constructor(pid: number, total: number) {
    this.#pid = pid;
    this.#total = total;
  }

  /** So much has been done. */
  note(done: number): void {
    if (done < this.#nextSampleAt) return;
    this.#nextSampleAt = done + this.#total / samplesPerRun;
    this.#samples.push({ done, rssBytes: readProcessUsage(this.#pid).rssBytes });
  }

  /** The process has nothing to do and has been warm once: what it has open now is all it needs. */
  async rememberIdle(): Promise<void> {
    this.#idleDescriptors = await this.#settledDescriptors(0);
  }

  /** Fails when the idle process has more open than before. */
  async checkDescriptors(): Promise<void> {
    const count = await this.#settledDescriptors(this.#idleDescriptors);
    assert.ok(count <= this.#idleDescriptors, `${this.#idleDescriptors} descriptors, now ${count}`);
  }

  /**
   * Fails when the median of the last 15 % of the run exceeds that of the warm beginning (10 to 25
   * %) by more than a constant and so much for each repetition. Returns what it saw.
   */
  checkMemory(allowed: { readonly constantBytes: number; readonly slopeBytes: number }): string {
    const [from, to] = [this.#median(0.1, 0.25), this.#median(0.85, 1)];
    const allowedBytes = allowed.constantBytes + allowed.slopeBytes * (to.done - from.done);
    const growthBytes = to.rssBytes - from.rssBytes;
    const seen =
      `RSS ${mib(from.rssBytes)} MiB after ${from.done}, ${mib(to.rssBytes)} after ${to.done}: ` +
      `${(growthBytes / KiB / (to.done - from.done)).toFixed(3)} KiB each, ` +
      `${mib(growthBytes)} of ${mib(allowedBytes)} MiB allowed`;
    assert.ok(growthBytes <= allowedBytes, seen);
    return seen;
  }

  // By memory, with the middle of the part as its place in the run.
  #median(fromShare: number, toShare: number): Sample {
    const [fromDone, toDone] = [fromShare * this.#total, toShare * this.#total];
    const part = this.#samples.filter(({ done }) => done >= fromDone && done <= toDone);
    const sizes = part.map(({ rssBytes }) => rssBytes).sort((a, b) => a - b);
    const rssBytes = sizes[sizes.length >> 1];
    assert.ok(rssBytes !== undefined, 'no sample in a part of the run');
    return { done: Math.round((fromDone + toDone) / 2), rssBytes };
  }

  /** Once the number stays the same, or is at most `enough`. */
  async #settledDescriptors(enough: number): Promise<number> {
    const untilMs = performance.now() + idleWaitMsMax;
    let before = -1;
    for (;;) {
      const count = readdirSync(`/proc/${this.#pid}/fd`).length;
      const isSettled = enough === 0 ? count === before : count <= enough;
      if (isSettled || performance.now() > untilMs) return count;
      before = count;
      await elapsed(enough === 0 ? 20 * lookAgainMs : lookAgainMs);
    }
  }
}

function mib(sizeBytes: number): string {
  return (sizeBytes / MiB).toFixed(1);
}
