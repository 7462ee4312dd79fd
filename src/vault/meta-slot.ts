// META: who the vault is and the floors of its numbers. Two slots are written in turn, so that one
// is whole at every instant; the one of the highest generation counts. What a slot says is relied
// on only once it is durable.
//
// 4096 bytes, slot = generation & 1, little endian:
//
//     0  4    'VMET'                4  u16  major, u16 minor       8  u64  generation
//    16  16   vaultUuid            32  u32  epoch                 36  u32  flags
//    40  u64  nextSegmentId        48  u64  nextBlockSeq          56  u64  nextEntrySeq
//    64  u64  durableSeq           72  u64  durableEntryEnd       80  u32  incompat, roCompat, compat
//    92  u32  capacity / 4096      96  u64  created, unix ns     104  u64  written, unix ns
//   112  64   software version    176  ..   zero                4088  u64  XXH64 of 0..4087

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';
import { getSequence, putSequence, putU32 } from './field-bytes.ts';
import {
  formatMajor,
  formatMinor,
  knownFeatures,
  MetaFlag,
  metaSlotSizeBytes,
  segmentUnitsMax,
  segmentUnitsMin,
} from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import { slotIndexOf } from './slot-pair.ts';
import { U64 } from './u64.ts';
import { vaultUuidSizeBytes } from './vault-uuid.ts';
import { getVersionText, putVersionText } from './version-text.ts';

export class MetaSlot {
  minor = formatMinor;
  /** From 1. */
  generation = 0;
  readonly vaultUuid = new Uint8Array(vaultUuidSizeBytes);
  /** One process life; from 1. */
  epoch = 0;
  flags = 0;
  /** Floors: never lowered, and above every number that was given. */
  nextSegmentId = 0;
  nextBlockSeq = 0;
  nextEntrySeq = 0;
  /** Highest block known to be durable; 0: none. */
  durableSeq = 0;
  /** Exclusive end of the entries known to be durable. */
  durableEntryEnd = 0;
  incompat = 0;
  roCompat = 0;
  compat = 0;
  /** Of new segments. */
  capacityUnits = 0;
  readonly createdNs = new U64();
  readonly writtenNs = new U64();
  software = '';
  /** Of the slot itself; set by reading and by writing. */
  readonly hash = new U64();
}

const magic = 0x54454d56; // 'VMET'
const hashOffsetBytes = metaSlotSizeBytes - 8;

export function writeMetaSlot(
  area: ByteView,
  offsetBytes: number,
  meta: MetaSlot,
  hash: Hash64,
): void {
  const { bytes, view } = area;
  assert(area.holds(offsetBytes, metaSlotSizeBytes), 'no room for a META slot');
  assert(metaFault(meta) === ReadStatus.Ok, 'META contradicts itself');
  assert(meta.incompat === knownFeatures.incompat, 'writes a feature that it does not know');
  bytes.fill(0, offsetBytes, offsetBytes + metaSlotSizeBytes);
  putU32(view, offsetBytes, magic);
  putU32(view, offsetBytes + 4, formatMajor | (formatMinor << 16));
  putSequence(view, offsetBytes + 8, meta.generation);
  bytes.set(meta.vaultUuid, offsetBytes + 16);
  putU32(view, offsetBytes + 32, meta.epoch);
  putU32(view, offsetBytes + 36, meta.flags);
  putSequence(view, offsetBytes + 40, meta.nextSegmentId);
  putSequence(view, offsetBytes + 48, meta.nextBlockSeq);
  putSequence(view, offsetBytes + 56, meta.nextEntrySeq);
  putSequence(view, offsetBytes + 64, meta.durableSeq);
  putSequence(view, offsetBytes + 72, meta.durableEntryEnd);
  putU32(view, offsetBytes + 80, meta.incompat);
  putU32(view, offsetBytes + 84, meta.roCompat);
  putU32(view, offsetBytes + 88, meta.compat);
  putU32(view, offsetBytes + 92, meta.capacityUnits);
  meta.createdNs.write(view, offsetBytes + 96);
  meta.writtenNs.write(view, offsetBytes + 104);
  putVersionText(area, offsetBytes + 112, meta.software);
  hash.hash64(bytes, offsetBytes, hashOffsetBytes, meta.hash);
  meta.hash.write(view, offsetBytes + hashOffsetBytes);
}

/** `slotIndex` is the place that it was read from, 0 or 1. */
export function readMetaSlot(
  area: ByteView,
  offsetBytes: number,
  slotIndex: number,
  meta: MetaSlot,
  hash: Hash64,
): ReadStatus {
  const { bytes, view } = area;
  assert(slotIndex === 0 || slotIndex === 1, 'META has two slots');
  if (!area.holds(offsetBytes, metaSlotSizeBytes)) return ReadStatus.Truncated;
  if (view.getUint32(offsetBytes, true) !== magic) return ReadStatus.NotFound;
  hash.hash64(bytes, offsetBytes, hashOffsetBytes, meta.hash);
  if (!meta.hash.equalsAt(view, offsetBytes + hashOffsetBytes)) return ReadStatus.Damaged;
  if (view.getUint16(offsetBytes + 4, true) !== formatMajor) return ReadStatus.UnknownMajor;
  meta.minor = view.getUint16(offsetBytes + 6, true);
  meta.generation = getSequence(view, offsetBytes + 8);
  meta.vaultUuid.set(bytes.subarray(offsetBytes + 16, offsetBytes + 16 + vaultUuidSizeBytes));
  meta.epoch = view.getUint32(offsetBytes + 32, true);
  meta.flags = view.getUint32(offsetBytes + 36, true);
  meta.nextSegmentId = getSequence(view, offsetBytes + 40);
  meta.nextBlockSeq = getSequence(view, offsetBytes + 48);
  meta.nextEntrySeq = getSequence(view, offsetBytes + 56);
  meta.durableSeq = getSequence(view, offsetBytes + 64);
  meta.durableEntryEnd = getSequence(view, offsetBytes + 72);
  meta.incompat = view.getUint32(offsetBytes + 80, true);
  meta.roCompat = view.getUint32(offsetBytes + 84, true);
  meta.compat = view.getUint32(offsetBytes + 88, true);
  meta.capacityUnits = view.getUint32(offsetBytes + 92, true);
  meta.createdNs.read(view, offsetBytes + 96);
  meta.writtenNs.read(view, offsetBytes + 104);
  meta.software = getVersionText(area, offsetBytes + 112);
  if ((meta.incompat & ~knownFeatures.incompat) !== 0) return ReadStatus.UnknownFeature;
  if ((meta.flags & MetaFlag.Encrypted) !== 0) return ReadStatus.UnknownFeature;
  const fault = metaFault(meta);
  if (fault !== ReadStatus.Ok) return fault;
  return slotIndexOf(meta.generation) === slotIndex ? ReadStatus.Ok : ReadStatus.Misplaced;
}

function metaFault(meta: MetaSlot): ReadStatus {
  const isWithinLimits =
    meta.generation >= 1 &&
    meta.epoch >= 1 &&
    meta.nextSegmentId >= 1 &&
    meta.nextBlockSeq >= 1 &&
    meta.nextEntrySeq >= 0 &&
    meta.durableSeq >= 0 &&
    meta.durableEntryEnd >= 0 &&
    meta.capacityUnits >= segmentUnitsMin &&
    meta.capacityUnits <= segmentUnitsMax;
  if (!isWithinLimits) return ReadStatus.BeyondLimit;
  return meta.durableSeq < meta.nextBlockSeq && meta.durableEntryEnd <= meta.nextEntrySeq
    ? ReadStatus.Ok
    : ReadStatus.Inconsistent;
}
