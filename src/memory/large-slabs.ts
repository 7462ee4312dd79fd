// Slabs for bodies above 256 KiB: one region per process, which all threads reserve from and free
// to. Strictly first come first served over all threads: while the oldest waits, no younger one
// takes from it, so a large message cannot be starved by others that fit into what is free.

import { assert } from '../assert.ts';
import type { Arena } from './arena.ts';
import { ControlWord, LargeControl, ThreadWord, threadWordIndex } from './large-control.ts';
import { LargeWaits } from './large-waits.ts';
import { PageRuns } from './page-runs.ts';
import { arenaPageSizeBytes, type Region } from './region.ts';
import { SharedLock } from './shared-lock.ts';
import { slabHeaderSizeBytes, slabUnitBytes } from './size-class.ts';
import type { SlabWait } from './slab-wait.ts';
import { TicketLine } from './ticket-line.ts';

const pageUnits = arenaPageSizeBytes / slabUnitBytes;

export class LargeSlabs {
  readonly #region: Region;
  readonly #threadIndex: number;
  readonly #control: LargeControl;
  readonly #lock: SharedLock;
  readonly #runs: PageRuns;
  readonly #line: TicketLine;
  readonly #waits: LargeWaits;
  /**
   * Threads to wake after the lock is released; a flag each, so that nothing is allocated under it.
   */
  readonly #granted: Uint8Array;

  /** Once per thread and process: `threadIndex` is that of the shard. */
  constructor(arena: Pick<Arena, 'buffer' | 'layout'>, threadIndex: number) {
    const { layout } = arena;
    const threadCount = layout.shards.length;
    assert(threadIndex >= 0 && threadIndex < threadCount, 'thread index out of range');
    this.#region = layout.largeSlabs;
    this.#threadIndex = threadIndex;
    this.#control = new LargeControl(
      arena.buffer,
      layout.largeControl.offsetBytes,
      threadCount,
      layout.largeSlabs.sizeBytes / arenaPageSizeBytes,
    );
    this.#lock = new SharedLock(this.#control.words, ControlWord.Lock);
    this.#runs = new PageRuns(this.#control);
    this.#line = new TicketLine(this.#control);
    this.#granted = new Uint8Array(threadCount);
    this.#waits = new LargeWaits(this, this.#control, threadIndex);
    this.#prepareOnce();
  }

  get sizeBytes(): number {
    return this.#region.sizeBytes;
  }

  get bodySizeBytesMax(): number {
    return this.#region.sizeBytes - slabHeaderSizeBytes;
  }

  /** Of all threads. */
  get reservedBytes(): number {
    return Atomics.load(this.#control.words, ControlWord.ReservedPages) * arenaPageSizeBytes;
  }

  /** Reserved by this thread, whoever holds it now. */
  get ownReservedBytes(): number {
    const index = threadWordIndex(this.#threadIndex, ThreadWord.ReservedPages);
    return Atomics.load(this.#control.words, index) * arenaPageSizeBytes;
  }

  holds(slab: number): boolean {
    const offsetBytes = slab * slabUnitBytes - this.#region.offsetBytes;
    return offsetBytes >= 0 && offsetBytes < this.#region.sizeBytes;
  }

  /** 0: no run of pages is long enough, or somebody waits. */
  reserve(bodySizeBytes: number): number {
    const pageCount = this.#pageCountFor(bodySizeBytes);
    this.#lock.acquire();
    try {
      if (this.#line.first !== 0) return 0;
      const page = this.#take(pageCount, this.#threadIndex);
      return page === -1 ? 0 : this.slabOfPage(page);
    } finally {
      this.#lock.release();
    }
  }

  wait(bodySizeBytes: number, granted: (slab: number) => void): SlabWait {
    const pageCount = this.#pageCountFor(bodySizeBytes);
    const wait = this.#waits.open(granted);
    this.#lock.acquire();
    try {
      this.#line.append(wait.ticket, pageCount);
      // behind others it waits, whatever is free
      if (this.#line.first === wait.ticket) this.#serve();
    } finally {
      this.#lock.release();
    }
    this.#wakeGranted();
    this.#waits.listen();
    return wait;
  }

  free(slab: number): void {
    const page = this.#pageOf(slab);
    this.#lock.acquire();
    try {
      const owner = this.#runs.owner(page);
      this.#countPages(owner, -this.#runs.release(page));
      this.#serve();
    } finally {
      this.#lock.release();
    }
    this.#wakeGranted();
  }

  /**
   * Frees the pages behind a body that turned out shorter; for the holder of the slab, whichever
   * thread reserved it.
   */
  shrink(slab: number, bodySizeBytes: number): void {
    const page = this.#pageOf(slab);
    assert(bodySizeBytes <= this.capacityBytes(slab), 'body longer than its slab');
    const pageCount = this.#pageCountFor(Math.max(bodySizeBytes, 1)); // an empty body keeps a page
    this.#lock.acquire();
    try {
      const freedCount = this.#runs.shrink(page, pageCount);
      if (freedCount === 0) return;
      this.#countPages(this.#runs.owner(page), -freedCount);
      this.#serve();
    } finally {
      this.#lock.release();
    }
    this.#wakeGranted();
  }

  capacityBytes(slab: number): number {
    const page = this.#pageOf(slab);
    // A slab in use has one holder, which is the caller: nobody else writes its run.
    return this.#runs.pageCount(page) * arenaPageSizeBytes - slabHeaderSizeBytes;
  }

  /** Cancels this thread's waits and lets its listener go. */
  close(): void {
    this.#waits.close();
  }

  /** For LargeWaits: false when the ticket's turn has come already. */
  withdraw(ticket: number): boolean {
    this.#lock.acquire();
    let removed: boolean;
    try {
      const wasFirst = this.#line.first === ticket;
      removed = this.#line.remove(ticket);
      if (wasFirst) this.#serve();
    } finally {
      this.#lock.release();
    }
    this.#wakeGranted();
    return removed;
  }

  /** For LargeWaits: all tickets granted to this thread, as TicketLine's list, and who reads it. */
  takeGranted(): number {
    this.#lock.acquire();
    try {
      return this.#line.takeGranted(this.#threadIndex);
    } finally {
      this.#lock.release();
    }
  }

  /** For LargeWaits: the list that takeGranted() returned. */
  get line(): TicketLine {
    return this.#line;
  }

  slabOfPage(page: number): number {
    assert(page >= 0 && page < this.#control.pageCount, 'page out of range');
    return this.#region.offsetBytes / slabUnitBytes + page * pageUnits;
  }

  // A fresh arena is all zero; whoever comes first makes its pages one free run.
  #prepareOnce(): void {
    const { words, pageCount } = this.#control;
    this.#lock.acquire();
    try {
      const preparedPageCount = words[ControlWord.PageCount]!; // the view holds every control word
      if (preparedPageCount === 0) {
        this.#runs.clear();
        words[ControlWord.PageCount] = pageCount;
      }
      assert(words[ControlWord.PageCount] === pageCount, 'threads disagree about the region');
    } finally {
      this.#lock.release();
    }
  }

  // Under the lock. Stops at the first that does not fit: that is what keeps it from being starved.
  #serve(): void {
    for (let first = this.#line.first; first !== 0; first = this.#line.first) {
      const page = this.#take(this.#line.wantedPages(first), this.#line.threadOf(first));
      if (page === -1) return;
      this.#granted[this.#line.grantFirst(page)] = 1;
    }
  }

  // Under the lock.
  #take(pageCount: number, threadIndex: number): number {
    const reservedPages = this.#control.words[ControlWord.ReservedPages]!; // every control word
    if (this.#control.pageCount - reservedPages < pageCount) return -1; // spares the walk
    const page = this.#runs.take(pageCount, threadIndex);
    if (page !== -1) this.#countPages(threadIndex, pageCount);
    return page;
  }

  // Under the lock; atomic for the readers of the counts, who do not take it.
  #countPages(threadIndex: number, pages: number): void {
    const { words, pageCount } = this.#control;
    const own = threadWordIndex(threadIndex, ThreadWord.ReservedPages);
    const before = Atomics.add(words, ControlWord.ReservedPages, pages);
    assert(before + pages >= 0 && before + pages <= pageCount, 'reserved pages off bounds');
    const ownBefore = Atomics.add(words, own, pages);
    assert(ownBefore + pages >= 0, 'thread gave back more pages than it had');
  }

  // After the lock is released: the woken thread takes it at once.
  #wakeGranted(): void {
    for (let thread = 0; thread < this.#granted.length; thread += 1) {
      if (this.#granted[thread] === 0) continue;
      this.#granted[thread] = 0;
      if (thread === this.#threadIndex) this.#waits.collect();
      else this.#waits.wake(thread);
    }
  }

  #pageCountFor(bodySizeBytes: number): number {
    assert(
      Number.isInteger(bodySizeBytes) && bodySizeBytes > 0,
      'body size is not a count of bytes',
    );
    assert(bodySizeBytes <= this.bodySizeBytesMax, 'body larger than any slab');
    return Math.ceil((bodySizeBytes + slabHeaderSizeBytes) / arenaPageSizeBytes);
  }

  #pageOf(slab: number): number {
    assert(this.holds(slab), 'slab of another region');
    const page = (slab - this.#region.offsetBytes / slabUnitBytes) / pageUnits;
    assert(Number.isInteger(page), 'not the start of a slab');
    return page;
  }
}
