// The segments of a log as its readers keep them, by their numbers: 104 bytes each, since there may
// be any number of them and each reader's thread knows all.

import { assert } from '../assert.ts';
import { segmentPath } from './file-names.ts';
import type { ReadStatus } from './read-status.ts';
import type { SegmentEntrance } from './segment-entrance.ts';
import { OriginSource } from './segment-table.ts';
import { U64 } from './u64.ts';

/** A segment that is part of the log. */
export interface LogSegment extends SegmentEntrance {
  readonly path: string;
  /** As listed; 0: not listed. Says where a trailer may be, and nothing about the log. */
  readonly fileSizeBytes: number;
  /** The last block that counts; of the newest segment the durable end's. */
  lastBlockSeq: number;
  /** Exclusive. */
  entryEnd: number;
  /** False: entryEnd is an upper bound. */
  isEndExact: boolean;
}

/** Where a segment ends, as the newer ones say. */
export type SegmentEnd = Pick<LogSegment, 'lastBlockSeq' | 'entryEnd' | 'isEndExact'>;

/** Sequences and sizes are below 2^53. */
const Wide = {
  SegmentId: 0,
  NamedId: 1,
  FileSizeBytes: 2,
  FirstBlockSeq: 3,
  FirstEntrySeq: 4,
  PrevSegmentId: 5,
  PrevLastBlock: 6,
  PrevEntryEnd: 7,
  LastBlockSeq: 8,
  EntryEnd: 9,
} as const;
const wideCount = 10;

const Word = { Epoch: 0, SaltLow: 1, SaltHigh: 2, ChainLow: 3, ChainHigh: 4, Flags: 5 } as const;
const wordCount = 6;

/** Bits 0 to 7: OriginSource; 8 to 15: ReadStatus of the header. */
const statusShift = 8;
const byteMask = 0xff;
const exactFlag = 1 << 16;
const voidFlag = 1 << 17;

export class EntranceTable {
  readonly #vaultTag: number;
  #wide = new Float64Array(wideCount * 64);
  #words = new Uint32Array(wordCount * 64);
  #first = 0;
  #end = 0;

  /** Of every segment in it. */
  constructor(vaultTag: number) {
    this.#vaultTag = vaultTag;
  }

  get count(): number {
    return this.#end - this.#first;
  }

  /** So many more are about to come. */
  reserve(count: number): void {
    if ((this.#end + count) * wideCount > this.#wide.length) this.#resize(this.count + count);
  }

  /** Takes the place of what has its number. `namedId` is what the file is called by. */
  put(entrance: SegmentEntrance, namedId: number, fileSizeBytes: number): void {
    const { segmentId, source, headerStatus, vaultTag, salt, prevChain } = entrance;
    assert(vaultTag === this.#vaultTag, 'segment of another vault');
    const index = this.indexFrom(segmentId);
    if (index === this.count || this.segmentId(index) !== segmentId) this.#makeRoomAt(index);
    const row = this.#first + index;
    this.#wide.set(
      [
        ...[segmentId, namedId, fileSizeBytes, entrance.firstBlockSeq, entrance.firstEntrySeq],
        ...[entrance.prevSegmentId, entrance.prevLastBlock, entrance.prevEntryEnd, 0, 0],
      ],
      row * wideCount,
    );
    assert((prevChain === undefined) === (source === OriginSource.Bound), 'chain of nothing known');
    this.#words.set(
      [
        ...[entrance.epoch, salt.low, salt.high, prevChain?.low ?? 0, prevChain?.high ?? 0],
        source | (headerStatus << statusShift) | exactFlag,
      ],
      row * wordCount,
    );
  }

  /** Of the first segment with this number or a higher one; count: there is none. */
  indexFrom(segmentId: number): number {
    let low = 0;
    let high = this.count;
    // Most are asked for, and put, at either end.
    if (high > 0 && this.segmentId(high - 1) < segmentId) return high;
    if (high > 0 && this.segmentId(0) >= segmentId) return 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.segmentId(middle) < segmentId) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  segmentId(index: number): number {
    return this.#wideOf(index, Wide.SegmentId);
  }

  /** The number in the name of the file, which may be that of another segment. */
  namedId(index: number): number {
    return this.#wideOf(index, Wide.NamedId);
  }

  firstEntrySeq(index: number): number {
    return this.#wideOf(index, Wide.FirstEntrySeq);
  }

  entryEnd(index: number): number {
    return this.#wideOf(index, Wide.EntryEnd);
  }

  end(index: number): SegmentEnd {
    const isEndExact = (this.#flags(index) & exactFlag) !== 0;
    const lastBlockSeq = this.#wideOf(index, Wide.LastBlockSeq);
    return { lastBlockSeq, entryEnd: this.entryEnd(index), isEndExact };
  }

  /** Nothing of it counts. */
  isVoid(index: number): boolean {
    return (this.#flags(index) & voidFlag) !== 0;
  }

  setVoid(index: number): void {
    this.#words[this.#inside(index) * wordCount + Word.Flags] = this.#flags(index) | voidFlag;
  }

  /** Where it begins, and where the log before it ends. */
  bounds(
    index: number,
  ): Pick<LogSegment, 'firstBlockSeq' | 'prevLastBlock' | 'prevEntryEnd' | 'source'> {
    return {
      firstBlockSeq: this.#wideOf(index, Wide.FirstBlockSeq),
      prevLastBlock: this.#wideOf(index, Wide.PrevLastBlock),
      prevEntryEnd: this.#wideOf(index, Wide.PrevEntryEnd),
      source: this.#source(index),
    };
  }

  setEnd(index: number, lastBlockSeq: number, entryEnd: number, isEndExact: boolean): void {
    const row = this.#inside(index);
    this.#wide[row * wideCount + Wide.LastBlockSeq] = lastBlockSeq;
    this.#wide[row * wideCount + Wide.EntryEnd] = entryEnd;
    const flags = this.#flags(index) & ~(exactFlag | voidFlag);
    this.#words[row * wordCount + Word.Flags] = flags | (isEndExact ? exactFlag : 0);
  }

  /** As it is now: what changes later does not change in it. */
  row(index: number): LogSegment {
    const wide = (column: number) => this.#wideOf(index, column);
    const at = this.#inside(index) * wordCount;
    const word = (column: number) => this.#words[at + column]!; // inside
    const flags = word(Word.Flags);
    const source = this.#source(index);
    // `as`: put() takes nothing else.
    const headerStatus = ((flags >>> statusShift) & byteMask) as ReadStatus;
    const chain = new U64().set(word(Word.ChainLow), word(Word.ChainHigh));
    return {
      ...{ source, headerStatus, vaultTag: this.#vaultTag, epoch: word(Word.Epoch) },
      segmentId: wide(Wide.SegmentId),
      salt: new U64().set(word(Word.SaltLow), word(Word.SaltHigh)),
      firstBlockSeq: wide(Wide.FirstBlockSeq),
      firstEntrySeq: wide(Wide.FirstEntrySeq),
      prevSegmentId: wide(Wide.PrevSegmentId),
      prevLastBlock: wide(Wide.PrevLastBlock),
      prevEntryEnd: wide(Wide.PrevEntryEnd),
      prevChain: source === OriginSource.Bound ? undefined : chain,
      path: segmentPath(wide(Wide.NamedId)),
      fileSizeBytes: wide(Wide.FileSizeBytes),
      ...this.end(index),
    };
  }

  removeFirst(count: number): void {
    assert(count <= this.count, 'fewer segments than are to go');
    this.#first += count;
  }

  #source(index: number): OriginSource {
    return (this.#flags(index) & byteMask) as OriginSource; // `as`: put() takes nothing else
  }

  #wideOf(index: number, column: number): number {
    return this.#wide[this.#inside(index) * wideCount + column]!; // inside
  }

  #flags(index: number): number {
    return this.#words[this.#inside(index) * wordCount + Word.Flags]!; // inside
  }

  #inside(index: number): number {
    assert(index >= 0 && index < this.count, 'no such segment');
    return this.#first + index;
  }

  #makeRoomAt(index: number): void {
    if ((this.#end + 1) * wideCount > this.#wide.length) {
      this.#resize(Math.max(64, 2 * this.count)); // moving them may be enough
    }
    const row = this.#first + index;
    this.#wide.copyWithin((row + 1) * wideCount, row * wideCount, this.#end * wideCount);
    this.#words.copyWithin((row + 1) * wordCount, row * wordCount, this.#end * wordCount);
    this.#end += 1;
  }

  #resize(capacity: number): void {
    const wide = new Float64Array(capacity * wideCount);
    const words = new Uint32Array(capacity * wordCount);
    wide.set(this.#wide.subarray(this.#first * wideCount, this.#end * wideCount));
    words.set(this.#words.subarray(this.#first * wordCount, this.#end * wordCount));
    this.#wide = wide;
    this.#words = words;
    this.#end -= this.#first;
    this.#first = 0;
  }
}
