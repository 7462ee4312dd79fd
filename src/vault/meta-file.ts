// The META file: reads its two slots and writes the next one. The older slot is overwritten in
// place, so the newer one holds until the write is durable; a file that failed is never synced
// again, but replaced by a new one.

import { assert } from '../assert.ts';
import { type BlockFile, OpenMode, type VaultDirectory } from './block-file.ts';
import type { ByteView } from './byte-view.ts';
import type { DiskQuota } from './disk-quota.ts';
import { metaPath, unfinishedSuffix } from './file-names.ts';
import { metaSlotSizeBytes, unitSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { IoFault } from './io-fault.ts';
import { MetaSlot, readMetaSlot, writeMetaSlot } from './meta-slot.ts';
import { ReadStatus } from './read-status.ts';
import { newestSlot, slotIndexOf } from './slot-pair.ts';

export const metaFileSizeBytes = 2 * metaSlotSizeBytes;

export interface MetaFileParts {
  readonly directory: VaultDirectory;
  readonly area: ByteView;
  /** Of metaFileSizeBytes, in whole units. */
  readonly scratchOffsetBytes: number;
  readonly hash: Hash64;
  readonly direct: boolean;
  readonly quota: DiskQuota;
}

export const MetaFound = {
  /** No file. */
  None: 0,
  /** slot is what it says. */
  Valid: 1,
  /** As Valid, but the other slot should hold the generation before, and does not. */
  OneSlot: 2,
  /** There is a file, and neither slot can be read. */
  Lost: 3,
  /** A slot of a version that this build cannot read. */
  UnknownMajor: 4,
  /** A slot with a feature that this build cannot read. */
  UnknownFeature: 5,
  /** See `fault`; says nothing about the file. */
  Failed: 6,
} as const;
export type MetaFound = (typeof MetaFound)[keyof typeof MetaFound];

export class MetaFile {
  /** Of the newest generation after read(). Change its fields, then write(). */
  slot = new MetaSlot();
  fault: IoFault = IoFault.None;
  /** On disk; 0: there is no file. */
  fileSizeBytes = 0;
  readonly #parts: MetaFileParts;
  /** The newest slot that is durable, and its generation; 0: none. */
  readonly #durable = new Uint8Array(metaSlotSizeBytes);
  #durableGeneration = 0;
  /** The next write makes a new file: there is none, or it failed. */
  #replaces = true;

  constructor(parts: MetaFileParts) {
    assert(parts.scratchOffsetBytes % unitSizeBytes === 0, 'scratch is not aligned');
    assert(parts.area.holds(parts.scratchOffsetBytes, metaFileSizeBytes), 'no room for META');
    this.#parts = parts;
  }

  read(): MetaFound {
    const { directory, direct } = this.#parts;
    const opened = directory.open(metaPath, { mode: OpenMode.Read, direct });
    this.fault = opened.fault;
    if (opened.fault === IoFault.NotFound) return MetaFound.None;
    if (opened.fault !== IoFault.None) return MetaFound.Failed;
    this.fileSizeBytes = Math.max(opened.file.sizeBytes(), 0);
    for (const slotIndex of [0, 1]) this.#load(opened.file, slotIndex);
    opened.file.close();
    return this.fault === IoFault.None ? this.#choose() : MetaFound.Failed;
  }

  /** The next generation of `slot`, durable if None. After a fault the one before still counts. */
  write(): IoFault {
    this.slot.generation += 1;
    assert(this.slot.generation > this.#durableGeneration, 'generation of META goes back');
    const inPlace = this.#replaces ? IoFault.Other : this.#overwrite();
    if (inPlace === IoFault.None) return inPlace;
    // What the slot holds now is unknown, and the file must not be trusted with a second sync.
    this.#replaces = true;
    const fault = this.#writeNewFile();
    if (fault !== IoFault.None) this.slot.generation -= 1;
    return fault;
  }

  #load(file: BlockFile, slotIndex: number): void {
    const { bytes } = this.#parts.area;
    const at = this.#slotOffsetBytes(slotIndex);
    const count = file.read(bytes, at, metaSlotSizeBytes, slotIndex * metaSlotSizeBytes);
    // `as`: a negated IoFault. A slot that the medium cannot read is a bad slot, and no more.
    if (count < 0 && count !== -IoFault.Medium) this.fault = -count as IoFault;
    bytes.fill(0, at + Math.max(count, 0), at + metaSlotSizeBytes);
  }

  #choose(): MetaFound {
    const { area, hash } = this.#parts;
    const slots = [new MetaSlot(), new MetaSlot()] as const;
    const even = readMetaSlot(area, this.#slotOffsetBytes(0), 0, slots[0], hash);
    const odd = readMetaSlot(area, this.#slotOffsetBytes(1), 1, slots[1], hash);
    const isEither = (status: ReadStatus) => even === status || odd === status;
    if (isEither(ReadStatus.UnknownMajor)) return MetaFound.UnknownMajor;
    if (isEither(ReadStatus.UnknownFeature)) return MetaFound.UnknownFeature;
    const newest = newestSlot([
      { status: even, generation: slots[0].generation },
      { status: odd, generation: slots[1].generation },
    ]);
    if (newest === -1) return MetaFound.Lost;
    this.slot = slots[newest];
    this.#keep(newest);
    this.#replaces = false;
    const isPair = even === ReadStatus.Ok && odd === ReadStatus.Ok;
    return isPair || this.slot.generation === 1 ? MetaFound.Valid : MetaFound.OneSlot;
  }

  #overwrite(): IoFault {
    const { directory, area, direct } = this.#parts;
    const opened = directory.open(metaPath, { mode: OpenMode.ReadWrite, direct });
    if (opened.fault !== IoFault.None) return opened.fault;
    const slotIndex = this.#encode();
    const at = this.#slotOffsetBytes(slotIndex);
    const position = slotIndex * metaSlotSizeBytes;
    const written = opened.file.write(area.bytes, at, metaSlotSizeBytes, position);
    const synced = written === IoFault.None ? opened.file.fdatasync() : written;
    opened.file.close();
    if (synced === IoFault.None) this.#keep(slotIndex);
    return synced;
  }

  // With the slot before in it too, so that damage to one of them still costs nothing.
  #writeNewFile(): IoFault {
    const { directory, area, quota } = this.#parts;
    if (!quota.reserve(metaFileSizeBytes)) return IoFault.NoSpace;
    const start = this.#slotOffsetBytes(0);
    area.bytes.fill(0, start, start + metaFileSizeBytes);
    if (this.#durableGeneration > 0)
      area.bytes.set(this.#durable, this.#slotOffsetBytes(slotIndexOf(this.#durableGeneration)));
    const slotIndex = this.#encode();
    const temporaryPath = metaPath + unfinishedSuffix;
    directory.unlink(temporaryPath); // NotFound is what we hope for; anything else shows at open()
    const filled = this.#fill(temporaryPath);
    const renamed = filled === IoFault.None ? directory.rename(temporaryPath, metaPath) : filled;
    if (renamed !== IoFault.None) {
      directory.unlink(temporaryPath); // if this fails as well, the next start does it
      quota.release(metaFileSizeBytes);
      return renamed;
    }
    const synced = directory.fsyncDirectory('');
    if (synced !== IoFault.None) return synced;
    quota.release(this.fileSizeBytes); // of the file that had the name
    this.fileSizeBytes = metaFileSizeBytes;
    this.#replaces = false;
    this.#keep(slotIndex);
    return IoFault.None;
  }

  #fill(path: string): IoFault {
    const { directory, area, direct } = this.#parts;
    const opened = directory.open(path, { mode: OpenMode.Create, direct });
    if (opened.fault !== IoFault.None) return opened.fault;
    const written = opened.file.write(area.bytes, this.#slotOffsetBytes(0), metaFileSizeBytes, 0);
    const synced = written === IoFault.None ? opened.file.fdatasync() : written;
    opened.file.close();
    return synced;
  }

  /** Puts `slot` into its place of the scratch memory, and says which. */
  #encode(): number {
    const slotIndex = slotIndexOf(this.slot.generation);
    const { area, hash } = this.#parts;
    writeMetaSlot(area, this.#slotOffsetBytes(slotIndex), this.slot, hash);
    return slotIndex;
  }

  #keep(slotIndex: number): void {
    const at = this.#slotOffsetBytes(slotIndex);
    this.#durable.set(this.#parts.area.bytes.subarray(at, at + metaSlotSizeBytes));
    this.#durableGeneration = this.slot.generation;
  }

  #slotOffsetBytes(slotIndex: number): number {
    return this.#parts.scratchOffsetBytes + slotIndex * metaSlotSizeBytes;
  }
}
