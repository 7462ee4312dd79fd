// The file of one cursor: two slots, written in turn, so that the newer one is whole while the
// older one is overwritten. A file that failed a write is never written again: a fresh one takes
// its place. The first one is made in the same way, so no cursor file is without a valid slot.

import { assert } from '../assert.ts';
import { type BlockFile, OpenMode, type VaultDirectory } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import { type CursorSlot, writeCursorSlot } from './cursor-slot.ts';
import type { DiskQuota } from './disk-quota.ts';
import { cursorFolder, cursorPath, unfinishedSuffix } from './file-names.ts';
import { cursorSlotSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { IoFault } from './io-fault.ts';
import { slotIndexOf } from './slot-pair.ts';

export const cursorFileSizeBytes = 2 * cursorSlotSizeBytes;

/** Where cursors are and what they are read and written through. */
export interface CursorDisk {
  readonly directory: VaultDirectory;
  /** Files are opened with O_DIRECT. */
  readonly direct: boolean;
  readonly area: ByteView;
  /** One slot of the area, used during a call; on a multiple of 4096 in memory. */
  readonly slotOffsetBytes: number;
  readonly hash: Hash64;
}

/** What the disk has of a cursor. */
export interface CursorFileState {
  /** 0: there is no file. */
  readonly fileSizeBytes: number;
  /** Of each slot; Infinity: it is not valid. */
  readonly slotWatermarks: readonly [number, number];
}

export class CursorFile {
  readonly #disk: CursorDisk;
  readonly #space: DiskQuota;
  readonly #path: string;
  readonly #slotWatermarks: [number, number];
  #fileSizeBytes: number;
  /** What the space counts for this one: the file, and the one that may have to replace it. */
  #countedBytes: number;
  /** False: there is none, or it has failed. Only a new one will do. */
  #isSound: boolean;
  #file: BlockFile | undefined;
  #lastFault: IoFault = IoFault.None;

  /** The space counts the file already, if there is one. */
  constructor(disk: CursorDisk, space: DiskQuota, consumer: string, state: CursorFileState) {
    this.#disk = disk;
    this.#space = space;
    this.#path = cursorPath(consumer);
    this.#slotWatermarks = [...state.slotWatermarks];
    this.#fileSizeBytes = state.fileSizeBytes;
    this.#countedBytes = state.fileSizeBytes;
    this.#isSound = state.fileSizeBytes === cursorFileSizeBytes && this.durableWatermark !== none;
    // In time: a vault that is full later must be able to replace it all the same.
    this.#takeRoom(Math.max(state.fileSizeBytes, cursorFileSizeBytes));
  }

  /**
   * Entries below it may be deleted: each of the valid slots has settled them, so losing either
   * leaves one that does not miss what was deleted. Infinity: there is no valid slot.
   */
  get durableWatermark(): number {
    return Math.min(...this.#slotWatermarks);
  }

  get sizeBytes(): number {
    return this.#fileSizeBytes;
  }

  /**
   * None: the slot is durable. Otherwise the disk has what it had before, or, after a crash, this.
   * No generation is used twice.
   */
  write(slot: CursorSlot): IoFault {
    slot.generation += 1;
    if (this.#isSound) {
      const fault = this.#overwrite(slot);
      if (fault === IoFault.None) return fault;
      this.#lastFault = fault;
    }
    const fault = this.#replace(slot);
    if (fault === IoFault.None) return fault;
    this.#lastFault = fault;
    return fault;
  }

  /** Of a write that failed, even if a new file made up for it. */
  get lastFault(): IoFault {
    return this.#lastFault;
  }

  /** Nothing is written any more. From now on the space counts the file alone. */
  close(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#isSound = false;
    this.#space.release(this.#countedBytes - this.#fileSizeBytes);
    this.#countedBytes = this.#fileSizeBytes;
  }

  // Over the older slot.
  #overwrite(slot: CursorSlot): IoFault {
    const { directory, direct } = this.#disk;
    if (this.#file === undefined) {
      const opened = directory.open(this.#path, { mode: OpenMode.ReadWrite, direct });
      if (opened.fault !== IoFault.None) return opened.fault;
      this.#file = opened.file;
    }
    const slotIndex = slotIndexOf(slot.generation);
    assert(this.#slotWatermarks[1 - slotIndex] !== none, 'overwrites the only valid slot');
    const fault = this.#writeSlot(this.#file, slot) || this.#file.fdatasync();
    // After a fault the slot may be what it was: its watermark still counts.
    if (fault === IoFault.None) this.#slotWatermarks[slotIndex] = slot.watermark;
    return fault;
  }

  // A new file beside the old one, which counts until the name is the new one's for certain.
  #replace(slot: CursorSlot): IoFault {
    const { directory, direct } = this.#disk;
    this.#abandon();
    if (!this.#takeRoom(this.#fileSizeBytes)) return IoFault.Quota;
    const path = this.#path + unfinishedSuffix;
    const folderFault = this.#makeFolder();
    if (folderFault !== IoFault.None) return folderFault;
    const cleared = directory.unlink(path);
    if (cleared !== IoFault.None && cleared !== IoFault.NotFound) return cleared;
    const opened = directory.open(path, { mode: OpenMode.Create, direct });
    if (opened.fault !== IoFault.None) return opened.fault;
    const fault = this.#fill(opened.file, slot) || directory.rename(path, this.#path);
    if (fault !== IoFault.None) {
      opened.file.close();
      directory.unlink(path); // if this fails too, the next attempt does it
      return fault;
    }
    this.#renamed();
    const syncFault = directory.fsyncDirectory(cursorFolder);
    if (syncFault !== IoFault.None) {
      opened.file.close();
      return syncFault;
    }
    this.#file = opened.file;
    this.#isSound = true;
    const slotIndex = slotIndexOf(slot.generation);
    this.#slotWatermarks[slotIndex] = slot.watermark;
    this.#slotWatermarks[1 - slotIndex] = none;
    return IoFault.None;
  }

  // The slot in its place, zeros in the other.
  #fill(file: BlockFile, slot: CursorSlot): IoFault {
    const { area, slotOffsetBytes } = this.#disk;
    const otherIndex = 1 - slotIndexOf(slot.generation);
    const slotFault = this.#writeSlot(file, slot);
    if (slotFault !== IoFault.None) return slotFault;
    area.bytes.fill(0, slotOffsetBytes, slotOffsetBytes + cursorSlotSizeBytes);
    return this.#writeScratch(file, otherIndex) || file.fdatasync();
  }

  #writeSlot(file: BlockFile, slot: CursorSlot): IoFault {
    const { area, slotOffsetBytes, hash } = this.#disk;
    writeCursorSlot(area, slotOffsetBytes, slot, hash);
    return this.#writeScratch(file, slotIndexOf(slot.generation));
  }

  #writeScratch(file: BlockFile, slotIndex: number): IoFault {
    const { area, slotOffsetBytes } = this.#disk;
    const positionBytes = slotIndex * cursorSlotSizeBytes;
    return file.write(area.bytes, slotOffsetBytes, cursorSlotSizeBytes, positionBytes);
  }

  // Each time: whoever made it may have crashed before its name was durable.
  #makeFolder(): IoFault {
    const { directory } = this.#disk;
    const fault = directory.makeDirectory(cursorFolder);
    if (fault !== IoFault.None && fault !== IoFault.Exists) return fault;
    return directory.fsyncDirectory('');
  }

  #abandon(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#isSound = false;
  }

  // For a new file beside one of this size.
  #takeRoom(fileSizeBytes: number): boolean {
    const missingBytes = fileSizeBytes + cursorFileSizeBytes - this.#countedBytes;
    if (missingBytes <= 0) return true;
    if (!this.#space.reserve(missingBytes)) return false;
    this.#countedBytes += missingBytes;
    return true;
  }

  // The new file has the name, the old one is gone. Room for the next replacement stays counted.
  #renamed(): void {
    const surplusBytes = this.#countedBytes - 2 * cursorFileSizeBytes;
    this.#fileSizeBytes = cursorFileSizeBytes;
    if (surplusBytes <= 0) return;
    this.#space.release(surplusBytes);
    this.#countedBytes -= surplusBytes;
  }
}

const none = Number.POSITIVE_INFINITY;
