// The memory cgroup of this process and its parents, as far as they can be seen: own use, the
// tightest limit, the fullest parent. A process that is moved to another cgroup while it runs is
// not followed: service managers do not do that.

import { CgroupLevel, useFileName } from './cgroup-level.ts';
import { type CgroupMount, cgroupMounts, directoriesUp } from './cgroup-mounts.ts';
import type { HostFile } from './host-file.ts';
import type { ReadHostFile } from './host-files.ts';
import type { HostText } from './host-text.ts';

export class MemoryCgroup {
  /** Undefined: no memory cgroup can be seen. */
  readonly mount: CgroupMount | undefined;
  /** Own first. */
  readonly #levels: readonly CgroupLevel[];
  #limitTurn = 0;
  #limitBytes = Number.NaN;
  #roomBytes = Number.NaN;
  #parentPercent = Number.NaN;
  #parentFile: HostFile | undefined;

  constructor(rootDirectory: string, readFile: ReadHostFile, text: HostText) {
    this.mount = bestMount(readFile);
    const { version = 2 } = this.mount ?? {};
    const directories = this.mount === undefined ? [] : directoriesUp(this.mount);
    this.#levels = directories.map((path) => new CgroupLevel(rootDirectory, path, version));
    for (const level of this.#levels) level.readLimit(Number.NEGATIVE_INFINITY, text);
  }

  /** Of the own cgroup, without what can be reclaimed; NaN: unknown. */
  get useBytes(): number {
    return this.#levels[0]?.useBytes ?? Number.NaN;
  }

  /** The tightest on the path; NaN: none. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** How much can be added before any limit of the path is met; NaN: there is none. */
  get roomBytes(): number {
    return this.#roomBytes;
  }

  /** The fullest parent that has a limit; NaN: no parent has. */
  get parentPercent(): number {
    return this.#parentPercent;
  }

  /** Its use; undefined: no parent has a limit. */
  get fullestParentFile(): HostFile | undefined {
    return this.#parentFile;
  }

  get useFile(): HostFile | undefined {
    return this.#levels[0]?.useFile;
  }

  sample(nowMs: number, text: HostText): void {
    this.#limitBytes = Number.NaN;
    this.#roomBytes = Number.NaN;
    this.#parentPercent = Number.NaN;
    this.#parentFile = undefined;
    this.#readOneLimit(nowMs, text);
    for (let index = 0; index < this.#levels.length; index += 1) {
      const level = this.#levels[index]!; // inside the list
      const { limitBytes } = level;
      // A parent without a limit cannot run out, and reading it costs as much as the own one.
      if (index > 0 && Number.isNaN(limitBytes)) continue;
      level.readUse(nowMs, text);
      const { useBytes } = level;
      this.#tighten(limitBytes, useBytes);
      this.#tighten(level.hierarchyLimitBytes, useBytes);
      const percent = (100 * useBytes) / limitBytes;
      if (index === 0 || Number.isNaN(percent) || percent <= this.#parentPercent) continue;
      this.#parentPercent = percent;
      this.#parentFile = level.useFile;
    }
  }

  close(): void {
    for (const level of this.#levels) level.close();
  }

  /** Limits seldom change: one file in a sample, in turn. */
  #readOneLimit(nowMs: number, text: HostText): void {
    if (this.#levels.length === 0) return;
    this.#limitTurn = (this.#limitTurn + 1) % this.#levels.length;
    this.#levels[this.#limitTurn]!.readLimit(nowMs, text); // inside the list
  }

  #tighten(limitBytes: number, useBytes: number): void {
    if (Number.isNaN(limitBytes)) return;
    if (!(limitBytes >= this.#limitBytes)) this.#limitBytes = limitBytes;
    const roomBytes = Math.max(0, limitBytes - useBytes);
    if (!(roomBytes >= this.#roomBytes)) this.#roomBytes = roomBytes;
  }
}

/**
 * Of all mounts that show the own cgroup's memory the one that shows most of its parents: the
 * host's hierarchy may be mounted a second time, and v2 may be mounted without controllers.
 */
function bestMount(readFile: ReadHostFile): CgroupMount | undefined {
  const mounts = cgroupMounts(
    readFile('/proc/self/cgroup') ?? '',
    readFile('/proc/self/mountinfo') ?? '',
  ).filter(
    ({ ownDirectory, version }) =>
      readFile(`${ownDirectory}/${useFileName(version)}`) !== undefined,
  );
  return mounts.sort((a, b) => directoriesUp(b).length - directoriesUp(a).length)[0];
}
