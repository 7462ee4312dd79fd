// The most that an engine and its box have used, looked at while a story runs, from outside.

import { MiB } from '../../src/limits.ts';
import type { EngineProcess } from '../support/engine-process.ts';
import type { MemoryBox } from '../support/memory-box.ts';

export interface BoxPeaks {
  /** Of the engine's process. */
  readonly rssBytes: number;
  readonly anonymousBytes: number;
  /** Of the box: what cannot be reclaimed, at one moment. */
  readonly heldBytes: number;
  readonly kernelBytes: number;
  readonly socketBytes: number;
  /** Of the box, with the page cache. */
  readonly usageBytes: number;
  readonly failCount: number;
  readonly oomKills: number;
}

type PeakName = Exclude<keyof BoxPeaks, 'failCount' | 'oomKills'>;

const lookEveryMs = 50;

export class BoxWatch {
  readonly #box: MemoryBox;
  readonly #engine: EngineProcess;
  readonly #timer: NodeJS.Timeout;
  readonly #peaks: Record<PeakName, number> = {
    ...{ rssBytes: 0, anonymousBytes: 0, heldBytes: 0, kernelBytes: 0, socketBytes: 0 },
    usageBytes: 0,
  };

  constructor(box: MemoryBox, engine: EngineProcess) {
    this.#box = box;
    this.#engine = engine;
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  get peaks(): BoxPeaks {
    const { failCount, peakBytes } = this.#box.usage();
    const usageBytes = Math.max(this.#peaks.usageBytes, peakBytes);
    return { ...this.#peaks, usageBytes, failCount, oomKills: this.#box.oomKills() };
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { usageBytes, statBytes } = this.#box.usage();
    const { anonymous, kernel, sockets } = statBytes;
    this.#raise('usageBytes', usageBytes);
    this.#raise('heldBytes', anonymous + kernel);
    this.#raise('kernelBytes', kernel);
    this.#raise('socketBytes', sockets);
    try {
      const { anonymousBytes, rssBytes } = this.#engine.usage();
      this.#raise('anonymousBytes', anonymousBytes);
      this.#raise('rssBytes', rssBytes);
    } catch {
      this.stop(); // the process is gone, and the story finds out why
    }
  }

  #raise(name: PeakName, bytes: number): void {
    this.#peaks[name] = Math.max(this.#peaks[name], bytes);
  }
}

export function peaksText(peaks: BoxPeaks): string {
  const mib = (bytes: number) => (bytes / MiB).toFixed(1);
  return [
    `RSS ${mib(peaks.rssBytes)}`,
    `RssAnon ${mib(peaks.anonymousBytes)}`,
    `box: anonymous + kernel ${mib(peaks.heldBytes)}`,
    `kernel ${mib(peaks.kernelBytes)}`,
    `sockets ${mib(peaks.socketBytes)}`,
    `with page cache ${mib(peaks.usageBytes)} MiB`,
    `limit met ${peaks.failCount} times`,
    `${peaks.oomKills} OOM kills`,
  ].join(', ');
}
