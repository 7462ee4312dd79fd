// The folder of the segments: names in it change here and nowhere else. The bytes of a file that
// was unlinked are given back to the limit only when the folder was synced, since a crash before
// that can bring the file back.

import { assert } from '../assert.ts';
import type { VaultDirectory } from './block-file.ts';
import { segmentFolder } from './file-names.ts';
import { IoFault } from './io-fault.ts';
import type { VaultSpace } from './space.ts';
import { parentPath } from './vault-path.ts';

export class SegmentFolder {
  readonly directory: VaultDirectory;
  readonly space: VaultSpace;
  #unlinkedBytes = 0;
  #changed = false;

  constructor(directory: VaultDirectory, space: VaultSpace) {
    this.directory = directory;
    this.space = space;
  }

  /** Unlinked, and counted until the next sync(). */
  get unlinkedBytes(): number {
    return this.#unlinkedBytes;
  }

  /** Counts a file that is about to be made, after a sync if that frees enough. */
  reserve(sizeBytes: number): boolean {
    if (this.space.reserve(sizeBytes)) return true;
    if (this.#unlinkedBytes === 0 || this.sync() !== IoFault.None) return false;
    return this.space.reserve(sizeBytes);
  }

  /** A file of ours and what it is counted as. One that is not there any more is as good. */
  unlink(path: string, countedBytes: number): IoFault {
    assert(parentPath(path) === segmentFolder, 'file of another folder');
    const fault = this.directory.unlink(path);
    if (fault !== IoFault.None && fault !== IoFault.NotFound) return fault;
    this.unlinked(countedBytes);
    return IoFault.None;
  }

  /** A file that was counted is gone. */
  unlinked(countedBytes: number): void {
    this.#unlinkedBytes += countedBytes;
    this.#changed = true;
  }

  rename(fromPath: string, toPath: string): IoFault {
    assert(parentPath(toPath) === segmentFolder, 'file of another folder');
    this.#changed = true;
    return this.directory.rename(fromPath, toPath);
  }

  /** Makes every change of names durable and gives back what was unlinked. */
  sync(): IoFault {
    const fault = this.directory.fsyncDirectory(segmentFolder);
    if (fault !== IoFault.None) return fault;
    this.space.release(this.#unlinkedBytes);
    this.#unlinkedBytes = 0;
    this.#changed = false;
    return IoFault.None;
  }

  /** sync(), if there is anything to make durable. For idle moments. */
  flush(): IoFault {
    return this.#changed ? this.sync() : IoFault.None;
  }
}
