// What must be true of any cursor: ranges in order, and the ledger. Every entry between the base
// and the watermark, and every one in a range, was delivered, lost, dropped, dead-lettered or
// skipped, exactly once:
//
//   watermark - base + sum(ranges) = delivered + lost + dropped + deadLettered + skipped

import { cursorRangesMax } from './format.ts';
import { ReadStatus } from './read-status.ts';

/** The part of a CursorSlot that has rules. */
export interface RuledCursor {
  readonly generation: number;
  readonly epoch: number;
  readonly watermark: number;
  readonly base: number;
  readonly durableSeq: number;
  readonly durableEntryEnd: number;
  readonly delivered: number;
  readonly lost: number;
  readonly dropped: number;
  readonly deadLettered: number;
  readonly skipped: number;
  readonly rangeCount: number;
  readonly ranges: Float64Array;
}

/** Ok, or what is wrong with it. */
export function cursorFault(cursor: RuledCursor): ReadStatus {
  if (!isWithinLimits(cursor)) return ReadStatus.BeyondLimit;
  if (cursor.base > cursor.watermark) return ReadStatus.Inconsistent;
  const inRanges = settledInRanges(cursor);
  if (inRanges < 0) return ReadStatus.Inconsistent;
  return ledgerAddsUp(cursor, cursor.watermark - cursor.base + inRanges)
    ? ReadStatus.Ok
    : ReadStatus.Inconsistent;
}

// A sequence that was refused is below zero.
function isWithinLimits(cursor: RuledCursor): boolean {
  return (
    cursor.generation >= 1 &&
    cursor.epoch >= 1 &&
    cursor.watermark >= 0 &&
    cursor.base >= 0 &&
    cursor.durableSeq >= 0 &&
    cursor.durableEntryEnd >= 0 &&
    cursor.rangeCount <= cursorRangesMax
  );
}

/** Entries in the ranges, or -1 if they are out of order, empty, overlap or touch. */
function settledInRanges(cursor: RuledCursor): number {
  let settled = 0;
  let endBefore = cursor.watermark;
  for (let range = 0; range < cursor.rangeCount; range += 1) {
    const start = cursor.ranges[2 * range]!; // inside: the count is within its limit
    const end = cursor.ranges[2 * range + 1]!; // the same
    // Ranges that touch each other or the watermark would have been merged.
    if (start <= endBefore || end <= start) return -1;
    settled += end - start;
    endBefore = end;
  }
  return settled;
}

// Subtracted one by one, since the sum of five numbers below 2^53 need not be exact.
function ledgerAddsUp(cursor: RuledCursor, settled: number): boolean {
  let left = settled;
  for (const count of [
    ...[cursor.delivered, cursor.lost, cursor.dropped],
    ...[cursor.deadLettered, cursor.skipped],
  ]) {
    if (count < 0 || count > left) return false;
    left -= count;
  }
  return left === 0;
}
