// A spare while it is being filled: zeros to its capacity, slice by slice, so that a commit later
// overwrites blocks that the file system has given out already.

import { assert } from '../assert.ts';
import { MiB } from '../limits.ts';
import { type BlockFile, OpenMode } from './block-file.ts';
import { type nextSparePath, type reserveSparePath, unfinishedSuffix } from './file-names.ts';
import { IoFault } from './io-fault.ts';
import type { SegmentFolder } from './segment-folder.ts';
import type { VaultBuffers } from './vault-buffers.ts';

export interface SpareFileParts {
  readonly folder: SegmentFolder;
  readonly buffers: VaultBuffers;
  readonly capacityBytes: number;
  readonly direct: boolean;
}

export type SparePath = typeof nextSparePath | typeof reserveSparePath;

const sliceSizeBytes = MiB;

export class SpareFile {
  /** What it is called when it is complete. */
  readonly path: SparePath;
  readonly #parts: SpareFileParts;
  #file: BlockFile | undefined;
  #filledBytes = 0;

  constructor(parts: SpareFileParts, path: SparePath) {
    this.#parts = parts;
    this.path = path;
  }

  get unfinishedPath(): string {
    return `${this.path}${unfinishedSuffix}`;
  }

  get isFilled(): boolean {
    return this.#filledBytes === this.#parts.capacityBytes;
  }

  get missingBytes(): number {
    return this.#parts.capacityBytes - this.#filledBytes;
  }

  create(): IoFault {
    const { folder, direct } = this.#parts;
    const opened = folder.directory.open(this.unfinishedPath, { mode: OpenMode.Create, direct });
    if (opened.fault === IoFault.None) this.#file = opened.file;
    return opened.fault;
  }

  /** The next MiB, or what is left. */
  fillSlice(): IoFault {
    const { buffers, capacityBytes } = this.#parts;
    const { area, zeros } = buffers;
    assert(this.#file !== undefined, 'fills a spare that is not open');
    const sliceEndBytes = Math.min(this.#filledBytes + sliceSizeBytes, capacityBytes);
    while (this.#filledBytes < sliceEndBytes) {
      const lengthBytes = Math.min(sliceEndBytes - this.#filledBytes, zeros.sizeBytes);
      const at = this.#filledBytes;
      const fault = this.#file.write(area.bytes, zeros.offsetBytes, lengthBytes, at);
      if (fault !== IoFault.None) return fault;
      this.#filledBytes += lengthBytes;
    }
    return IoFault.None;
  }

  /** Durable zeros, under the name that says so. */
  complete(): IoFault {
    assert(this.isFilled && this.#file !== undefined, 'completes a spare that is not filled');
    const synced = this.#file.fdatasync();
    this.close();
    if (synced !== IoFault.None) return synced;
    const renamed = this.#parts.folder.rename(this.unfinishedPath, this.path);
    return renamed === IoFault.None ? this.#parts.folder.sync() : renamed;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }
}
