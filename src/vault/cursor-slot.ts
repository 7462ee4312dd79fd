// A cursor: what one destination has settled. Ranges above the watermark and the counters are in
// one slot under one hash, so they cannot disagree, and the ledger is checked on both sides of the
// disk (cursor-rules.ts). Two slots are written in turn.
//
// 32768 bytes, slot = generation & 1, little endian:
//
//     0  4    'VCUR'                4  u16  major, u16 minor       8  u64  generation
//    16  u32  vaultTag             20  u32  epoch                 24  u64  consumerHash
//    32  u32  rangeCount           36  u32  flags, 0              40  u64  watermark
//    48  u64  base                 56  u64  durableSeq            64  u64  durableEntryEnd
//    72  u64  delivered            80  u64  lost                  88  u64  dropped
//    96  u64  deadLettered        104  u64  skipped              112  u64  written, unix ns
//   120  u64  XXH64 of 0..119 followed by 128..32767             128  ..   ranges: u64 start, u64 end

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';
import { cursorFault } from './cursor-rules.ts';
import { getSequence, putSequence, putU32 } from './field-bytes.ts';
import { cursorRangesMax, cursorSlotSizeBytes, formatMajor, formatMinor } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import { slotIndexOf } from './slot-pair.ts';
import { U64 } from './u64.ts';

/** Reused: one for each consumer. */
export class CursorSlot {
  minor = formatMinor;
  /** From 1. */
  generation = 0;
  vaultTag = 0;
  epoch = 0;
  readonly consumerHash = new U64();
  /** Every entry below is settled. */
  watermark = 0;
  /** Where this consumer began; what is below never counts. */
  base = 0;
  durableSeq = 0;
  durableEntryEnd = 0;
  delivered = 0;
  lost = 0;
  dropped = 0;
  deadLettered = 0;
  skipped = 0;
  readonly writtenNs = new U64();
  rangeCount = 0;
  /** Settled above the watermark: start and exclusive end in turn, sorted, never touching. */
  readonly ranges = new Float64Array(2 * cursorRangesMax); // sequences are below 2^53
  /** Of the slot itself; set by reading and by writing. */
  readonly hash = new U64();
}

const magic = 0x52554356; // 'VCUR'
const hashOffsetBytes = 120;
const rangesOffsetBytes = 128;
const rangeSizeBytes = 16;

export function writeCursorSlot(
  area: ByteView,
  offsetBytes: number,
  cursor: CursorSlot,
  hash: Hash64,
): void {
  const { bytes, view } = area;
  assert(area.holds(offsetBytes, cursorSlotSizeBytes), 'no room for a cursor slot');
  assert(cursorFault(cursor) === ReadStatus.Ok, 'cursor contradicts itself');
  bytes.fill(0, offsetBytes, offsetBytes + cursorSlotSizeBytes);
  putU32(view, offsetBytes, magic);
  putU32(view, offsetBytes + 4, formatMajor | (formatMinor << 16));
  putSequence(view, offsetBytes + 8, cursor.generation);
  putU32(view, offsetBytes + 16, cursor.vaultTag);
  putU32(view, offsetBytes + 20, cursor.epoch);
  cursor.consumerHash.write(view, offsetBytes + 24);
  putU32(view, offsetBytes + 32, cursor.rangeCount);
  putSequence(view, offsetBytes + 40, cursor.watermark);
  putSequence(view, offsetBytes + 48, cursor.base);
  putSequence(view, offsetBytes + 56, cursor.durableSeq);
  putSequence(view, offsetBytes + 64, cursor.durableEntryEnd);
  putSequence(view, offsetBytes + 72, cursor.delivered);
  putSequence(view, offsetBytes + 80, cursor.lost);
  putSequence(view, offsetBytes + 88, cursor.dropped);
  putSequence(view, offsetBytes + 96, cursor.deadLettered);
  putSequence(view, offsetBytes + 104, cursor.skipped);
  cursor.writtenNs.write(view, offsetBytes + 112);
  for (let word = 0; word < 2 * cursor.rangeCount; word += 1) {
    // inside the array: rangeCount is within its limit
    putSequence(view, offsetBytes + rangesOffsetBytes + 8 * word, cursor.ranges[word]!);
  }
  hashSlot(bytes, offsetBytes, cursor.hash, hash);
  cursor.hash.write(view, offsetBytes + hashOffsetBytes);
}

/**
 * `slotIndex` is the place that it was read from, 0 or 1. The bytes are moved while they are
 * hashed and moved back, so nobody else may be looking at them.
 */
export function readCursorSlot(
  area: ByteView,
  offsetBytes: number,
  slotIndex: number,
  cursor: CursorSlot,
  hash: Hash64,
): ReadStatus {
  const { bytes, view } = area;
  assert(slotIndex === 0 || slotIndex === 1, 'a cursor has two slots');
  if (!area.holds(offsetBytes, cursorSlotSizeBytes)) return ReadStatus.Truncated;
  if (view.getUint32(offsetBytes, true) !== magic) return ReadStatus.NotFound;
  hashSlot(bytes, offsetBytes, cursor.hash, hash);
  if (!cursor.hash.equalsAt(view, offsetBytes + hashOffsetBytes)) return ReadStatus.Damaged;
  if (view.getUint16(offsetBytes + 4, true) !== formatMajor) return ReadStatus.UnknownMajor;
  cursor.minor = view.getUint16(offsetBytes + 6, true);
  cursor.generation = getSequence(view, offsetBytes + 8);
  cursor.vaultTag = view.getUint32(offsetBytes + 16, true);
  cursor.epoch = view.getUint32(offsetBytes + 20, true);
  cursor.consumerHash.read(view, offsetBytes + 24);
  cursor.rangeCount = view.getUint32(offsetBytes + 32, true);
  cursor.watermark = getSequence(view, offsetBytes + 40);
  cursor.base = getSequence(view, offsetBytes + 48);
  cursor.durableSeq = getSequence(view, offsetBytes + 56);
  cursor.durableEntryEnd = getSequence(view, offsetBytes + 64);
  cursor.delivered = getSequence(view, offsetBytes + 72);
  cursor.lost = getSequence(view, offsetBytes + 80);
  cursor.dropped = getSequence(view, offsetBytes + 88);
  cursor.deadLettered = getSequence(view, offsetBytes + 96);
  cursor.skipped = getSequence(view, offsetBytes + 104);
  cursor.writtenNs.read(view, offsetBytes + 112);
  if (cursor.rangeCount > cursorRangesMax) return ReadStatus.BeyondLimit;
  for (let word = 0; word < 2 * cursor.rangeCount; word += 1) {
    cursor.ranges[word] = getSequence(view, offsetBytes + rangesOffsetBytes + 8 * word);
  }
  const fault = cursorFault(cursor);
  if (fault !== ReadStatus.Ok) return fault;
  return slotIndexOf(cursor.generation) === slotIndex ? ReadStatus.Ok : ReadStatus.Misplaced;
}

// The hash stands between what it covers. Moving the 120 bytes in front of it up by eight makes
// both parts one, without a copy of the slot; then they go back. The hash's own bytes are kept.
function hashSlot(bytes: Uint8Array, offsetBytes: number, out: U64, hash: Hash64): void {
  assert(rangesOffsetBytes === hashOffsetBytes + 8, 'hash is not in front of the ranges');
  assert(rangesOffsetBytes + rangeSizeBytes * cursorRangesMax === cursorSlotSizeBytes, 'slot size');
  const slot = offsetBytes;
  const own = [0, 1, 2, 3, 4, 5, 6, 7].map((at) => bytes[slot + hashOffsetBytes + at] ?? 0);
  bytes.copyWithin(slot + 8, slot, slot + hashOffsetBytes);
  hash.hash64(bytes, slot + 8, cursorSlotSizeBytes - 8, out);
  bytes.copyWithin(slot, slot + 8, slot + rangesOffsetBytes);
  bytes.set(own, slot + hashOffsetBytes);
}
