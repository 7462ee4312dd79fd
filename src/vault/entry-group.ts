// The entries of one commit as blocks. A block of one whole entry is compressed straight from its
// slab, in which header and body stand behind each other; entries that share a block, and pieces of
// a cut one, are put together in the raw buffer first.

import { assert } from '../assert.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import type { BlockGroup } from './block-group.ts';
import type { BlockHeader } from './block-header.ts';
import { blockSizeBytesMax, entrySizeBytes, frameSizeBytesMax } from './block-size.ts';
import { EntryHeader, readEntryHeader } from './entry-header.ts';
import { putSequence, putU16, putU32 } from './field-bytes.ts';
import {
  BlockFlag,
  BlockType,
  EntryFlag,
  entryHeaderSizeBytes,
  pieceSizeBytesMax,
  wholeEntryFlags,
} from './format.ts';
import { slabNumberBytes } from './group-intake.ts';
import { GroupPlan, type PlannedBlock } from './group-plan.ts';
import type { PendingEntry } from './hand-over.ts';
import { ReadStatus } from './read-status.ts';
import { ReceivedRange } from './received-range.ts';
import type { VaultBuffers } from './vault-buffers.ts';

const cutFlags = BlockFlag.Continued | BlockFlag.More;

export interface EntryGroupParts {
  readonly buffers: VaultBuffers;
  /** Of LZ4; asked once for each group. */
  readonly acceleration: () => number;
}

export class EntryGroup implements BlockGroup {
  readonly isMark = false;
  readonly received = new ReceivedRange();
  readonly #buffers: VaultBuffers;
  readonly #acceleration: () => number;
  readonly #entry = new EntryHeader();
  #entries: readonly PendingEntry[] = [];
  #plan: GroupPlan = new GroupPlan();
  #groupAcceleration = 1;

  constructor({ buffers, acceleration }: EntryGroupParts) {
    this.#buffers = buffers;
    this.#acceleration = acceleration;
  }

  /** Both are read until the group is durable or given up. */
  of(entries: readonly PendingEntry[], plan: GroupPlan): this {
    assert(plan.entryCount >= 1, 'group without entries');
    assert(entries.length >= plan.entryCount, 'plan of more entries than there are');
    this.#entries = entries;
    this.#plan = plan;
    this.#groupAcceleration = this.#acceleration();
    return this;
  }

  get blockCount(): number {
    return this.#plan.blockCount;
  }

  get entryCount(): number {
    return this.#plan.entryCount;
  }

  get sizeBytesMax(): number {
    return this.#plan.sizeBytesMax;
  }

  blockSizeBytesMax(blockIndex: number): number {
    return blockSizeBytesMax(this.#plan.block(blockIndex).rawSizeBytes);
  }

  put(
    blockIndex: number,
    firstEntrySeq: number,
    bodyOffsetBytes: number,
    header: BlockHeader,
  ): void {
    const block = this.#plan.block(blockIndex);
    const { rawSizeBytes } = block;
    const { area, kernel, tableOffsetBytes } = this.#buffers;
    const rawOffsetBytes = this.#putRaw(block, firstEntrySeq);
    const roomBytes = frameSizeBytesMax(rawSizeBytes);
    assert(area.holds(bodyOffsetBytes, roomBytes), 'no room for the frame');
    const storedSizeBytes = kernel.lz4.compressFrame(
      rawOffsetBytes,
      rawSizeBytes,
      bodyOffsetBytes,
      roomBytes,
      tableOffsetBytes,
      this.#groupAcceleration,
    );
    assert(storedSizeBytes > 0, 'frame does not fit its worst size');
    const isContinued = (block.cutFlags & BlockFlag.Continued) !== 0;
    header.type = BlockType.Data;
    header.flags = this.#plan.flags(blockIndex);
    header.entryCount = isContinued ? 0 : block.partCount;
    header.firstEntrySeq = firstEntrySeq + block.entryIndex;
    header.rawSizeBytes = rawSizeBytes;
    header.storedSizeBytes = storedSizeBytes;
  }

  /** Where the content of the block stands. */
  #putRaw(block: PlannedBlock, firstEntrySeq: number): number {
    this.received.clear();
    if ((block.cutFlags & cutFlags) !== 0) return this.#putPiece(block, firstEntrySeq);
    if (block.partCount === 1) return this.#stamp(block.entryIndex, firstEntrySeq);
    const { area, raw } = this.#buffers;
    let endBytes = raw.offsetBytes;
    for (let part = 0; part < block.partCount; part += 1) {
      const index = block.entryIndex + part;
      const slabOffsetBytes = this.#stamp(index, firstEntrySeq);
      const sizeBytes = entrySizeBytes(this.#entryAt(index).bodySizeBytes);
      const slabEndBytes = slabOffsetBytes + sizeBytes;
      copyBytes(area.bytes, endBytes, area.bytes, slabOffsetBytes, slabEndBytes);
      endBytes += sizeBytes;
    }
    assert(endBytes === raw.offsetBytes + block.rawSizeBytes, 'block of another size than planned');
    return raw.offsetBytes;
  }

  /**
   * Makes the slab of a whole entry what the block is to hold: its number in the header, zeros
   * behind the body. Returns where it is.
   */
  #stamp(index: number, firstEntrySeq: number): number {
    const entry = this.#entryAt(index);
    entry.entrySeq = firstEntrySeq + index;
    const at = entry.slab * slabNumberBytes;
    this.#putNumbers(at, entry, wholeEntryFlags, 0, entry.bodySizeBytes);
    return at;
  }

  #putPiece({ entryIndex, pieceOffsetBytes }: PlannedBlock, firstEntrySeq: number): number {
    const { area, raw } = this.#buffers;
    const entry = this.#entryAt(entryIndex);
    entry.entrySeq = firstEntrySeq + entryIndex;
    const restBytes = entry.bodySizeBytes - pieceOffsetBytes;
    const pieceSizeBytes = Math.min(restBytes, pieceSizeBytesMax);
    const slabOffsetBytes = entry.slab * slabNumberBytes;
    const bodyBytes = slabOffsetBytes + entryHeaderSizeBytes;
    const from = bodyBytes + pieceOffsetBytes;
    copyBytes(area.bytes, raw.offsetBytes, area.bytes, slabOffsetBytes, bodyBytes);
    const pieceBytes = raw.offsetBytes + entryHeaderSizeBytes;
    copyBytes(area.bytes, pieceBytes, area.bytes, from, from + pieceSizeBytes);
    const first = pieceOffsetBytes === 0 ? EntryFlag.FirstPiece : 0;
    const last = restBytes === pieceSizeBytes ? EntryFlag.LastPiece : 0;
    this.#putNumbers(raw.offsetBytes, entry, first | last, pieceOffsetBytes, pieceSizeBytes);
    return raw.offsetBytes;
  }

  #putNumbers(
    at: number,
    entry: PendingEntry,
    flags: number,
    pieceOffsetBytes: number,
    pieceSizeBytes: number,
  ): void {
    const { area } = this.#buffers;
    const { view } = area;
    const endBytes = at + entrySizeBytes(pieceSizeBytes);
    assert(area.holds(at, endBytes - at), 'slab ends behind the arena');
    putU16(view, at + 6, flags);
    putSequence(view, at + 8, entry.entrySeq);
    putU32(view, at + 36, pieceOffsetBytes);
    putU32(view, at + 40, pieceSizeBytes);
    for (let pad = at + entryHeaderSizeBytes + pieceSizeBytes; pad < endBytes; pad += 1) {
      area.bytes[pad] = 0;
    }
    // What the producer wrote is held against the rules here, where it can still be refused.
    const status = readEntryHeader(area, at, endBytes, this.#entry);
    assert(status === ReadStatus.Ok, 'entry header in the slab contradicts itself');
    assert(this.#entry.bodySizeBytes === entry.bodySizeBytes, 'slab holds another body than said');
    this.received.add(this.#entry.receivedNs);
  }

  #entryAt(index: number): PendingEntry {
    assert(index < this.#plan.entryCount, 'no such entry in the group');
    return this.#entries[index]!; // inside the count
  }
}
