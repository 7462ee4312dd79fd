// The memory of the vault thread: one view of the whole arena, in which the slabs are, and the
// parts of its own region, all aligned as direct I/O asks. Everything that goes to the disk stands
// here first; one user after the other, nothing stays.

import { assert } from '../assert.ts';
import { Kernel } from '../kernel/kernel.ts';
import { lz4TableSizeBytes } from '../kernel/lz4-abi.ts';
import { KiB, MiB } from '../limits.ts';
import type { Region } from '../memory/region.ts';
import { directAlignmentBytes } from './block-file.ts';
import { ByteView } from './byte-view.ts';
import { blockRawSizeBytesMax, cursorSlotSizeBytes, unitSizeBytes } from './format.ts';
import { KernelHash } from './kernel-hash.ts';

export class VaultBuffers {
  /** The whole arena: offsets in it are offsets in the arena. */
  readonly area: ByteView;
  readonly kernel: Kernel;
  readonly hash: KernelHash;
  /** What the next writes put on the disk: blocks, footers. */
  readonly staging: Region;
  /** A block before compression. */
  readonly raw: Region;
  /** Never written to. */
  readonly zeros: Region;
  /** Eight units: headers, a META slot, a cursor slot, a probe. */
  readonly slot: Region;
  readonly tableOffsetBytes: number;

  /** `region` is `layout.vault.writer`. */
  constructor(memory: WebAssembly.Memory, region: Region) {
    const buffer: unknown = memory.buffer; // its type does not say that it is shared
    assert(buffer instanceof SharedArrayBuffer, 'arena memory is not shared');
    assert(region.offsetBytes % directAlignmentBytes === 0, 'writer region is not aligned');
    assert(region.offsetBytes + region.sizeBytes <= buffer.byteLength, 'region is off the arena');
    let endBytes = region.offsetBytes;
    const take = (sizeBytes: number): Region => {
      assert(sizeBytes % directAlignmentBytes === 0, 'part is not a whole number of units');
      const part = { offsetBytes: endBytes, sizeBytes };
      endBytes += sizeBytes;
      return part;
    };
    this.staging = take(stagingSizeBytes);
    this.raw = take(blockRawSizeBytesMax);
    this.slot = take(cursorSlotSizeBytes);
    this.zeros = take(zerosSizeBytes);
    this.tableOffsetBytes = take(lz4TableSizeBytes).offsetBytes;
    const result = take(unitSizeBytes);
    assert(endBytes - region.offsetBytes <= region.sizeBytes, 'writer region is too small');
    this.area = new ByteView(new Uint8Array(buffer));
    this.kernel = Kernel.create(memory);
    this.hash = new KernelHash(this.kernel.xxhash, buffer, result.offsetBytes);
  }
}

/** Holds a group of 4 MiB that shrinks at all; what is longer takes several writes. */
const stagingSizeBytes = 4 * MiB;

/** A slice of a spare is written in parts of this. */
const zerosSizeBytes = 256 * KiB;
