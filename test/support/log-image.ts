// Segments of one log, made with the codecs block by block: each group says that the one before it
// is durable, as the writer's do. For recovery, which reads headers and hashes and decodes nothing:
// what the blocks store is noise of the size that the test asks for.

import { finishBlockBody } from '../../src/vault/block-body.ts';
import { BlockHeader, writeBlockHeader } from '../../src/vault/block-header.ts';
import type { ByteView } from '../../src/vault/byte-view.ts';
import { FooterEntry, putFooterEntry, putFooterHead } from '../../src/vault/footer.ts';
import { BlockFlag, BlockType, blockRawSizeBytesMax } from '../../src/vault/format.ts';
import type { Hash64 } from '../../src/vault/hash64.ts';
import { SegmentHeader, writeSegmentHeader } from '../../src/vault/segment-header.ts';
import { footerBlockSizeBytes } from '../../src/vault/segment-room.ts';
import { Trailer, trailerStoredSizeBytes, writeTrailer } from '../../src/vault/trailer.ts';
import { U64 } from '../../src/vault/u64.ts';
import { vaultTagOf } from '../../src/vault/vault-uuid.ts';

const unit = 4096;

/** A block of the image, in bytes of its file. */
export interface PlacedBlock {
  readonly fromBytes: number;
  readonly toBytes: number;
  readonly blockSeq: number;
  readonly firstEntrySeq: number;
  readonly entryEnd: number;
}

export class LogImage {
  readonly header = new SegmentHeader();
  readonly blocks: PlacedBlock[] = [];
  /** The numbers that come next, and what is durable: they go on from segment to segment. */
  nextBlockSeq = 1;
  nextEntrySeq = 0;
  durableSeq = 0;
  durableEntryEnd = 0;
  readonly chain = new U64();
  endBytes = 0;
  readonly #area: ByteView;
  readonly #hash: Hash64;
  readonly #offsetBytes: number;
  readonly #sizeBytes: number;
  readonly #block = new BlockHeader();
  #footer: FooterEntry[] = [];

  constructor(area: ByteView, hash: Hash64, offsetBytes: number, sizeBytes: number) {
    this.#area = area;
    this.#hash = hash;
    this.#offsetBytes = offsetBytes;
    this.#sizeBytes = sizeBytes;
    this.header.vaultUuid.fill(0x5a);
    Object.assign(this.header, { segmentId: 0, epoch: 1, capacityUnits: sizeBytes / unit });
  }

  /** The next segment; what was accepted before it is the durable end. */
  begin(change: Partial<SegmentHeader> = {}): this {
    const { header } = this;
    this.#area.bytes.fill(0, this.#offsetBytes, this.#offsetBytes + this.#sizeBytes);
    this.blocks.length = 0;
    this.#footer = [];
    Object.assign(header, { prevSegmentId: header.segmentId, segmentId: header.segmentId + 1 });
    Object.assign(header, { firstBlockSeq: this.nextBlockSeq, firstEntrySeq: this.nextEntrySeq });
    Object.assign(header, { prevLastBlock: this.durableSeq, prevEntryEnd: this.durableEntryEnd });
    header.prevChain.copy(this.chain);
    header.salt.set((header.segmentId * 77) % 2 ** 32, header.epoch);
    Object.assign(header, change);
    writeSegmentHeader(this.#area, this.#offsetBytes, header, this.#hash);
    this.endBytes = unit;
    return this;
  }

  /** Blocks of so many units with an entry in each; durable when the next block is built. */
  group(...units: number[]): this {
    for (const [groupIndex, count] of units.entries()) {
      const place = { groupIndex, groupBlocks: units.length };
      this.#data(count * unit - 128 - 100, count * unit, 0, 1, place);
    }
    return this.#accept();
  }

  /** One entry in pieces, a unit each. */
  cutEntry(pieceCount: number): this {
    for (let groupIndex = 0; groupIndex < pieceCount; groupIndex += 1) {
      const isFirst = groupIndex === 0;
      const isLast = groupIndex === pieceCount - 1;
      const cut = (isFirst ? 0 : BlockFlag.Continued) | (isLast ? 0 : BlockFlag.More);
      const place = { groupIndex, groupBlocks: pieceCount };
      this.#data(1000, blockRawSizeBytesMax, cut, isFirst ? 1 : 0, place);
      if (isFirst) this.nextEntrySeq -= 1;
    }
    this.nextEntrySeq += 1;
    return this.#accept();
  }

  mark(): this {
    this.#add({ type: BlockType.Mark, rawSizeBytes: 0, flags: 24 }, 0);
    return this.#accept();
  }

  seal(): this {
    const body = this.#offsetBytes + this.endBytes + 128;
    const blockCount = this.#footer.length;
    const footerOffsetUnits = this.endBytes / unit;
    const stored = putFooterHead(this.#area, body, blockCount);
    for (const [index, entry] of this.#footer.entries())
      putFooterEntry(this.#area, body + 8 + 32 * index, entry);
    this.#add({ type: BlockType.Footer, rawSizeBytes: stored - 8, flags: 24 }, stored);
    const trailer = Object.assign(new Trailer(), this.header, { blockCount, footerOffsetUnits });
    trailer.footerUnits = footerBlockSizeBytes(blockCount) / unit;
    Object.assign(trailer, { lastBlockSeq: this.nextBlockSeq - 1, entryEnd: this.nextEntrySeq });
    trailer.lastChain.copy(this.chain);
    writeTrailer(this.#area, this.#offsetBytes + this.endBytes + 128, trailer);
    const rawSizeBytes = trailerStoredSizeBytes - 8;
    this.#add({ type: BlockType.Trailer, rawSizeBytes, flags: 24 }, trailerStoredSizeBytes);
    return this;
  }

  /** Up to the end of the log, or with the zeros behind it. */
  bytes(sizeBytes: number = this.endBytes): Uint8Array {
    return this.#area.bytes.slice(this.#offsetBytes, this.#offsetBytes + sizeBytes);
  }

  #accept(): this {
    this.durableSeq = this.nextBlockSeq - 1;
    this.durableEntryEnd = this.nextEntrySeq;
    return this;
  }

  #data(
    storedSizeBytes: number,
    rawSizeBytes: number,
    cutFlags: number,
    entryCount: number,
    place: { readonly groupIndex: number; readonly groupBlocks: number },
  ): void {
    const body = this.#offsetBytes + this.endBytes + 128;
    for (let at = 0; at < storedSizeBytes; at += 1)
      this.#area.bytes[body + at] = 1 + ((at * 31 + this.nextBlockSeq * 7) % 255);
    const first = place.groupIndex === 0 ? BlockFlag.GroupFirst : 0;
    const last = place.groupIndex === place.groupBlocks - 1 ? BlockFlag.GroupLast : 0;
    const flags = BlockFlag.Frame | cutFlags | first | last;
    this.#add({ type: BlockType.Data, rawSizeBytes, flags, entryCount, ...place }, storedSizeBytes);
  }

  #add(fields: Partial<BlockHeader>, storedSizeBytes: number): void {
    const block = this.#block;
    const { header } = this;
    const isChained = fields.type !== BlockType.Footer && fields.type !== BlockType.Trailer;
    Object.assign(block, { groupIndex: 0, groupBlocks: 1, entryCount: 0, storedSizeBytes });
    Object.assign(block, { segmentId: header.segmentId, epoch: header.epoch }, fields);
    block.vaultTag = vaultTagOf(header.vaultUuid);
    block.salt.copy(header.salt);
    block.offsetUnits = this.endBytes / unit;
    block.blockSeq = isChained ? this.nextBlockSeq : this.nextBlockSeq - 1;
    block.firstEntrySeq = this.nextEntrySeq;
    block.durableSeq = this.durableSeq;
    block.sinceDurable = this.nextEntrySeq - this.durableEntryEnd;
    block.prevChain.copy(this.chain);
    const offsetBytes = this.#offsetBytes + this.endBytes;
    const endBytes = finishBlockBody(this.#area, offsetBytes, block, this.#hash);
    writeBlockHeader(this.#area, offsetBytes, block, this.#hash);
    const [fromBytes, toBytes] = [this.endBytes, endBytes - this.#offsetBytes];
    this.endBytes = toBytes;
    if (!isChained) return;
    const { blockSeq, firstEntrySeq } = block;
    this.nextEntrySeq += block.entryCount;
    this.nextBlockSeq += 1;
    this.chain.copy(block.headerHash);
    this.#footer.push(new FooterEntry().setBlock(block));
    const entryEnd = this.nextEntrySeq;
    this.blocks.push({ fromBytes, toBytes, blockSeq, firstEntrySeq, entryEnd });
  }
}
