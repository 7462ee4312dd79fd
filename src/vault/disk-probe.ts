// Does the disk take writes? Asked with one unit in a file of its own: after a short write, for its
// cause, and while the log is read-only, for whether it can go on.

import { assert } from '../assert.ts';
import { type BlockFile, OpenMode } from './block-file.ts';
import { segmentFolder, unfinishedSuffix } from './file-names.ts';
import { unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { SegmentFolder } from './segment-folder.ts';
import type { VaultBuffers } from './vault-buffers.ts';
import { shortWriteCause } from './write-probe.ts';

/** Its name is that of an unfinished file, which every start deletes. */
export const probePath = `${segmentFolder}/probe${unfinishedSuffix}`;

export class DiskProbe {
  readonly #folder: SegmentFolder;
  readonly #buffers: VaultBuffers;
  readonly #direct: boolean;
  /** The file is counted: it exists, or its unlinking failed. */
  #isCounted = false;

  constructor(folder: SegmentFolder, buffers: VaultBuffers, direct: boolean) {
    this.#folder = folder;
    this.#buffers = buffers;
    this.#direct = direct;
  }

  /** A short write does not say why. Asked before its room is given up; Short: nobody knows. */
  causeOf(fault: IoFault): IoFault {
    if (fault !== IoFault.Short || !this.#reserve()) return fault;
    const { directory } = this.#folder;
    const { area, slot } = this.#buffers;
    const cause = shortWriteCause(directory, probePath, this.#direct, area.bytes, slot.offsetBytes);
    this.#remove();
    return cause;
  }

  /** None: a unit was written, synced and read back as it was. */
  writeAndReadBack(): IoFault {
    if (!this.#reserve()) return IoFault.NoSpace;
    const { directory } = this.#folder;
    directory.unlink(probePath); // NotFound is what we hope for; anything else shows at open()
    const opened = directory.open(probePath, { mode: OpenMode.Create, direct: this.#direct });
    let { fault }: { fault: IoFault } = opened;
    if (opened.fault === IoFault.None) {
      fault = this.#compare(opened.file);
      opened.file.close();
    }
    const removed = this.#remove();
    return fault === IoFault.None ? removed : fault;
  }

  #compare(file: BlockFile): IoFault {
    const { area, slot } = this.#buffers;
    const { bytes } = area;
    const from = slot.offsetBytes;
    const into = from + unitSizeBytes;
    assert(slot.sizeBytes >= 2 * unitSizeBytes, 'no room to read back');
    for (let at = 0; at < unitSizeBytes; at += 1) bytes[from + at] = patternByte(at);
    const written = file.write(bytes, from, unitSizeBytes, 0);
    if (written !== IoFault.None) return written;
    const synced = file.fdatasync();
    if (synced !== IoFault.None) return synced;
    bytes.fill(0, into, into + unitSizeBytes);
    const count = file.read(bytes, into, unitSizeBytes, 0);
    if (count !== unitSizeBytes) return IoFault.Medium;
    for (let at = 0; at < unitSizeBytes; at += 1) {
      if (bytes[into + at] !== patternByte(at)) return IoFault.Medium;
    }
    return IoFault.None;
  }

  /** Counted before it is made. */
  #reserve(): boolean {
    if (!this.#isCounted) this.#isCounted = this.#folder.reserve(unitSizeBytes);
    return this.#isCounted;
  }

  #remove(): IoFault {
    const fault = this.#folder.unlink(probePath, unitSizeBytes);
    if (fault === IoFault.None) this.#isCounted = false;
    return fault;
  }
}

/** No zeros, which a file that was never written would give back. */
function patternByte(index: number): number {
  return 1 + ((index * 11) % 253);
}
