// A segment put together in memory by the codecs alone, as the writer lays it out: header, groups
// of entries, MARK, and for a sealed one FOOTER and TRAILER. Everything is durable at once.

import type { Kernel } from '../../src/kernel/kernel.ts';
import { lz4TableSizeBytes } from '../../src/kernel/lz4-abi.ts';
import { finishBlockBody } from '../../src/vault/block-body.ts';
import { BlockHeader, writeBlockHeader } from '../../src/vault/block-header.ts';
import { frameSizeBytesMax } from '../../src/vault/block-size.ts';
import type { ByteView } from '../../src/vault/byte-view.ts';
import { EntryHeader, writeEntryHeader, writeEntryPadding } from '../../src/vault/entry-header.ts';
import { FooterEntry, putFooterEntry, putFooterHead } from '../../src/vault/footer.ts';
import {
  BlockFlag,
  BlockType,
  blockHeaderSizeBytes,
  EntryFlag,
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  pieceSizeBytesMax,
} from '../../src/vault/format.ts';
import { GroupPlan } from '../../src/vault/group-plan.ts';
import type { Hash64 } from '../../src/vault/hash64.ts';
import { SegmentHeader, writeSegmentHeader } from '../../src/vault/segment-header.ts';
import { footerBlockSizeBytes } from '../../src/vault/segment-room.ts';
import { Trailer, trailerStoredSizeBytes, writeTrailer } from '../../src/vault/trailer.ts';
import { vaultTagOf } from '../../src/vault/vault-uuid.ts';

const unit = 4096;

export interface SegmentImageParts {
  readonly kernel: Kernel;
  readonly hash: Hash64;
  readonly area: ByteView;
  /** Room of 1 MiB and of the compressor's table, outside of the image. */
  readonly rawOffsetBytes: number;
  readonly imageOffsetBytes: number;
  readonly capacityBytes: number;
}

export class SegmentImage {
  readonly header = new SegmentHeader();
  /** Where the file ends, from the beginning of the image. */
  endBytes = unit;
  readonly footer: FooterEntry[] = [];
  readonly #parts: SegmentImageParts;
  readonly #block = new BlockHeader();
  #nextEntrySeq = 1;

  constructor(parts: SegmentImageParts) {
    this.#parts = parts;
    const { header } = this;
    Object.assign(header, { segmentId: 1, epoch: 1, firstBlockSeq: 1, firstEntrySeq: 1 });
    Object.assign(header, { capacityUnits: parts.capacityBytes / unit, prevEntryEnd: 1 });
    header.vaultUuid.fill(0x5a);
    header.salt.set(1, 2);
    parts.area.bytes.fill(0, parts.imageOffsetBytes, parts.imageOffsetBytes + parts.capacityBytes);
    writeSegmentHeader(parts.area, parts.imageOffsetBytes, header, parts.hash);
  }

  get bytes(): Uint8Array {
    const { area, imageOffsetBytes } = this.#parts;
    return area.bytes.slice(imageOffsetBytes, imageOffsetBytes + this.endBytes);
  }

  /** One group; the bodies must fit it. Returns the raw bytes, as `lz4 -dc` prints them. */
  addGroup(bodies: readonly Uint8Array[]): Uint8Array[] {
    const plan = new GroupPlan();
    for (const body of bodies) if (!plan.add(body.length)) throw new Error('group is full');
    const raws: Uint8Array[] = [];
    for (let index = 0; index < plan.blockCount; index += 1) {
      const { entryIndex, partCount, pieceOffsetBytes, rawSizeBytes } = plan.block(index);
      const parts = bodies.slice(entryIndex, entryIndex + partCount);
      const raw = this.#raw(parts, pieceOffsetBytes, this.#nextEntrySeq + entryIndex);
      if (raw.length !== rawSizeBytes) throw new Error('the plan is wrong about the raw size');
      raws.push(raw);
      const flags = plan.flags(index);
      const entryCount = (flags & BlockFlag.Continued) === 0 ? partCount : 0;
      const firstEntrySeq = this.#nextEntrySeq + entryIndex;
      const groupBlocks = plan.blockCount;
      const fields = { flags, entryCount, firstEntrySeq, groupIndex: index, groupBlocks };
      this.#addBlock({ ...fields, type: BlockType.Data, rawSizeBytes }, this.#compress(raw.length));
    }
    this.#nextEntrySeq += bodies.length;
    return raws;
  }

  addMark(): void {
    this.#addBlock(this.#alone(BlockType.Mark, 0), 0);
  }

  seal(): void {
    const { area, imageOffsetBytes } = this.#parts;
    const blockCount = this.footer.length;
    const footerOffsetUnits = this.endBytes / unit;
    const payloadBytes = imageOffsetBytes + this.endBytes + blockHeaderSizeBytes;
    const storedSizeBytes = putFooterHead(area, payloadBytes, blockCount);
    for (const [index, entry] of this.footer.entries()) {
      const at = payloadBytes + frameHeadSizeBytes + index * footerEntrySizeBytes;
      putFooterEntry(area, at, entry);
    }
    const rawSizeBytes = storedSizeBytes - frameHeadSizeBytes;
    this.#addBlock(this.#alone(BlockType.Footer, rawSizeBytes), storedSizeBytes);
    const trailer = Object.assign(new Trailer(), this.header, { blockCount, footerOffsetUnits });
    trailer.footerUnits = footerBlockSizeBytes(blockCount) / unit;
    Object.assign(trailer, { lastBlockSeq: blockCount, entryEnd: this.#nextEntrySeq });
    writeTrailer(area, imageOffsetBytes + this.endBytes + blockHeaderSizeBytes, trailer);
    const trailerRaw = trailerStoredSizeBytes - frameHeadSizeBytes;
    this.#addBlock(this.#alone(BlockType.Trailer, trailerRaw), trailerStoredSizeBytes);
  }

  #alone(type: BlockType, rawSizeBytes: number): Partial<BlockHeader> {
    const flags = BlockFlag.GroupFirst | BlockFlag.GroupLast;
    const place = { groupIndex: 0, groupBlocks: 1, firstEntrySeq: this.#nextEntrySeq };
    return { type, flags, rawSizeBytes, entryCount: 0, ...place };
  }

  #raw(bodies: readonly Uint8Array[], pieceOffsetBytes: number, firstEntrySeq: number): Uint8Array {
    const { area, hash, rawOffsetBytes } = this.#parts;
    const entry = new EntryHeader();
    let at = rawOffsetBytes;
    for (const [index, body] of bodies.entries()) {
      const piece = body.subarray(pieceOffsetBytes, pieceOffsetBytes + pieceSizeBytesMax);
      const isLast = pieceOffsetBytes + piece.length === body.length;
      const first = pieceOffsetBytes === 0 ? EntryFlag.FirstPiece : 0;
      entry.flags = first | (isLast ? EntryFlag.LastPiece : 0);
      Object.assign(entry, { entrySeq: firstEntrySeq + index, bodySizeBytes: body.length });
      Object.assign(entry, { pieceOffsetBytes, pieceSizeBytes: piece.length });
      area.bytes.set(piece, at + 64);
      hash.hash64(area.bytes, at + 64, piece.length, entry.bodyHash); // of whole bodies only
      writeEntryHeader(area, at, entry);
      at = writeEntryPadding(area, at, entry);
    }
    return area.bytes.slice(rawOffsetBytes, at);
  }

  /** From the room for raw bytes to where the next block's body is. */
  #compress(rawSizeBytes: number): number {
    const { kernel, rawOffsetBytes, imageOffsetBytes } = this.#parts;
    const tableOffsetBytes = rawOffsetBytes - lz4TableSizeBytes;
    const bodyBytes = imageOffsetBytes + this.endBytes + blockHeaderSizeBytes;
    const room = frameSizeBytesMax(rawSizeBytes);
    const { lz4 } = kernel;
    return lz4.compressFrame(rawOffsetBytes, rawSizeBytes, bodyBytes, room, tableOffsetBytes, 1);
  }

  #addBlock(fields: Partial<BlockHeader>, storedSizeBytes: number): void {
    const { area, hash, imageOffsetBytes } = this.#parts;
    const block = this.#block;
    const repeats = fields.type === BlockType.Footer || fields.type === BlockType.Trailer;
    block.prevChain.copy(block.headerHash);
    block.salt.copy(this.header.salt);
    const blockSeq = repeats ? this.footer.length : this.footer.length + 1;
    const durableSeq = this.footer.length;
    Object.assign(block, { segmentId: 1, epoch: 1, blockSeq, durableSeq, storedSizeBytes }, fields);
    Object.assign(block, { vaultTag: vaultTagOf(this.header.vaultUuid) });
    block.offsetUnits = this.endBytes / unit;
    const offsetBytes = imageOffsetBytes + this.endBytes;
    const endBytes = finishBlockBody(area, offsetBytes, block, hash);
    writeBlockHeader(area, offsetBytes, block, hash);
    if (!repeats) this.footer.push(new FooterEntry().setBlock(block));
    this.endBytes = endBytes - imageOffsetBytes;
  }
}
