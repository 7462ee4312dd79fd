// A whole log of several segments, put together in memory by the codecs alone, as writer and
// recovery lay it out: sealed, crashed, poisoned and live files, with and without jumps between
// them. One segment of one log is built at a time; bytes() gives its file.

import { Kernel } from '../../src/kernel/kernel.ts';
import { lz4TableSizeBytes } from '../../src/kernel/lz4-abi.ts';
import { finishBlockBody } from '../../src/vault/block-body.ts';
import { BlockHeader, writeBlockHeader } from '../../src/vault/block-header.ts';
import { frameSizeBytesMax } from '../../src/vault/block-size.ts';
import { EntryHeader, writeEntryHeader, writeEntryPadding } from '../../src/vault/entry-header.ts';
import { FooterEntry, putFooterEntry, putFooterHead } from '../../src/vault/footer.ts';
import {
  BlockFlag,
  BlockType,
  blockHeaderSizeBytes,
  EntryFlag,
  entryHeaderSizeBytes,
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  LossReason,
  pieceSizeBytesMax,
} from '../../src/vault/format.ts';
import { GroupPlan } from '../../src/vault/group-plan.ts';
import { LossRange, putLossHead, putLossRange } from '../../src/vault/loss-payload.ts';
import { SegmentHeader, writeSegmentHeader } from '../../src/vault/segment-header.ts';
import { footerBlockSizeBytes } from '../../src/vault/segment-room.ts';
import { Trailer, trailerStoredSizeBytes, writeTrailer } from '../../src/vault/trailer.ts';
import { U64 } from '../../src/vault/u64.ts';
import { vaultTagOf } from '../../src/vault/vault-uuid.ts';
import type { BuiltBlock, BuiltEntry, LogPoint, SegmentOptions } from './built-log.ts';
import { firstFreeBytes, vaultArena } from './vault-arena.ts';

const unit = 4096;
const MiB = 1024 * 1024;

export class LogBuilder {
  readonly vaultUuid = new Uint8Array(16).fill(0x5a);
  readonly blocks: BuiltBlock[] = [];
  readonly header = new SegmentHeader();
  /** Of the segment that is being built: whole groups end here. */
  endBytes = 0;
  readonly #block = new BlockHeader();
  readonly #chain = new U64();
  #footer: FooterEntry[] = [];
  #lastBlockSeq = 0;
  #entryEnd: number;
  #nextBlockSeq = 1;
  #lastSegmentId = 0;
  /** Durable before the group that is being built. */
  #durableSeq = 0;
  #durableEntryEnd: number;

  constructor(firstEntrySeq = 0) {
    this.#entryEnd = firstEntrySeq;
    this.#durableEntryEnd = firstEntrySeq;
  }

  get lastBlockSeq(): number {
    return this.#lastBlockSeq;
  }

  get nextBlockSeq(): number {
    return this.#nextBlockSeq;
  }

  get entryEnd(): number {
    return this.#entryEnd;
  }

  get segmentId(): number {
    return this.header.segmentId;
  }

  /** The next blocks are of a new file. */
  begin(options: SegmentOptions = {}): void {
    const { skippedBlocks = 0, skippedEntries = 0, capacityBytes = MiB } = options;
    const { area, hash } = arena;
    const { header } = this;
    const segmentId = options.segmentId ?? header.segmentId + 1;
    this.#nextBlockSeq += skippedBlocks;
    header.prevSegmentId = this.#lastSegmentId;
    header.prevLastBlock = this.#lastBlockSeq;
    header.prevEntryEnd = this.#entryEnd;
    header.prevChain.copy(this.#chain);
    this.#durableSeq = this.#lastBlockSeq;
    this.#durableEntryEnd = this.#entryEnd;
    this.#entryEnd += skippedEntries;
    Object.assign(header, { segmentId, epoch: options.epoch ?? 1, software: 'log builder' });
    Object.assign(header, { firstBlockSeq: this.#nextBlockSeq, firstEntrySeq: this.#entryEnd });
    header.capacityUnits = capacityBytes / unit;
    header.vaultUuid.set(this.vaultUuid);
    header.salt.set(segmentId, 0x5a17);
    header.createdNs.setNsOfMs(1_800_000_000_000);
    writeSegmentHeader(area, imageOffsetBytes, header, hash);
    this.endBytes = unit;
    this.#footer = [];
  }

  /** Durable as soon as the next block is built. */
  addGroup(entries: readonly (Uint8Array | BuiltEntry)[]): void {
    const given = entries.map((entry) => (entry instanceof Uint8Array ? { body: entry } : entry));
    const plan = new GroupPlan();
    for (const { body } of given) if (!plan.add(body.length)) throw new Error('group is full');
    const groupFirstEntry = this.#entryEnd;
    for (let index = 0; index < plan.blockCount; index += 1) {
      const { entryIndex, partCount, pieceOffsetBytes, rawSizeBytes } = plan.block(index);
      const parts = given.slice(entryIndex, entryIndex + partCount);
      const firstEntrySeq = groupFirstEntry + entryIndex;
      this.#fillRaw(parts, pieceOffsetBytes, firstEntrySeq);
      const flags = plan.flags(index);
      const entryCount = (flags & BlockFlag.Continued) === 0 ? partCount : 0;
      const group = { flags, groupIndex: index, groupBlocks: plan.blockCount };
      const fields = { type: BlockType.Data, rawSizeBytes, entryCount, firstEntrySeq, ...group };
      this.#addBlock(fields, this.#compress(rawSizeBytes));
      this.#lastBlockSeq = this.#block.blockSeq;
    }
    this.#entryEnd = groupFirstEntry + given.length;
    this.#durableSeq = this.#lastBlockSeq;
    this.#durableEntryEnd = this.#entryEnd;
  }

  addMark(): void {
    this.#addBlock(this.#alone(BlockType.Mark, 0), 0);
    this.#lastBlockSeq = this.#block.blockSeq;
    this.#durableSeq = this.#lastBlockSeq;
  }

  addLoss(fromEntrySeq: number, toEntrySeq: number): void {
    const { area } = arena;
    const at = imageOffsetBytes + this.endBytes + blockHeaderSizeBytes;
    const storedSizeBytes = putLossHead(area, at, 1);
    const range = Object.assign(new LossRange(), { fromEntrySeq, toEntrySeq });
    putLossRange(area, at + frameHeadSizeBytes, Object.assign(range, { reason: LossReason.Quota }));
    this.#addBlock(this.#alone(BlockType.Loss, 48), storedSizeBytes);
    this.#lastBlockSeq = this.#block.blockSeq;
    this.#durableSeq = this.#lastBlockSeq;
  }

  /** Of a type that this build does not know and may pass over; written past the codec's checks. */
  addUnknown(type: number): void {
    this.addMark();
    const { area, hash } = arena;
    const at = imageOffsetBytes + this.blocks.at(-1)!.offsetBytes;
    area.view.setUint8(at + 13, type);
    hash.hash64(area.bytes, at, 120, this.#chain);
    this.#chain.write(area.view, at + 120);
    Object.assign(this.#footer.at(-1)!, { type, hashLow: this.#chain.low });
  }

  seal(): void {
    const { area } = arena;
    const blockCount = this.#footer.length;
    const footerOffsetUnits = this.endBytes / unit;
    const payloadBytes = imageOffsetBytes + this.endBytes + blockHeaderSizeBytes;
    const storedSizeBytes = putFooterHead(area, payloadBytes, blockCount);
    for (const [index, entry] of this.#footer.entries()) {
      const at = payloadBytes + frameHeadSizeBytes + index * footerEntrySizeBytes;
      putFooterEntry(area, at, entry);
    }
    const rawSizeBytes = storedSizeBytes - frameHeadSizeBytes;
    this.#addBlock(this.#alone(BlockType.Footer, rawSizeBytes), storedSizeBytes);
    const trailer = Object.assign(new Trailer(), this.header, { blockCount, footerOffsetUnits });
    trailer.footerUnits = footerBlockSizeBytes(blockCount) / unit;
    Object.assign(trailer, { lastBlockSeq: this.#lastBlockSeq, entryEnd: this.#entryEnd });
    trailer.lastChain.copy(this.#chain);
    trailer.oldestReceivedNs.setNsOfMs(1_800_000_000_000);
    trailer.newestReceivedNs.setNsOfMs(1_800_000_060_000);
    writeTrailer(area, imageOffsetBytes + this.endBytes + blockHeaderSizeBytes, trailer);
    const trailerRaw = trailerStoredSizeBytes - frameHeadSizeBytes;
    this.#addBlock(this.#alone(BlockType.Trailer, trailerRaw), trailerStoredSizeBytes);
  }

  /** The file, with zeros up to `sizeBytes`. */
  bytes(sizeBytes = this.endBytes): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    const { area } = arena;
    bytes.set(area.bytes.subarray(imageOffsetBytes, imageOffsetBytes + this.endBytes));
    return bytes;
  }

  /** The next segment names this one as that before it. */
  end(): void {
    this.#lastSegmentId = this.header.segmentId;
  }

  point(): LogPoint {
    const chain = new U64().copy(this.#chain);
    const { segmentId } = this.header;
    return { lastBlockSeq: this.#lastBlockSeq, entryEnd: this.#entryEnd, chain, segmentId };
  }

  /** What was built since is void: torn, poisoned or refused. Its block numbers stay burnt. */
  restore({ lastBlockSeq, entryEnd, chain, segmentId }: LogPoint): void {
    this.#lastBlockSeq = lastBlockSeq;
    this.#entryEnd = entryEnd;
    this.#chain.copy(chain);
    this.#lastSegmentId = segmentId;
  }

  #alone(type: BlockType, rawSizeBytes: number): Partial<BlockHeader> {
    const flags = BlockFlag.GroupFirst | BlockFlag.GroupLast;
    const place = { groupIndex: 0, groupBlocks: 1, firstEntrySeq: this.#entryEnd };
    return { type, flags, rawSizeBytes, entryCount: 0, ...place };
  }

  #fillRaw(entries: readonly BuiltEntry[], pieceOffsetBytes: number, firstEntrySeq: number): void {
    const { area, hash } = arena;
    let at = rawOffsetBytes;
    for (const [index, { body, receivedMs = 1_800_000_000_000, ...fields }] of entries.entries()) {
      const entry = Object.assign(new EntryHeader(), fields);
      const piece = body.subarray(pieceOffsetBytes, pieceOffsetBytes + pieceSizeBytesMax);
      const isLast = pieceOffsetBytes + piece.length === body.length;
      const first = pieceOffsetBytes === 0 ? EntryFlag.FirstPiece : 0;
      entry.flags = first | (isLast ? EntryFlag.LastPiece : 0);
      Object.assign(entry, { entrySeq: firstEntrySeq + index, bodySizeBytes: body.length });
      Object.assign(entry, { pieceOffsetBytes, pieceSizeBytes: piece.length });
      area.bytes.set(body, bodyOffsetBytes);
      hash.hash64(area.bytes, bodyOffsetBytes, body.length, entry.bodyHash);
      entry.receivedNs.setNsOfMs(receivedMs);
      area.bytes.set(piece, at + entryHeaderSizeBytes);
      writeEntryHeader(area, at, entry);
      at = writeEntryPadding(area, at, entry);
    }
  }

  /** From the room for raw bytes to where the next block's body is. */
  #compress(rawSizeBytes: number): number {
    const bodyBytes = imageOffsetBytes + this.endBytes + blockHeaderSizeBytes;
    const room = frameSizeBytesMax(rawSizeBytes);
    const { lz4 } = kernel;
    return lz4.compressFrame(rawOffsetBytes, rawSizeBytes, bodyBytes, room, tableOffsetBytes, 1);
  }

  #addBlock(fields: Partial<BlockHeader>, storedSizeBytes: number): void {
    const { area, hash } = arena;
    const { header } = this;
    const block = this.#block;
    const repeats = fields.type === BlockType.Footer || fields.type === BlockType.Trailer;
    block.prevChain.copy(this.#chain);
    block.salt.copy(header.salt);
    block.newestReceivedNs.setNsOfMs(1_800_000_000_000);
    const blockSeq = repeats ? this.#lastBlockSeq : this.#nextBlockSeq;
    const { segmentId, epoch } = header;
    Object.assign(block, { segmentId, epoch, blockSeq, storedSizeBytes }, fields);
    block.durableSeq = this.#durableSeq;
    block.sinceDurable = block.firstEntrySeq - this.#durableEntryEnd;
    block.vaultTag = vaultTagOf(header.vaultUuid);
    block.offsetUnits = this.endBytes / unit;
    const offsetBytes = imageOffsetBytes + this.endBytes;
    const endBytes = finishBlockBody(area, offsetBytes, block, hash) - imageOffsetBytes;
    writeBlockHeader(area, offsetBytes, block, hash);
    const { type, firstEntrySeq, entryCount } = block;
    const place = { segmentId, blockSeq, offsetBytes: this.endBytes, endBytes };
    this.blocks.push({ ...place, type, firstEntrySeq, entryCount });
    this.endBytes = endBytes;
    if (repeats) return;
    this.#footer.push(new FooterEntry().setBlock(block));
    this.#chain.copy(block.headerHash);
    this.#nextBlockSeq += 1;
  }
}

const capacityBytesMax = 16 * MiB;
const tableOffsetBytes = firstFreeBytes;
const rawOffsetBytes = tableOffsetBytes + lz4TableSizeBytes + 4096 * 12;
const bodyOffsetBytes = rawOffsetBytes + MiB;
const imageOffsetBytes = bodyOffsetBytes + 8 * MiB;
const arena = vaultArena(imageOffsetBytes - firstFreeBytes + capacityBytesMax);
const kernel = Kernel.create(arena.memory);
