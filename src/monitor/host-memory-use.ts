// How much of the host's memory is in use that the kernel could not give to somebody else, from
// /proc/meminfo.

import { HostFile } from './host-file.ts';
import { type HostText, textKey } from './host-text.ts';

const total = textKey('MemTotal:');
/** The kernel's own estimate, which knows of page cache and slabs. */
const available = textKey('MemAvailable:');

export class HostMemoryUse {
  readonly file: HostFile;
  #totalBytes = Number.NaN;
  #availableBytes = Number.NaN;

  constructor(rootDirectory: string) {
    this.file = new HostFile(rootDirectory, '/proc/meminfo');
  }

  get totalBytes(): number {
    return this.#totalBytes;
  }

  get availableBytes(): number {
    return this.#availableBytes;
  }

  get percent(): number {
    return (100 * (this.#totalBytes - this.#availableBytes)) / this.#totalBytes;
  }

  sample(nowMs: number, text: HostText): void {
    const isRead = this.file.read(nowMs, text);
    this.#totalBytes = isRead ? text.number(total) * 1_024 : Number.NaN;
    this.#availableBytes = isRead ? text.number(available) * 1_024 : Number.NaN;
  }

  close(): void {
    this.file.close();
  }
}
