// What the vault thread and the replay thread tell everybody: how far the log is durable, and
// numbers for status and metrics. Each word has one writer; readers see it a little late and never
// torn. What the numbers of a state mean is defined in vault/.
//
// Layout:
//
//      0  u32        version of the durable end: how often it was published
//     64  2 slots    of 64 bytes, version v in slot v & 1; four values, u64 as two u32, low first:
//                    live segment | end | block | entry end
//    192  float64    the words of VaultWord, those of ConsumerWord for each consumer, two for each
//                    reason of dead letters, and a histogram (time-histogram.ts) of syncs
//
// The writer fills the slot that nobody is sent to and then publishes the version. A reader whose
// version is still the published one after reading has read a slot that was not touched meanwhile:
// it never waits for a writer that has lost its core, only for one that goes on.

import { assert } from '../assert.ts';
import { cacheLineSizeBytes } from './region.ts';
import { destinationsMax } from './state-page.ts';
import { TimeCounts, timeHistogramWords } from './time-histogram.ts';

/** How far the accepted log is on disk, after fdatasync. */
export class DurableEnd {
  /** The segment that is being written; 0: nothing was appended in this epoch. */
  liveSegmentId = 0;
  /** Of that segment: whole groups end here. */
  endBytes = 0;
  /** The last block. */
  blockSeq = 0;
  /** Exclusive. */
  entryEnd = 0;
}

/** Words of the vault thread; ReplayState and the three behind it are the replay thread's. */
export const VaultWord = {
  State: 0,
  /** 1: direct I/O. */
  Direct: 1,
  /** Why not. */
  DirectReason: 2,
  Medium: 3,
  Lock: 4,
  SpareState: 5,
  LimitBytes: 6,
  /** Everything that the limit counts. */
  UsedBytes: 7,
  LiveBytes: 8,
  SpareBytes: 9,
  CursorBytes: 10,
  QuarantineBytes: 11,
  QuarantineFiles: 12,
  /** Evidence that went because the quarantine was full. */
  QuarantineEvicted: 13,
  ForeignBytes: 14,
  DeadLetterBytes: 15,
  SegmentCount: 16,
  /** The oldest that some consumer has not settled. */
  OldestEntrySeq: 17,
  AppendedEntries: 18,
  /** Bodies, before compression. */
  AppendedBytes: 19,
  /** As written, with headers and padding. */
  StoredBytes: 20,
  Groups: 21,
  Marks: 22,
  Syncs: 23,
  SyncMsMax: 24,
  AnsweredFull: 25,
  AnsweredReadOnly: 26,
  /** Acknowledged and unreadable. */
  LostEntries: 27,
  /** At the end of the log, never acknowledged. */
  TornBlocks: 28,
  /** Acknowledged and dropped to make room, as configured. */
  DroppedEntries: 29,
  DeadLetters: 30,
  /** The last error of the disk; 0: none. */
  LastFault: 31,
  RecoveryMs: 32,
  FreedSegments: 33,
  /** Segments begun. */
  Rotations: 34,
  /** Written once more into a fresh segment after a failure. */
  RewrittenGroups: 35,
  /** Of the file system, for this process; below 0: it does not say. */
  DiskFreeBytes: 40,
  /**
   * Wall time at which the oldest entry that some consumer has not settled was received, or a
   * little earlier; 0: there is none, or nobody knows.
   */
  OldestReceivedMs: 41,
  /** Dead letters that are neither redriven nor purged; then those that are, ever. */
  WaitingLetters: 42,
  RedrivenLetters: 43,
  PurgedLetters: 44,
  /** The replay thread's: dead letters of which it put the batch into the log again. */
  RedrivenEntries: 45,
  /** The replay thread's: ms until nothing waits, at the pace of the last seconds; 0: not known. */
  ReplayEtaMs: 46,
  /** In the segments that FreedSegments counts: numbers of entries, and bytes of the files. */
  ReleasedEntries: 47,
  ReleasedBytes: 48,
  /** Of the log, found by recovery or by a reader since the start, each once. */
  DamagedBlocks: 49,
  /** The replay thread's, as the next three. */
  ReplayState: 36,
  ReplayedEntries: 37,
  ReplayedBytes: 38,
  /** Sent although the destination may have them. */
  DuplicateEntries: 39,
} as const;
export type VaultWord = (typeof VaultWord)[keyof typeof VaultWord];

/** Words of one consumer's cursor, written by the vault thread. */
export const ConsumerWord = {
  Base: 0,
  /** Every entry below is settled. */
  Watermark: 1,
  /** Settled above the watermark. */
  SettledInRanges: 2,
  Delivered: 3,
  Lost: 4,
  Dropped: 5,
  DeadLettered: 6,
  Skipped: 7,
  /** In the vault for this consumer. */
  Unsettled: 8,
} as const;
export type ConsumerWord = (typeof ConsumerWord)[keyof typeof ConsumerWord];

/** Reasons are numbers of the vault's format from 1 on; there is room for two that are not yet. */
export const deadLetterReasonMax = 8;

const versionWord = 0;
const firstSlotWord = cacheLineSizeBytes / 4;
const slotWords = cacheLineSizeBytes / 4;
const endWords = firstSlotWord + 2 * slotWords;
const wordsOffsetBytes = endWords * 4;
const wordSizeBytes = 8;
const vaultWordCount = Object.keys(VaultWord).length;
const consumerWordCount = Object.keys(ConsumerWord).length;
const lettersAt = vaultWordCount + destinationsMax * consumerWordCount;
const syncTimesAt = lettersAt + 2 * (deadLetterReasonMax + 1);
const wordCount = syncTimesAt + timeHistogramWords;

export const vaultPageSizeBytes = wordsOffsetBytes + wordCount * wordSizeBytes;

/** One consumer's words. */
export interface ConsumerWords {
  set(word: ConsumerWord, value: number): void;
  add(word: ConsumerWord, amount: number): void;
  get(word: ConsumerWord): number;
}

export class VaultPage {
  readonly #end: Uint32Array<SharedArrayBuffer>;
  readonly #words: Float64Array<SharedArrayBuffer>;

  /** `buffer` has vaultPageSizeBytes there. Zeroed memory is a vault that has done nothing yet. */
  constructor(buffer: SharedArrayBuffer, offsetBytes: number) {
    assert(offsetBytes % cacheLineSizeBytes === 0, 'vault page not aligned');
    this.#end = new Uint32Array(buffer, offsetBytes, endWords);
    this.#words = new Float64Array(buffer, offsetBytes + wordsOffsetBytes, wordCount);
  }

  /** Vault thread, after fdatasync and before anybody is told. */
  publishEnd(end: DurableEnd): void {
    const version = this.#end[versionWord]! + 1; // only the vault thread writes it
    const slot = slotOf(version);
    this.#store(slot, end.liveSegmentId);
    this.#store(slot + 2, end.endBytes);
    this.#store(slot + 4, end.blockSeq);
    this.#store(slot + 6, end.entryEnd);
    Atomics.store(this.#end, versionWord, version); // the view takes it modulo 2^32
  }

  /** All four values of one publishEnd(); zeros before the first. */
  readEnd(out: DurableEnd): void {
    // Each further turn means that a whole publishEnd() came in between, after an fdatasync of its
    // own: there is no second one in practice.
    for (;;) {
      const version = Atomics.load(this.#end, versionWord);
      const slot = slotOf(version);
      out.liveSegmentId = this.#load(slot);
      out.endBytes = this.#load(slot + 2);
      out.blockSeq = this.#load(slot + 4);
      out.entryEnd = this.#load(slot + 6);
      if (Atomics.load(this.#end, versionWord) === version) return;
    }
  }

  set(word: VaultWord, value: number): void {
    this.#words[word] = value;
  }

  add(word: VaultWord, amount: number): void {
    this.#words[word]! += amount; // the view holds every word
  }

  get(word: VaultWord): number {
    return this.#words[word]!; // the view holds every word
  }

  /** One batch went into the dead letter; `recordCount`: as far as somebody has counted. */
  addDeadLetter(reason: number, recordCount: number): void {
    assert(reason >= 0 && reason <= deadLetterReasonMax, 'reason of no dead letter');
    this.#words[lettersAt + 2 * reason]! += 1; // as below
    this.#words[lettersAt + 2 * reason + 1]! += recordCount;
  }

  deadLetters(reason: number): { readonly batchCount: number; readonly recordCount: number } {
    assert(reason >= 0 && reason <= deadLetterReasonMax, 'reason of no dead letter');
    const at = lettersAt + 2 * reason;
    const [batchCount = 0, recordCount = 0] = this.#words.subarray(at, at + 2);
    return { batchCount, recordCount };
  }

  /** A segment was deleted, because nobody needs anything of it. */
  addReleased(entryCount: number, sizeBytes: number): void {
    this.add(VaultWord.FreedSegments, 1);
    this.add(VaultWord.ReleasedEntries, entryCount);
    this.add(VaultWord.ReleasedBytes, sizeBytes);
  }

  /** Of a TimeHistogram. */
  setSyncTimes(words: Float64Array): void {
    assert(words.length === timeHistogramWords, 'not a histogram');
    this.#words.set(words, syncTimesAt);
  }

  /** Of every fdatasync of the log. */
  syncTimes(): TimeCounts {
    return new TimeCounts().add(
      this.#words.subarray(syncTimesAt, syncTimesAt + timeHistogramWords),
    );
  }

  consumer(index: number): ConsumerWords {
    assert(index >= 0 && index < destinationsMax, 'consumer index out of range');
    const from = vaultWordCount + index * consumerWordCount;
    const words = this.#words.subarray(from, from + consumerWordCount);
    return {
      set(word, value) {
        words[word] = value;
      },
      add(word, amount) {
        words[word]! += amount; // the view holds every word
      },
      get: (word) => words[word]!, // the view holds every word
    };
  }

  #store(word: number, value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, 'not a place in the log');
    Atomics.store(this.#end, word, value % 2 ** 32);
    Atomics.store(this.#end, word + 1, Math.floor(value / 2 ** 32));
  }

  #load(word: number): number {
    return Atomics.load(this.#end, word + 1) * 2 ** 32 + Atomics.load(this.#end, word);
  }
}

function slotOf(version: number): number {
  return firstSlotWord + (version & 1) * slotWords;
}
