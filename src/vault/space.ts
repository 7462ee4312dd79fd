// What the vault may take of the disk. The limit is hard and counts everything in the directory; a
// file is counted before it is made and until its end is durable, so that no crash can bring back
// more than the limit. Beside it, some of the file system is left to others.

import { assert } from '../assert.ts';
import { GiB } from '../limits.ts';
import type { VaultDirectory } from './block-file.ts';
import { IoFault } from './io-fault.ts';

export interface VaultSpaceOptions {
  readonly directory: VaultDirectory;
  readonly limitBytes: number;
  /** Undefined: the smaller of 10 % of the file system and 5 GiB. 0: all may be taken. */
  readonly minFreeBytes: number | undefined;
}

export class VaultSpace {
  readonly limitBytes: number;
  readonly #directory: VaultDirectory;
  readonly #minFreeBytes: number | undefined;
  #usedBytes = 0;

  constructor({ directory, limitBytes, minFreeBytes }: VaultSpaceOptions) {
    assert(limitBytes > 0, 'vault without a limit');
    this.limitBytes = limitBytes;
    this.#directory = directory;
    this.#minFreeBytes = minFreeBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** What was found at the start; it may be above the limit, and then nothing more is taken. */
  count(sizeBytes: number): void {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'size is not a size');
    this.#usedBytes += sizeBytes;
  }

  /** Before a file is made or grows. False: the limit forbids it, and nothing was counted. */
  reserve(sizeBytes: number): boolean {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'size is not a size');
    if (this.#usedBytes + sizeBytes > this.limitBytes) return false;
    this.#usedBytes += sizeBytes;
    return true;
  }

  /** Only when it is durable that the bytes are gone. */
  release(sizeBytes: number): void {
    assert(Number.isSafeInteger(sizeBytes) && sizeBytes >= 0, 'size is not a size');
    assert(sizeBytes <= this.#usedBytes, 'releases more than was counted');
    this.#usedBytes -= sizeBytes;
  }

  /**
   * May a spare of this size take that much of the file system? Asks it, so not for each group. A
   * file system that does not answer forbids nothing: the writes themselves will tell.
   */
  fileSystemAllows(sizeBytes: number): boolean {
    if (this.#minFreeBytes === 0) return true;
    const answer = this.#directory.statfs();
    if (answer.fault !== IoFault.None) return true;
    const { availableBytes, sizeBytes: wholeBytes } = answer.status;
    const minFreeBytes = this.#minFreeBytes ?? minFreeBytesDefault(wholeBytes);
    return availableBytes - sizeBytes >= minFreeBytes;
  }

  /** What the file system has for this process; -1: it does not say. */
  diskFreeBytes(): number {
    const answer = this.#directory.statfs();
    return answer.fault === IoFault.None ? answer.status.availableBytes : -1;
  }
}

/** What the file system keeps for others, unless configured. */
export function minFreeBytesDefault(fileSystemSizeBytes: number): number {
  return Math.min(Math.floor(fileSystemSizeBytes / 10), 5 * GiB);
}
