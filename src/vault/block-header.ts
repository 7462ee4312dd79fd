// The header in front of every block. It names the place where it belongs, so that a block that
// stands anywhere else is known for what it is, and it says how much of the log was durable when it
// was built, which is what recovery decides by.
//
// 128 bytes at a multiple of 4096, little endian:
//
//     0  u32  0x184D2A5E            4  u32  120                    8  4    'VBLK'
//    12  u8   header version 1     13  u8   type                  14  u16  flags
//    16  u32  vaultTag             20  u32  sinceDurable          24  u64  segmentId
//    32  u32  epoch                36  u32  own offset / 4096     40  u64  salt
//    48  u64  blockSeq             56  u64  firstEntrySeq         64  u32  entryCount
//    68  u32  stored length        72  u32  raw length            76  u16  group index, u16 blocks
//    80  u64  durableSeq           88  u64  prevChain             96  u64  XXH64 of the stored bytes
//   104  u64  0                   112  u64  newest receive, ns   120  u64  XXH64 of 0..119
//
// Stored bytes: an LZ4 frame (DATA), nothing (MARK), or one 5B frame (the others), whose raw length
// is that of its payload.

import { assert } from '../assert.ts';
import { blockFault } from './block-rules.ts';
import type { ByteView } from './byte-view.ts';
import { getSequence, putSequence, putU8, putU16, putU32 } from './field-bytes.ts';
import {
  BlockFlag,
  BlockType,
  blockFlagsKnown,
  blockHeaderSizeBytes,
  FrameMagic,
  frameHeadSizeBytes,
  skippableTypeMin,
} from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

/** Reused: one for each writer and each reader. */
export class BlockHeader {
  /** A BlockType, or one from skippableTypeMin on that a reader passes over. */
  type: number = BlockType.Data;
  flags = 0;
  vaultTag = 0;
  /** firstEntrySeq less the end of the entries that were durable when this was built. */
  sinceDurable = 0;
  segmentId = 0;
  epoch = 0;
  offsetUnits = 0;
  readonly salt = new U64();
  /** From 1. FOOTER and TRAILER repeat the last one. */
  blockSeq = 0;
  firstEntrySeq = 0;
  /** Entries that begin here. */
  entryCount = 0;
  storedSizeBytes = 0;
  rawSizeBytes = 0;
  groupIndex = 0;
  groupBlocks = 0;
  /** Highest blockSeq that was durable when this was built; 0: none. */
  durableSeq = 0;
  /** headerHash of the block before in the accepted log; 0 for the first. */
  readonly prevChain = new U64();
  readonly storedHash = new U64();
  readonly newestReceivedNs = new U64();
  /** Of the header itself; set by reading and by writing. */
  readonly headerHash = new U64();
}

const magic = 0x4b4c4256; // 'VBLK'
const headerVersion = 1;
const hashedSizeBytes = blockHeaderSizeBytes - 8;

export function writeBlockHeader(
  area: ByteView,
  offsetBytes: number,
  header: BlockHeader,
  hash: Hash64,
): void {
  const { bytes, view } = area;
  assert(area.holds(offsetBytes, blockHeaderSizeBytes), 'no room for a block header');
  assert((header.flags & ~blockFlagsKnown) === 0, 'writes a block flag that it does not know');
  assert((header.flags & BlockFlag.Encrypted) === 0, 'encryption is not built');
  assert(header.type < skippableTypeMin, 'writes a block type that it does not know');
  assert(blockFault(header) === ReadStatus.Ok, 'block header contradicts itself');
  putU32(view, offsetBytes, FrameMagic.Header);
  putU32(view, offsetBytes + 4, blockHeaderSizeBytes - frameHeadSizeBytes);
  putU32(view, offsetBytes + 8, magic);
  putU8(view, offsetBytes + 12, headerVersion);
  putU8(view, offsetBytes + 13, header.type);
  putU16(view, offsetBytes + 14, header.flags);
  putU32(view, offsetBytes + 16, header.vaultTag);
  putU32(view, offsetBytes + 20, header.sinceDurable);
  putSequence(view, offsetBytes + 24, header.segmentId);
  putU32(view, offsetBytes + 32, header.epoch);
  putU32(view, offsetBytes + 36, header.offsetUnits);
  header.salt.write(view, offsetBytes + 40);
  putSequence(view, offsetBytes + 48, header.blockSeq);
  putSequence(view, offsetBytes + 56, header.firstEntrySeq);
  putU32(view, offsetBytes + 64, header.entryCount);
  putU32(view, offsetBytes + 68, header.storedSizeBytes);
  putU32(view, offsetBytes + 72, header.rawSizeBytes);
  putU16(view, offsetBytes + 76, header.groupIndex);
  putU16(view, offsetBytes + 78, header.groupBlocks);
  putSequence(view, offsetBytes + 80, header.durableSeq);
  header.prevChain.write(view, offsetBytes + 88);
  header.storedHash.write(view, offsetBytes + 96);
  putSequence(view, offsetBytes + 104, 0);
  header.newestReceivedNs.write(view, offsetBytes + 112);
  hash.hash64(bytes, offsetBytes, hashedSizeBytes, header.headerHash);
  header.headerHash.write(view, offsetBytes + hashedSizeBytes);
}

/** Ok says that a writer of ours made it, not that it belongs here: compare it with its file. */
export function readBlockHeader(
  area: ByteView,
  offsetBytes: number,
  header: BlockHeader,
  hash: Hash64,
): ReadStatus {
  const { bytes, view } = area;
  if (!area.holds(offsetBytes, blockHeaderSizeBytes)) return ReadStatus.Truncated;
  if (!isBlockHeader(view, offsetBytes)) return ReadStatus.NotFound;
  hash.hash64(bytes, offsetBytes, hashedSizeBytes, header.headerHash);
  if (!header.headerHash.equalsAt(view, offsetBytes + hashedSizeBytes)) return ReadStatus.Damaged;
  if (view.getUint8(offsetBytes + 12) !== headerVersion) return ReadStatus.UnknownMajor;
  header.type = view.getUint8(offsetBytes + 13);
  header.flags = view.getUint16(offsetBytes + 14, true);
  header.vaultTag = view.getUint32(offsetBytes + 16, true);
  header.sinceDurable = view.getUint32(offsetBytes + 20, true);
  header.segmentId = getSequence(view, offsetBytes + 24);
  header.epoch = view.getUint32(offsetBytes + 32, true);
  header.offsetUnits = view.getUint32(offsetBytes + 36, true);
  header.salt.read(view, offsetBytes + 40);
  header.blockSeq = getSequence(view, offsetBytes + 48);
  header.firstEntrySeq = getSequence(view, offsetBytes + 56);
  header.entryCount = view.getUint32(offsetBytes + 64, true);
  header.storedSizeBytes = view.getUint32(offsetBytes + 68, true);
  header.rawSizeBytes = view.getUint32(offsetBytes + 72, true);
  header.groupIndex = view.getUint16(offsetBytes + 76, true);
  header.groupBlocks = view.getUint16(offsetBytes + 78, true);
  header.durableSeq = getSequence(view, offsetBytes + 80);
  header.prevChain.read(view, offsetBytes + 88);
  header.storedHash.read(view, offsetBytes + 96);
  header.newestReceivedNs.read(view, offsetBytes + 112);
  if ((header.flags & BlockFlag.Encrypted) !== 0) return ReadStatus.UnknownFeature;
  return blockFault(header);
}

/** Are these the eight bytes and the magic that every block begins with? For the probe of units. */
export function isBlockHeader(view: DataView, offsetBytes: number): boolean {
  return (
    view.getUint32(offsetBytes, true) === FrameMagic.Header &&
    view.getUint32(offsetBytes + 4, true) === blockHeaderSizeBytes - frameHeadSizeBytes &&
    view.getUint32(offsetBytes + 8, true) === magic
  );
}
