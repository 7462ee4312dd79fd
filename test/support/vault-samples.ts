// Structures of the vault that are valid, made at random from a seed: small numbers, numbers near
// 2^32 and near the limit, so that both halves of a field are used.

import { BlockHeader } from '../../src/vault/block-header.ts';
import { frameSizeBytesMax } from '../../src/vault/block-size.ts';
import { CursorSlot } from '../../src/vault/cursor-slot.ts';
import { EntryHeader } from '../../src/vault/entry-header.ts';
import { sequenceMax } from '../../src/vault/field-bytes.ts';
import {
  BlockFlag,
  BlockType,
  bodySizeBytesMax,
  cursorRangesMax,
  EntryFlag,
  EntryKind,
  pieceSizeBytesMax,
} from '../../src/vault/format.ts';
import { MetaSlot } from '../../src/vault/meta-slot.ts';
import { SegmentHeader, type SegmentOrigin } from '../../src/vault/segment-header.ts';
import { footerBlockSizeBytes } from '../../src/vault/segment-room.ts';
import { Trailer } from '../../src/vault/trailer.ts';
import type { U64 } from '../../src/vault/u64.ts';
import type { SeededRandom } from './seeded-random.ts';

export class VaultSamples {
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  /** `from` to `to`, both included; often near one end, or near 2^32. */
  number(from: number, to: number = sequenceMax): number {
    const around = this.#random.pick([from, to, 2 ** 32, from + this.#random.below(1000)]);
    const value = around + this.#random.below(5) - 2;
    const anywhere = from + Math.floor((this.#random.next() / 2 ** 32) * (to - from));
    return value >= from && value <= to ? value : anywhere;
  }

  u64(into: U64): void {
    into.set(this.#random.next(), this.#random.next());
  }

  segmentHeader(): SegmentHeader {
    const header = new SegmentHeader();
    this.#origin(header);
    this.#uuid(header.vaultUuid);
    header.roCompat = this.#random.next();
    header.compat = this.#random.next();
    header.software = this.#software();
    return header;
  }

  metaSlot(): MetaSlot {
    const meta = new MetaSlot();
    meta.generation = this.number(1);
    this.#uuid(meta.vaultUuid);
    meta.epoch = this.number(1, 2 ** 32 - 1);
    meta.flags = this.#random.below(2);
    meta.nextSegmentId = this.number(1);
    meta.nextBlockSeq = this.number(1);
    meta.nextEntrySeq = this.number(0);
    meta.durableSeq = this.number(0, meta.nextBlockSeq - 1);
    meta.durableEntryEnd = this.number(0, meta.nextEntrySeq);
    meta.roCompat = this.#random.next();
    meta.compat = this.#random.next();
    meta.capacityUnits = this.number(4, 2 ** 18);
    this.u64(meta.createdNs);
    this.u64(meta.writtenNs);
    meta.software = this.#software();
    return meta;
  }

  /** DATA, whole or a piece, or a MARK. */
  blockHeader(): BlockHeader {
    const header = new BlockHeader();
    const kind = this.#random.pick(['shared', 'own', 'piece', 'mark']);
    header.groupBlocks = this.number(kind === 'piece' ? 3 : 1, 65);
    header.groupIndex = kind === 'piece' ? 1 : this.#random.below(header.groupBlocks);
    header.flags = this.#random.oneIn(4) ? BlockFlag.Rewritten : 0;
    if (header.groupIndex === 0) header.flags |= BlockFlag.GroupFirst;
    if (header.groupIndex === header.groupBlocks - 1) header.flags |= BlockFlag.GroupLast;
    if (kind === 'mark') header.type = BlockType.Mark;
    else this.#dataFields(header, kind);
    header.vaultTag = this.#random.next();
    header.segmentId = this.number(1);
    header.epoch = this.number(1, 2 ** 32 - 1);
    header.offsetUnits = this.number(1, 2 ** 18 - 1);
    this.u64(header.salt);
    header.blockSeq = this.number(1);
    header.durableSeq = this.number(0, header.blockSeq - 1);
    header.firstEntrySeq = this.number(0, sequenceMax - header.entryCount);
    header.sinceDurable = this.number(0, Math.min(header.firstEntrySeq, 2 ** 32 - 1));
    for (const field of [header.prevChain, header.storedHash, header.newestReceivedNs])
      this.u64(field);
    return header;
  }

  entryHeader(bodySizeBytes = this.number(0, bodySizeBytesMax)): EntryHeader {
    const entry = new EntryHeader();
    entry.kind = this.number(1, 5);
    const isDeadLetter = entry.kind === EntryKind.DeadLetter;
    const original = isDeadLetter ? this.number(1, 4) : entry.kind;
    if (isDeadLetter) {
      entry.originalKind = original;
      const reasonAndTag = this.number(1, 65_535);
      entry.reason = 1 + (reasonAndTag % 255);
      entry.owedTo = reasonAndTag >>> 8;
      entry.attempts = this.number(0, 255);
      entry.statusCode = this.#random.next();
    }
    if (original === EntryKind.CompressedProtobuf) entry.codec = this.number(1, 3);
    if (original === EntryKind.Json) entry.codec = this.number(0, 3);
    entry.entrySeq = this.number(0);
    entry.bodySizeBytes = bodySizeBytes;
    const pieces = Math.max(1, Math.ceil(bodySizeBytes / pieceSizeBytesMax));
    const piece = this.#random.below(pieces);
    entry.pieceOffsetBytes = piece * pieceSizeBytesMax;
    entry.pieceSizeBytes = Math.min(bodySizeBytes - entry.pieceOffsetBytes, pieceSizeBytesMax);
    entry.flags =
      (piece === 0 ? EntryFlag.FirstPiece : 0) | (piece === pieces - 1 ? EntryFlag.LastPiece : 0);
    for (const field of [entry.receivedNs, entry.producerHash, entry.bodyHash]) this.u64(field);
    entry.recordCount = this.#random.next();
    return entry;
  }

  /** Its ledger adds up. */
  cursorSlot(rangeCount = this.#random.pick([0, 1, 7, cursorRangesMax])): CursorSlot {
    const cursor = new CursorSlot();
    cursor.generation = this.number(1);
    cursor.vaultTag = this.#random.next();
    cursor.epoch = this.number(1, 2 ** 32 - 1);
    this.u64(cursor.consumerHash);
    this.u64(cursor.writtenNs);
    cursor.base = this.number(0, sequenceMax - 10 ** 7);
    cursor.watermark = this.number(cursor.base, sequenceMax - 10 ** 7);
    let settled = cursor.watermark - cursor.base;
    let end = cursor.watermark;
    for (let range = 0; range < rangeCount; range += 1) {
      const start = end + 1 + this.#random.below(1000);
      end = start + 1 + this.#random.below(1000);
      cursor.ranges[2 * range] = start;
      cursor.ranges[2 * range + 1] = end;
      settled += end - start;
    }
    cursor.rangeCount = rangeCount;
    cursor.durableSeq = this.number(0);
    cursor.durableEntryEnd = this.number(0);
    for (const counter of ['delivered', 'lost', 'dropped', 'deadLettered'] as const) {
      cursor[counter] = this.number(0, settled);
      settled -= cursor[counter];
    }
    cursor.skipped = settled;
    return cursor;
  }

  trailer(): Trailer {
    const trailer = new Trailer();
    this.#origin(trailer);
    trailer.capacityUnits = this.number(16, 2 ** 18);
    trailer.firstBlockSeq = this.number(trailer.prevLastBlock + 1, sequenceMax - 2 ** 18);
    const units = trailer.capacityUnits;
    trailer.blockCount = this.number(1, Math.floor(units / 2));
    trailer.footerUnits = footerBlockSizeBytes(trailer.blockCount) / 4096;
    trailer.footerOffsetUnits = this.number(
      1 + trailer.blockCount,
      units - trailer.footerUnits - 1,
    );
    trailer.lastBlockSeq = trailer.firstBlockSeq + trailer.blockCount - 1;
    trailer.entryEnd = this.number(trailer.firstEntrySeq);
    for (const field of [trailer.lastChain, trailer.oldestReceivedNs, trailer.newestReceivedNs])
      this.u64(field);
    return trailer;
  }

  #origin(origin: SegmentOrigin): void {
    origin.segmentId = this.number(1);
    origin.epoch = this.number(1, 2 ** 32 - 1);
    origin.flags = this.#random.below(2);
    origin.firstBlockSeq = this.number(1, sequenceMax - 2 ** 19);
    origin.firstEntrySeq = this.number(0);
    origin.prevSegmentId = this.number(0, origin.segmentId - 1);
    origin.prevLastBlock = this.number(0, origin.firstBlockSeq - 1);
    origin.prevEntryEnd = this.number(0, origin.firstEntrySeq);
    for (const field of [origin.salt, origin.prevChain, origin.createdNs]) this.u64(field);
    origin.capacityUnits = this.number(4, 2 ** 18);
  }

  #dataFields(header: BlockHeader, kind: string): void {
    header.flags |= BlockFlag.Frame;
    header.entryCount = 1;
    header.rawSizeBytes = 8 * this.number(8, 131_072);
    if (kind === 'shared') {
      header.entryCount = this.number(1, 4096);
      header.rawSizeBytes = 8 * this.number(8 * header.entryCount, 32_768);
    } else if (kind === 'piece') {
      header.flags |= BlockFlag.Continued;
      header.entryCount = 0;
    }
    header.storedSizeBytes = this.number(1, frameSizeBytesMax(header.rawSizeBytes));
  }

  #uuid(uuid: Uint8Array): void {
    for (const at of uuid.keys()) uuid[at] = this.#random.below(256);
  }

  #software(): string {
    const length = this.#random.pick([0, 1, 20, 64]);
    return Array.from({ length }, () => String.fromCharCode(32 + this.#random.below(95))).join('');
  }
}
