// The memory of one cgroup as it is now: what is used that the kernel could not take back, and how
// much may be used.

import { posix } from 'node:path';
import { limitBytesSentinelMin } from './cgroup.ts';
import { HostFile } from './host-file.ts';
import { type HostText, textKey } from './host-text.ts';

interface LevelFiles {
  readonly use: string;
  readonly limit: string;
  readonly inactiveFile: Buffer;
  readonly activeFile: Buffer;
}

const levelFiles: Readonly<Record<1 | 2, LevelFiles>> = {
  1: {
    use: 'memory.usage_in_bytes',
    limit: 'memory.limit_in_bytes',
    inactiveFile: textKey('total_inactive_file '),
    activeFile: textKey('total_active_file '),
  },
  2: {
    use: 'memory.current',
    limit: 'memory.max',
    inactiveFile: textKey('inactive_file '),
    activeFile: textKey('active_file '),
  },
};
const slabReclaimable = textKey('slab_reclaimable ');
const hierarchicalLimit = textKey('hierarchical_memory_limit ');

export function useFileName(version: 1 | 2): string {
  return levelFiles[version].use;
}

export class CgroupLevel {
  readonly useFile: HostFile;
  readonly #statFile: HostFile;
  readonly #limitFile: HostFile;
  readonly #files: LevelFiles;
  readonly #version: 1 | 2;
  #useBytes = Number.NaN;
  #limitBytes = Number.NaN;
  #hierarchyLimitBytes = Number.NaN;

  constructor(rootDirectory: string, directory: string, version: 1 | 2) {
    this.#version = version;
    this.#files = levelFiles[version];
    const file = (name: string) => new HostFile(rootDirectory, posix.join(directory, name));
    this.useFile = file(this.#files.use);
    this.#statFile = file('memory.stat');
    this.#limitFile = file(this.#files.limit);
  }

  /** Without page cache and what else the kernel takes back before it kills; NaN: unknown. */
  get useBytes(): number {
    return this.#useBytes;
  }

  /** NaN: none. */
  get limitBytes(): number {
    return this.#limitBytes;
  }

  /** v1 only: what applies here, parents that cannot be seen included; NaN: none. */
  get hierarchyLimitBytes(): number {
    return this.#hierarchyLimitBytes;
  }

  readLimit(nowMs: number, text: HostText): void {
    const isRead = this.#limitFile.read(nowMs, text);
    this.#limitBytes = isRead ? limitOf(text.numberAt(0)) : Number.NaN;
  }

  readUse(nowMs: number, text: HostText): void {
    this.#useBytes = Number.NaN;
    if (!this.#statFile.read(nowMs, text)) return;
    const inactiveBytes = text.number(this.#files.inactiveFile);
    const activeBytes = text.number(this.#files.activeFile);
    const slabBytes = this.#version === 2 ? text.number(slabReclaimable) : 0;
    if (this.#version === 1) this.#hierarchyLimitBytes = limitOf(text.number(hierarchicalLimit));
    if (!this.useFile.read(nowMs, text)) return;
    // Of the slabs that can be reclaimed (inodes, names of files) one half counts as used: the
    // kernel gives them back later than page cache and never all, and its own MemAvailable halves
    // them as well. v1 does not tell them apart from other kernel memory, all of which is in its
    // use and stays there.
    const reclaimableBytes = inactiveBytes + activeBytes + (slabBytes > 0 ? slabBytes / 2 : 0);
    this.#useBytes = Math.max(0, text.numberAt(0) - reclaimableBytes);
  }

  close(): void {
    this.useFile.close();
    this.#statFile.close();
    this.#limitFile.close();
  }
}

/** NaN for v1's "unlimited". */
function limitOf(bytes: number): number {
  return bytes < limitBytesSentinelMin ? bytes : Number.NaN;
}
