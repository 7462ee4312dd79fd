// The first unit of a segment file: whose it is, and where the log before it ends. What older files
// hold behind that point is void, so this header decides what replays. It is written together with
// the first group, never alone.
//
// 4096 bytes at offset 0, little endian:
//
//     0  u32  0x184D2A5E            4  u32  4088                   8  8    'VAULTSEG'
//    16  u16  major, u16 minor     20  u32  unit size, 4096       24  16   vaultUuid
//    40  u64  segmentId            48  u32  epoch                 52  u32  flags
//    56  u64  salt                 64  u64  firstBlockSeq         72  u64  firstEntrySeq
//    80  u64  prevSegmentId        88  u64  prevLastBlock         96  u64  prevEntryEnd
//   104  u64  prevChain           112  u64  created, unix ns     120  u32  capacity / 4096
//   124  u8   codec 1, hash 1, cipher 0, zero
//   128  u32  incompat, roCompat, compat                         140  u32  key id, 0
//   144  48   reserved (wrapped key)                             192  64   software version
//   256  ..   zero                                              4088  u64  XXH64 of 0..4087

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';
import { getSequence, putSequence, putU32 } from './field-bytes.ts';
import {
  FrameMagic,
  formatMajor,
  formatMinor,
  frameHeadSizeBytes,
  knownFeatures,
  SegmentFlag,
  segmentHeaderSizeBytes,
  segmentUnitsMax,
  segmentUnitsMin,
  unitSizeBytes,
} from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';
import { vaultUuidSizeBytes } from './vault-uuid.ts';
import { getVersionText, putVersionText } from './version-text.ts';

/** Bytes 40 to 127, which the trailer repeats. */
export class SegmentOrigin {
  /** From 1; 0 means none. */
  segmentId = 0;
  /** From 1. */
  epoch = 0;
  flags = 0;
  readonly salt = new U64();
  firstBlockSeq = 0;
  firstEntrySeq = 0;
  /** 0: there is none. */
  prevSegmentId = 0;
  /** The log before this segment ends with this block; 0: there is none. */
  prevLastBlock = 0;
  /** Exclusive end of its entries. */
  prevEntryEnd = 0;
  /** headerHash of its last block. */
  readonly prevChain = new U64();
  readonly createdNs = new U64();
  capacityUnits = 0;
}

export class SegmentHeader extends SegmentOrigin {
  readonly vaultUuid = new Uint8Array(vaultUuidSizeBytes);
  minor = formatMinor;
  incompat = 0;
  roCompat = 0;
  compat = 0;
  software = '';
  /** Of the header itself; set by reading and by writing. */
  readonly hash = new U64();
}

const hashOffsetBytes = segmentHeaderSizeBytes - 8;
const magicWords = [0x4c554156, 0x47455354] as const; // 'VAUL' 'TSEG'
const codecHashCipher = 1 | (1 << 8); // LZ4 frame, XXH64, no cipher

export function writeSegmentHeader(
  area: ByteView,
  offsetBytes: number,
  header: SegmentHeader,
  hash: Hash64,
): void {
  const { bytes, view } = area;
  assert(area.holds(offsetBytes, segmentHeaderSizeBytes), 'no room for a segment header');
  assert(header.incompat === knownFeatures.incompat, 'writes a feature that it does not know');
  bytes.fill(0, offsetBytes, offsetBytes + segmentHeaderSizeBytes);
  putU32(view, offsetBytes, FrameMagic.Header);
  putU32(view, offsetBytes + 4, segmentHeaderSizeBytes - frameHeadSizeBytes);
  putU32(view, offsetBytes + 8, magicWords[0]);
  putU32(view, offsetBytes + 12, magicWords[1]);
  putU32(view, offsetBytes + 16, formatMajor | (formatMinor << 16));
  putU32(view, offsetBytes + 20, unitSizeBytes);
  bytes.set(header.vaultUuid, offsetBytes + 24);
  putSegmentOrigin(view, offsetBytes, header);
  putU32(view, offsetBytes + 128, header.incompat);
  putU32(view, offsetBytes + 132, header.roCompat);
  putU32(view, offsetBytes + 136, header.compat);
  putVersionText(area, offsetBytes + 192, header.software);
  hash.hash64(bytes, offsetBytes, hashOffsetBytes, header.hash);
  header.hash.write(view, offsetBytes + hashOffsetBytes);
}

/**
 * The version is looked at after the hash: in every major the magics, the version and the hash stay
 * where they are, so damage is never taken for a newer format, and a newer format never for damage.
 */
export function readSegmentHeader(
  area: ByteView,
  offsetBytes: number,
  header: SegmentHeader,
  hash: Hash64,
): ReadStatus {
  const { bytes, view } = area;
  if (!area.holds(offsetBytes, segmentHeaderSizeBytes)) return ReadStatus.Truncated;
  if (!isSegmentHeader(view, offsetBytes)) return ReadStatus.NotFound;
  hash.hash64(bytes, offsetBytes, hashOffsetBytes, header.hash);
  if (!header.hash.equalsAt(view, offsetBytes + hashOffsetBytes)) return ReadStatus.Damaged;
  if (view.getUint16(offsetBytes + 16, true) !== formatMajor) return ReadStatus.UnknownMajor;
  header.minor = view.getUint16(offsetBytes + 18, true);
  header.vaultUuid.set(bytes.subarray(offsetBytes + 24, offsetBytes + 24 + vaultUuidSizeBytes));
  header.incompat = view.getUint32(offsetBytes + 128, true);
  header.roCompat = view.getUint32(offsetBytes + 132, true);
  header.compat = view.getUint32(offsetBytes + 136, true);
  header.software = getVersionText(area, offsetBytes + 192);
  if ((header.incompat & ~knownFeatures.incompat) !== 0) return ReadStatus.UnknownFeature;
  if (view.getUint32(offsetBytes + 20, true) !== unitSizeBytes) return ReadStatus.UnknownFeature;
  return readSegmentOrigin(view, offsetBytes, header);
}

function isSegmentHeader(view: DataView, offsetBytes: number): boolean {
  return (
    view.getUint32(offsetBytes, true) === FrameMagic.Header &&
    view.getUint32(offsetBytes + 4, true) === segmentHeaderSizeBytes - frameHeadSizeBytes &&
    view.getUint32(offsetBytes + 8, true) === magicWords[0] &&
    view.getUint32(offsetBytes + 12, true) === magicWords[1]
  );
}

/** `baseBytes` is the header's offset, or the place in a trailer that stands for it. */
export function putSegmentOrigin(view: DataView, baseBytes: number, origin: SegmentOrigin): void {
  assert(isConsistent(origin), 'segment header contradicts itself');
  assert(isWithinLimits(origin), 'segment header is off its limits');
  putSequence(view, baseBytes + 40, origin.segmentId);
  putU32(view, baseBytes + 48, origin.epoch);
  putU32(view, baseBytes + 52, origin.flags);
  origin.salt.write(view, baseBytes + 56);
  putSequence(view, baseBytes + 64, origin.firstBlockSeq);
  putSequence(view, baseBytes + 72, origin.firstEntrySeq);
  putSequence(view, baseBytes + 80, origin.prevSegmentId);
  putSequence(view, baseBytes + 88, origin.prevLastBlock);
  putSequence(view, baseBytes + 96, origin.prevEntryEnd);
  origin.prevChain.write(view, baseBytes + 104);
  origin.createdNs.write(view, baseBytes + 112);
  putU32(view, baseBytes + 120, origin.capacityUnits);
  putU32(view, baseBytes + 124, codecHashCipher);
}

export function readSegmentOrigin(
  view: DataView,
  baseBytes: number,
  origin: SegmentOrigin,
): ReadStatus {
  origin.segmentId = getSequence(view, baseBytes + 40);
  origin.epoch = view.getUint32(baseBytes + 48, true);
  origin.flags = view.getUint32(baseBytes + 52, true);
  origin.salt.read(view, baseBytes + 56);
  origin.firstBlockSeq = getSequence(view, baseBytes + 64);
  origin.firstEntrySeq = getSequence(view, baseBytes + 72);
  origin.prevSegmentId = getSequence(view, baseBytes + 80);
  origin.prevLastBlock = getSequence(view, baseBytes + 88);
  origin.prevEntryEnd = getSequence(view, baseBytes + 96);
  origin.prevChain.read(view, baseBytes + 104);
  origin.createdNs.read(view, baseBytes + 112);
  origin.capacityUnits = view.getUint32(baseBytes + 120, true);
  const unknownFlags = SegmentFlag.Recycled | SegmentFlag.Encrypted;
  if ((origin.flags & unknownFlags) !== 0) return ReadStatus.UnknownFeature;
  if ((view.getUint32(baseBytes + 124, true) & 0xff_ffff) !== codecHashCipher)
    return ReadStatus.UnknownFeature;
  if (!isWithinLimits(origin)) return ReadStatus.BeyondLimit;
  return isConsistent(origin) ? ReadStatus.Ok : ReadStatus.Inconsistent;
}

// A sequence that was refused is below zero.
function isWithinLimits(origin: SegmentOrigin): boolean {
  return (
    origin.segmentId >= 1 &&
    origin.epoch >= 1 &&
    origin.firstBlockSeq >= 1 &&
    origin.firstEntrySeq >= 0 &&
    origin.prevSegmentId >= 0 &&
    origin.prevLastBlock >= 0 &&
    origin.prevEntryEnd >= 0 &&
    origin.capacityUnits >= segmentUnitsMin &&
    origin.capacityUnits <= segmentUnitsMax
  );
}

function isConsistent(origin: SegmentOrigin): boolean {
  return (
    origin.prevSegmentId < origin.segmentId &&
    origin.prevLastBlock < origin.firstBlockSeq &&
    origin.prevEntryEnd <= origin.firstEntrySeq
  );
}
