// What one destination has settled, and how: the operations on a CursorSlot. The vault thread keeps
// one of these for the disk and the replay thread one in memory, to decide what to hand out; both
// do the same operations, so they agree. Nothing here allocates once it is made.

import { assert, unreachable } from '../assert.ts';
import { CursorSlot } from './cursor-slot.ts';
import { sequenceMax } from './field-bytes.ts';
import { cursorRangesMax } from './format.ts';
import { SettleKind } from './hand-over.ts';

/** A cursor as plain data, for the way from thread to thread. */
export interface CursorSnapshot {
  readonly base: number;
  readonly watermark: number;
  readonly delivered: number;
  readonly lost: number;
  readonly dropped: number;
  readonly deadLettered: number;
  readonly skipped: number;
  /** Start and exclusive end in turn. */
  readonly ranges: Float64Array;
}

/** What settle() answers if it took nothing: one range more than a slot holds. */
export const settleRefused = -1;

export class ConsumerCursor {
  /** Written by this and by cursor-file.ts alone. */
  readonly slot: CursorSlot;
  readonly #rangesMax: number;
  #inRanges = 0;

  /**
   * The slot is this one's from now on; what it says is valid, or it is new. Fewer ranges than the
   * format has are for tests.
   */
  constructor(slot: CursorSlot = new CursorSlot(), rangesMax: number = cursorRangesMax) {
    assert(rangesMax >= 1 && rangesMax <= cursorRangesMax, 'limit of ranges off its limits');
    this.slot = slot;
    this.#rangesMax = rangesMax;
    this.#countRanges();
  }

  /** Forgets everything and begins at this entry. */
  begin(entrySeq: number): void {
    assert(Number.isSafeInteger(entrySeq) && entrySeq >= 0, 'not an entrySeq');
    const counters = { delivered: 0, lost: 0, dropped: 0, deadLettered: 0, skipped: 0 };
    Object.assign(this.slot, counters, { base: entrySeq, watermark: entrySeq, rangeCount: 0 });
    this.#inRanges = 0;
  }

  /** Every entry below is settled. */
  get watermark(): number {
    return this.slot.watermark;
  }

  /** Settled above the watermark. */
  get settledInRanges(): number {
    return this.#inRanges;
  }

  /** Settled since the base, in any way. */
  get settledCount(): number {
    return this.slot.watermark - this.slot.base + this.#inRanges;
  }

  /** Above every entry that it says anything of. */
  get settledEnd(): number {
    const { rangeCount, ranges, watermark } = this.slot;
    return rangeCount === 0 ? watermark : ranges[2 * rangeCount - 1]!; // inside: below the count
  }

  /**
   * Settles `count` consecutive entries. How many of them were not settled before: the others are
   * duplicates and keep their kind. settleRefused: nothing was taken, and the entries come again.
   */
  settle(kind: SettleKind, fromSeq: number, count: number): number {
    assert(Number.isSafeInteger(fromSeq) && fromSeq >= 0, 'not an entrySeq');
    assert(Number.isSafeInteger(count) && count >= 1, 'settles no entry');
    assert(fromSeq <= sequenceMax - count, 'entry above the limit of sequences');
    const end = fromSeq + count;
    if (end <= this.slot.watermark) return 0;
    const newCount = this.#add(Math.max(fromSeq, this.slot.watermark), end);
    if (newCount > 0) this.#count(kind, newCount);
    return newCount;
  }

  /** False: settle() would refuse this entry. */
  canSettle(entrySeq: number): boolean {
    const { rangeCount, ranges, watermark } = this.slot;
    if (rangeCount < this.#rangesMax || entrySeq <= watermark) return true;
    const range = this.#firstEndingAbove(entrySeq - 1);
    return range < rangeCount && ranges[2 * range]! <= entrySeq + 1; // inside: below the count
  }

  /** Settles everything below `endSeq`. It never needs a range, so it is always taken. */
  settleBelow(kind: SettleKind, endSeq: number): number {
    const { watermark } = this.slot;
    return endSeq <= watermark ? 0 : this.settle(kind, watermark, endSeq - watermark);
  }

  /**
   * So many of its dead letters are in the log again, as entries with numbers of their own: the
   * numbers that they had count for nothing any more.
   */
  redriven(count: number): void {
    assert(Number.isSafeInteger(count) && count >= 0, 'not a count');
    const moved = Math.min(count, this.slot.deadLettered);
    this.slot.deadLettered -= moved;
    this.slot.skipped += moved;
    this.#assertLedger();
  }

  isSettled(entrySeq: number): boolean {
    return entrySeq < this.slot.watermark || this.#rangeOf(entrySeq) !== -1;
  }

  /** The first entry from there on that is not settled. */
  nextUnsettled(fromSeq: number): number {
    if (fromSeq < this.slot.watermark) return this.slot.watermark; // no range touches it
    const range = this.#rangeOf(fromSeq);
    return range === -1 ? fromSeq : this.slot.ranges[2 * range + 1]!; // inside: it was found
  }

  /** The first entry from there on that is settled; Infinity: none. */
  nextSettled(fromSeq: number): number {
    if (fromSeq < this.slot.watermark) return fromSeq;
    const range = this.#firstEndingAbove(fromSeq);
    if (range === this.slot.rangeCount) return Number.POSITIVE_INFINITY;
    return Math.max(fromSeq, this.slot.ranges[2 * range]!); // inside: below the count
  }

  /** The last entry below `endSeq` that is not settled; -1: none. */
  lastUnsettledBelow(endSeq: number): number {
    const entrySeq = endSeq - 1;
    if (entrySeq < this.slot.watermark) return -1;
    const range = this.#rangeOf(entrySeq);
    // What is below a range is not settled: ranges touch neither each other nor the watermark.
    return range === -1 ? entrySeq : this.slot.ranges[2 * range]! - 1; // inside: it was found
  }

  /** Entries below `entryEnd` that are not settled: what is in the vault for this consumer. */
  unsettledCount(entryEnd: number): number {
    const { watermark, rangeCount, ranges } = this.slot;
    if (entryEnd <= watermark) return 0;
    let settled = this.#inRanges;
    // Seldom any: only a cursor that is ahead of the log.
    for (let range = rangeCount - 1; range >= 0 && ranges[2 * range + 1]! > entryEnd; range -= 1) {
      settled -= ranges[2 * range + 1]! - Math.max(ranges[2 * range]!, entryEnd);
    }
    return entryEnd - watermark - settled;
  }

  snapshot(): CursorSnapshot {
    const { base, watermark, delivered, lost, dropped, deadLettered, skipped } = this.slot;
    const ranges = this.slot.ranges.slice(0, 2 * this.slot.rangeCount);
    return { base, watermark, delivered, lost, dropped, deadLettered, skipped, ranges };
  }

  /** Becomes what the other one was at snapshot(). */
  restore(snapshot: CursorSnapshot): void {
    const { ranges, ...fields } = snapshot;
    assert(ranges.length <= 2 * this.#rangesMax, 'snapshot has too many ranges');
    Object.assign(this.slot, fields, { rangeCount: ranges.length / 2 });
    this.slot.ranges.set(ranges);
    this.#countRanges();
  }

  // [from, end) with from at or above the watermark and end above it. The entries that are new.
  #add(from: number, end: number): number {
    const { slot } = this;
    const { ranges, watermark } = slot;
    // Ranges first to last - 1 overlap it or touch it; all become one.
    const first = this.#firstEndingAbove(from - 1);
    let last = first;
    let mergedStart = from;
    let mergedEnd = end;
    let newCount = end - from;
    for (; last < slot.rangeCount && ranges[2 * last]! <= end; last += 1) {
      const rangeStart = ranges[2 * last]!; // inside: below the count
      const rangeEnd = ranges[2 * last + 1]!;
      newCount -= Math.min(rangeEnd, end) - Math.max(rangeStart, from);
      mergedStart = Math.min(mergedStart, rangeStart);
      mergedEnd = Math.max(mergedEnd, rangeEnd);
    }
    if (mergedStart === watermark) {
      assert(first === 0, 'range below the watermark');
      this.#replace(0, last, 0);
      slot.watermark = mergedEnd;
      this.#inRanges += newCount - (mergedEnd - watermark);
      return newCount;
    }
    if (first === last && slot.rangeCount === this.#rangesMax) return settleRefused;
    this.#replace(first, last, 1);
    ranges[2 * first] = mergedStart;
    ranges[2 * first + 1] = mergedEnd;
    this.#inRanges += newCount;
    return newCount;
  }

  // Room for `count` ranges where those from `first` to before `last` were.
  #replace(first: number, last: number, count: number): void {
    const { slot } = this;
    if (last - first === count) return;
    slot.ranges.copyWithin(2 * (first + count), 2 * last, 2 * slot.rangeCount);
    slot.rangeCount += count - (last - first);
  }

  #count(kind: SettleKind, count: number): void {
    const { slot } = this;
    switch (kind) {
      case SettleKind.Delivered:
        slot.delivered += count;
        break;
      case SettleKind.Lost:
        slot.lost += count;
        break;
      case SettleKind.Dropped:
        slot.dropped += count;
        break;
      case SettleKind.DeadLettered:
        slot.deadLettered += count;
        break;
      case SettleKind.Skipped:
        slot.skipped += count;
        break;
      default:
        unreachable(kind, 'kind of settling');
    }
    this.#assertLedger();
  }

  #countRanges(): void {
    const { ranges, rangeCount } = this.slot;
    this.#inRanges = 0;
    for (let range = 0; range < rangeCount; range += 1) {
      this.#inRanges += ranges[2 * range + 1]! - ranges[2 * range]!; // inside: below the count
    }
    this.#assertLedger();
  }

  // The sum is exact: it is what is settled, below 2^53.
  #assertLedger(): void {
    const { delivered, lost, dropped, deadLettered, skipped } = this.slot;
    const sum = delivered + lost + dropped + deadLettered + skipped;
    assert(sum === this.settledCount, 'ledger of a cursor does not add up');
    assert(this.#inRanges >= 0, 'ranges of a cursor contradict each other');
  }

  /** Index of the range that an entry is in; -1: none. */
  #rangeOf(entrySeq: number): number {
    const range = this.#firstEndingAbove(entrySeq);
    const { rangeCount, ranges } = this.slot;
    return range < rangeCount && ranges[2 * range]! <= entrySeq ? range : -1;
  }

  /** The first range with an end above `entrySeq`; the count, if there is none. */
  #firstEndingAbove(entrySeq: number): number {
    const { rangeCount, ranges } = this.slot;
    // Mostly it is the last range that grows, behind the one entry that is missing.
    if (rangeCount === 0 || ranges[2 * rangeCount - 1]! <= entrySeq) return rangeCount;
    let [low, high] = [0, rangeCount - 1];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ranges[2 * middle + 1]! > entrySeq) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
