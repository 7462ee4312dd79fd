// The control block of the large slabs: who holds which pages and who waits for some. It lies in
// the arena, every thread has a view of it, and words change only under its lock unless stated.
//
// Layout, 4 bytes a word (int32); tickets and pages count from 1 where 0 has to mean none:
//
//    0 lock        1 page count   2 reserved pages   3 first waiting ticket   4 last waiting ticket
//   16 + 16 p      thread p, a cache line each:
//                    +0 wake word (atomic: changes after each grant to p, p sleeps on it)
//                    +1 first granted ticket   +2 last granted ticket   +3 reserved pages
//   tickets        ticket t at + 4 (t - 1): next, previous, pages wanted, page granted + 1 (0: waits)
//   runs           a word a page: length of the run that starts here, negative when free, 0 inside a run
//   owners         a word a page: the thread that holds the run that starts here

import { assert } from '../assert.ts';
import { arenaPageSizeBytes } from './region.ts';

/** Requests of one thread that wait at once: as many streams as may wait in a shard. */
export const ticketsPerThreadMax = 8_192;

export const ControlWord = {
  Lock: 0,
  PageCount: 1,
  ReservedPages: 2,
  FirstWaiting: 3,
  LastWaiting: 4,
} as const;

export const ThreadWord = {
  Wake: 0,
  FirstGranted: 1,
  LastGranted: 2,
  ReservedPages: 3,
} as const;

const headWords = 16;
const threadWords = 16;
export const ticketWords = 4;
const pageWords = 2; // one in runs, one in owners
const wordSizeBytes = 4;

export function largeControlSizeBytes(threadCount: number, pageCount: number): number {
  const words =
    headWords +
    threadCount * (threadWords + ticketsPerThreadMax * ticketWords) +
    pageCount * pageWords;
  return words * wordSizeBytes;
}

export class LargeControl {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly tickets: Int32Array<SharedArrayBuffer>;
  readonly runs: Int32Array<SharedArrayBuffer>;
  readonly owners: Int32Array<SharedArrayBuffer>;
  readonly threadCount: number;
  readonly pageCount: number;

  /**
   * The block lies at `offsetBytes` and has largeControlSizeBytes(threadCount, pageCount) bytes.
   */
  constructor(
    buffer: SharedArrayBuffer,
    offsetBytes: number,
    threadCount: number,
    pageCount: number,
  ) {
    assert(offsetBytes % arenaPageSizeBytes === 0, 'control block not page aligned');
    assert(threadCount > 0 && pageCount > 0, 'control block for nobody or of nothing');
    this.threadCount = threadCount;
    this.pageCount = pageCount;
    const ticketCount = threadCount * ticketsPerThreadMax;
    const ticketsAt = headWords + threadCount * threadWords;
    const runsAt = ticketsAt + ticketCount * ticketWords;
    const view = (fromWord: number, words: number) =>
      new Int32Array(buffer, offsetBytes + fromWord * wordSizeBytes, words);
    this.words = view(0, ticketsAt);
    this.tickets = view(ticketsAt, ticketCount * ticketWords);
    this.runs = view(runsAt, pageCount);
    this.owners = view(runsAt + pageCount, pageCount);
  }
}

/** Index in LargeControl.words of a thread's word. */
export function threadWordIndex(
  threadIndex: number,
  word: (typeof ThreadWord)[keyof typeof ThreadWord],
): number {
  return headWords + threadIndex * threadWords + word;
}
