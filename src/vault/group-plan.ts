// How the entries of one commit become blocks: the packing rules of the format, before a byte is
// copied. Filled by the writer with the sizes of what waits, in hand-over order, then read block
// by block; reused for every group.
//
//   entries up to 256 KiB together    one shared block
//   an entry up to 1 MiB              a block of its own
//   a larger one                      pieces of 1,048,512 bytes, a block each

import { assert } from '../assert.ts';
import { blockSizeBytesMax, entrySizeBytes } from './block-size.ts';
import {
  BlockFlag,
  blockRawSizeBytesMax,
  bodySizeBytesMax,
  entryBlocksMax,
  groupBlocksMax,
  groupRawSizeBytesMax,
  pieceSizeBytesMax,
  sharedBlockRawSizeBytesMax,
} from './format.ts';

/** One block of the plan. Written by GroupPlan alone. */
export interface PlannedBlock {
  /** Index into the group: the entry that begins here, or that a piece belongs to. */
  readonly entryIndex: number;
  /** Entries, or 1 for a piece. */
  readonly partCount: number;
  readonly pieceOffsetBytes: number;
  readonly rawSizeBytes: number;
  /** Continued and More; the others are added by flags(). */
  readonly cutFlags: number;
}

type Draft = { -readonly [Key in keyof PlannedBlock]: PlannedBlock[Key] };

export class GroupPlan {
  readonly #blocks: Draft[];
  #blockCount = 0;
  #entryCount = 0;
  #rawSizeBytes = 0;
  #sizeBytesMax = 0;
  /** The last block still takes entries. */
  #isOpen = false;

  constructor() {
    this.#blocks = Array.from({ length: Math.max(groupBlocksMax, entryBlocksMax) }, () => ({
      ...{ entryIndex: 0, partCount: 0, pieceOffsetBytes: 0, rawSizeBytes: 0, cutFlags: 0 },
    }));
  }

  clear(): void {
    this.#blockCount = 0;
    this.#entryCount = 0;
    this.#rawSizeBytes = 0;
    this.#sizeBytesMax = 0;
    this.#isOpen = false;
  }

  get blockCount(): number {
    return this.#blockCount;
  }

  get entryCount(): number {
    return this.#entryCount;
  }

  get rawSizeBytes(): number {
    return this.#rawSizeBytes;
  }

  /** On disk, if nothing can be compressed; never less than what the group takes. */
  get sizeBytesMax(): number {
    return this.#sizeBytesMax;
  }

  /** False: the group is full, and nothing was added. An empty group takes any entry. */
  add(bodySizeBytes: number): boolean {
    assert(bodySizeBytes <= bodySizeBytesMax, 'entry larger than any entry may be');
    const sizeBytes = entrySizeBytes(bodySizeBytes);
    const pieceCount = sizeBytes <= blockRawSizeBytesMax ? 1 : pieceCountOf(bodySizeBytes);
    const joins = this.#joins(sizeBytes);
    if (this.#entryCount > 0) {
      const rawSizeBytes = pieceCount === 1 ? sizeBytes : piecesSizeBytes(bodySizeBytes);
      if (this.#rawSizeBytes + rawSizeBytes > groupRawSizeBytesMax) return false;
    }
    if (joins) this.#join(sizeBytes);
    else if (pieceCount === 1) this.#begin(sizeBytes, 0, 0);
    else this.#cut(bodySizeBytes, pieceCount);
    this.#isOpen = sizeBytes <= sharedBlockRawSizeBytesMax;
    this.#entryCount += 1;
    // Two blocks in a row hold more than 256 KiB, so 4 MiB are reached before 64 blocks.
    const blockCountMax = this.#entryCount === 1 ? entryBlocksMax : groupBlocksMax;
    assert(this.#blockCount <= blockCountMax, 'group of more blocks than any may have');
    return true;
  }

  /** The same object until clear(). */
  block(blockIndex: number): PlannedBlock {
    assert(blockIndex >= 0 && blockIndex < this.#blockCount, 'no such block in the group');
    return this.#blocks[blockIndex]!; // inside the count
  }

  /** Flags of its header, without Rewritten. */
  flags(blockIndex: number): number {
    const first = blockIndex === 0 ? BlockFlag.GroupFirst : 0;
    const last = blockIndex === this.#blockCount - 1 ? BlockFlag.GroupLast : 0;
    return BlockFlag.Frame | first | last | this.block(blockIndex).cutFlags;
  }

  #joins(sizeBytes: number): boolean {
    if (!this.#isOpen) return false;
    return this.block(this.#blockCount - 1).rawSizeBytes + sizeBytes <= sharedBlockRawSizeBytesMax;
  }

  #join(sizeBytes: number): void {
    const block = this.#blocks[this.#blockCount - 1]!; // open, so there is one
    this.#sizeBytesMax -= blockSizeBytesMax(block.rawSizeBytes);
    block.rawSizeBytes += sizeBytes;
    block.partCount += 1;
    this.#rawSizeBytes += sizeBytes;
    this.#sizeBytesMax += blockSizeBytesMax(block.rawSizeBytes);
  }

  #begin(rawSizeBytes: number, pieceOffsetBytes: number, cutFlags: number): void {
    const block = this.#blocks[this.#blockCount]!; // add() holds the count below its limit
    block.entryIndex = this.#entryCount;
    block.partCount = 1;
    block.pieceOffsetBytes = pieceOffsetBytes;
    block.rawSizeBytes = rawSizeBytes;
    block.cutFlags = cutFlags;
    this.#blockCount += 1;
    this.#rawSizeBytes += rawSizeBytes;
    this.#sizeBytesMax += blockSizeBytesMax(rawSizeBytes);
  }

  #cut(bodySizeBytes: number, pieceCount: number): void {
    for (let piece = 0; piece < pieceCount; piece += 1) {
      const offsetBytes = piece * pieceSizeBytesMax;
      const pieceSizeBytes = Math.min(bodySizeBytes - offsetBytes, pieceSizeBytesMax);
      const continued = piece > 0 ? BlockFlag.Continued : 0;
      const more = piece < pieceCount - 1 ? BlockFlag.More : 0;
      this.#begin(entrySizeBytes(pieceSizeBytes), offsetBytes, continued | more);
    }
  }
}

function pieceCountOf(bodySizeBytes: number): number {
  return Math.ceil(bodySizeBytes / pieceSizeBytesMax);
}

function piecesSizeBytes(bodySizeBytes: number): number {
  const wholeCount = pieceCountOf(bodySizeBytes) - 1;
  const restBytes = bodySizeBytes - wholeCount * pieceSizeBytesMax;
  return wholeCount * blockRawSizeBytesMax + entrySizeBytes(restBytes);
}
