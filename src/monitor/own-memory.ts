// The memory of this process, from /proc/self/statm: what is resident, and what of it is anonymous
// beside the arena.

import { HostFile } from './host-file.ts';
import { type HostText, textKey } from './host-text.ts';

const residentShmem = textKey('RssShmem:');
/** In which of the two counts the arena lies does not change while the process runs. */
const shmemCheckMs = 60_000;
const pageSizeBytesDefault = 4_096;

export class OwnMemory {
  readonly file: HostFile;
  readonly #status: HostFile;
  readonly #arenaSizeBytes: number;
  readonly #pageSizeBytes: number;
  #residentBytes = Number.NaN;
  #anonymousBytes = Number.NaN;
  #isArenaShmem = false;
  #shmemCheckedMs = Number.NaN;

  constructor(rootDirectory: string, arenaSizeBytes: number, text: HostText) {
    this.file = new HostFile(rootDirectory, '/proc/self/statm');
    this.#status = new HostFile(rootDirectory, '/proc/self/status');
    this.#arenaSizeBytes = arenaSizeBytes;
    this.#pageSizeBytes = pageSizeBytes(rootDirectory, text);
  }

  get residentBytes(): number {
    return this.#residentBytes;
  }

  /** Without the arena. */
  get anonymousBytes(): number {
    return this.#anonymousBytes;
  }

  sample(nowMs: number, text: HostText): void {
    this.#lookForArena(nowMs, text);
    this.#residentBytes = Number.NaN;
    this.#anonymousBytes = Number.NaN;
    if (!this.file.read(nowMs, text)) return;
    // Size, resident and shared (files and shmem), in pages.
    const residentAt = text.numberEnd(0);
    const sharedAt = text.numberEnd(residentAt);
    const residentBytes = text.numberAt(residentAt) * this.#pageSizeBytes;
    const anonymousBytes = residentBytes - text.numberAt(sharedAt) * this.#pageSizeBytes;
    const arenaBytes = this.#isArenaShmem ? 0 : this.#arenaSizeBytes;
    this.#residentBytes = residentBytes;
    this.#anonymousBytes = Math.max(0, anonymousBytes - arenaBytes);
  }

  close(): void {
    this.file.close();
    this.#status.close();
  }

  /**
   * V8 maps the shared memory as private anonymous pages on Linux (measured with Node 26: RssAnon);
   * were it shared pages, they would be in statm's third number, and not in what is left here.
   */
  #lookForArena(nowMs: number, text: HostText): void {
    if (Math.abs(nowMs - this.#shmemCheckedMs) < shmemCheckMs) return;
    this.#shmemCheckedMs = nowMs;
    if (this.#arenaSizeBytes === 0 || !this.#status.read(nowMs, text)) return;
    const shmemBytes = text.number(residentShmem) * 1_024;
    this.#isArenaShmem = shmemBytes >= this.#arenaSizeBytes / 2;
  }
}

/** AT_PAGESZ of the auxiliary vector, which is pairs of 8 bytes: type and value. */
function pageSizeBytes(rootDirectory: string, text: HostText): number {
  const pageSizeType = 6n;
  const file = new HostFile(rootDirectory, '/proc/self/auxv');
  const lengthBytes = file.read(0, text) ? text.lengthBytes : 0;
  file.close();
  for (let at = 0; at + 16 <= lengthBytes; at += 16) {
    if (text.bytes.readBigUInt64LE(at) === pageSizeType) {
      return Number(text.bytes.readBigUInt64LE(at + 8));
    }
  }
  return pageSizeBytesDefault;
}
