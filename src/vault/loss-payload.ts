// LOSS: which entries are gone, and why. An audit trail for people; the counters live in the
// cursors.
//
// A 5B frame, then 48 bytes for each range, little endian:
//
//     0  u64  from                  8  u64  to, exclusive         16  u64  bytes
//    24  u64  segmentId            32  u64  unix ns               40  u16  reason
//    42  6    zero

import { assert } from '../assert.ts';
import type { ByteView } from './byte-view.ts';
import { getSequence, putSequence, putU16, putU32 } from './field-bytes.ts';
import {
  FrameMagic,
  frameHeadSizeBytes,
  LossReason,
  lossRangeSizeBytes,
  lossRangesMax,
} from './format.ts';
import { checkFrameHead, putFrameHead } from './payload-frame.ts';
import { ReadStatus } from './read-status.ts';
import { U64 } from './u64.ts';

/** Reused. */
export class LossRange {
  fromEntrySeq = 0;
  /** Exclusive. */
  toEntrySeq = 0;
  sizeBytes = 0;
  /** 0: no one segment. */
  segmentId = 0;
  readonly atNs = new U64();
  /** A LossReason; readers take any, since newer writers may have more of them. */
  reason: number = LossReason.Quota;
}

/** Stored length of the LOSS block; the ranges go behind the head. */
export function putLossHead(area: ByteView, offsetBytes: number, rangeCount: number): number {
  assert(rangeCount >= 1 && rangeCount <= lossRangesMax, 'loss of no or too many ranges');
  const payloadSizeBytes = rangeCount * lossRangeSizeBytes;
  putFrameHead(area, offsetBytes, FrameMagic.Payload, payloadSizeBytes);
  return frameHeadSizeBytes + payloadSizeBytes;
}

/** The raw length in the block's header says how many ranges there are. */
export function checkLossHead(
  area: ByteView,
  offsetBytes: number,
  rawSizeBytes: number,
): ReadStatus {
  if (rawSizeBytes < lossRangeSizeBytes || rawSizeBytes % lossRangeSizeBytes !== 0)
    return ReadStatus.Inconsistent;
  if (rawSizeBytes / lossRangeSizeBytes > lossRangesMax) return ReadStatus.BeyondLimit;
  const frameSizeBytes = frameHeadSizeBytes + rawSizeBytes;
  return checkFrameHead(area, offsetBytes, FrameMagic.Payload, frameSizeBytes);
}

export function putLossRange(area: ByteView, offsetBytes: number, range: LossRange): void {
  const { view } = area;
  assert(area.holds(offsetBytes, lossRangeSizeBytes), 'no room for a range');
  assert(lossFault(range) === ReadStatus.Ok, 'lost range contradicts itself');
  assert(range.reason <= LossReason.DeadLetterCap, 'no such reason of loss');
  putSequence(view, offsetBytes, range.fromEntrySeq);
  putSequence(view, offsetBytes + 8, range.toEntrySeq);
  putSequence(view, offsetBytes + 16, range.sizeBytes);
  putSequence(view, offsetBytes + 24, range.segmentId);
  range.atNs.write(view, offsetBytes + 32);
  putU16(view, offsetBytes + 40, range.reason);
  putU16(view, offsetBytes + 42, 0);
  putU32(view, offsetBytes + 44, 0);
}

export function readLossRange(area: ByteView, offsetBytes: number, range: LossRange): ReadStatus {
  const { view } = area;
  if (!area.holds(offsetBytes, lossRangeSizeBytes)) return ReadStatus.Truncated;
  range.fromEntrySeq = getSequence(view, offsetBytes);
  range.toEntrySeq = getSequence(view, offsetBytes + 8);
  range.sizeBytes = getSequence(view, offsetBytes + 16);
  range.segmentId = getSequence(view, offsetBytes + 24);
  range.atNs.read(view, offsetBytes + 32);
  range.reason = view.getUint16(offsetBytes + 40, true);
  return lossFault(range);
}

function lossFault(range: LossRange): ReadStatus {
  if (range.fromEntrySeq < 0 || range.toEntrySeq < 0) return ReadStatus.BeyondLimit;
  if (range.sizeBytes < 0 || range.segmentId < 0) return ReadStatus.BeyondLimit;
  return range.fromEntrySeq < range.toEntrySeq && range.reason >= LossReason.Quota
    ? ReadStatus.Ok
    : ReadStatus.Inconsistent;
}
