// First fit over the pages of the large slabs, in two shared tables of a word a page
// (large-control.ts draws them). Callers hold the lock. A run is given with at least five pages and
// few are shrunk afterwards, so a walk takes few steps.

import { assert } from '../assert.ts';

export class PageRuns {
  readonly #runs: Int32Array;
  readonly #owners: Int32Array;

  constructor(control: { readonly runs: Int32Array; readonly owners: Int32Array }) {
    assert(control.runs.length > 0, 'no pages');
    assert(control.runs.length === control.owners.length, 'tables of different length');
    this.#runs = control.runs;
    this.#owners = control.owners;
  }

  /** Makes one free run of all pages. */
  clear(): void {
    this.#runs.fill(0);
    this.#runs[0] = -this.#runs.length;
  }

  /** First page of a run of `pageCount` pages, now the owner's, or -1. */
  take(pageCount: number, owner: number): number {
    assert(pageCount > 0, 'run of no pages');
    const runs = this.#runs;
    for (let page = 0; page < runs.length; ) {
      const run = runs[page]!; // page < length
      assert(run !== 0, 'walked into the middle of a run');
      const freeCount = run < 0 ? this.#mergeFree(page) : 0;
      if (freeCount >= pageCount) {
        if (freeCount > pageCount) runs[page + pageCount] = pageCount - freeCount;
        runs[page] = pageCount;
        this.#owners[page] = owner;
        return page;
      }
      page += Math.abs(runs[page]!); // merging may have made it longer
    }
    return -1;
  }

  /** Frees the run that starts at `page`; returns its length. */
  release(page: number): number {
    const pageCount = this.pageCount(page);
    this.#runs[page] = -pageCount;
    return pageCount;
  }

  /**
   * Leaves the run that starts at `page` its first `pageCount` pages and frees the others; returns
   * how many that are.
   */
  shrink(page: number, pageCount: number): number {
    const freedCount = this.pageCount(page) - pageCount;
    assert(pageCount > 0, 'run of no pages');
    assert(freedCount >= 0, 'shrunk to more than it has');
    if (freedCount === 0) return 0;
    this.#runs[page] = pageCount;
    this.#runs[page + pageCount] = -freedCount;
    return freedCount;
  }

  /** Length of the run in use that starts at `page`. */
  pageCount(page: number): number {
    const pageCount = this.#runs[page];
    assert(pageCount !== undefined, 'page out of range');
    assert(pageCount > 0, 'slab is free already or not the start of one');
    return pageCount;
  }

  owner(page: number): number {
    assert(this.pageCount(page) > 0, 'run is not in use');
    return this.#owners[page]!; // as long as runs
  }

  // Neighbours are joined here and not when they become free, because only this walk comes by in
  // order.
  #mergeFree(page: number): number {
    const runs = this.#runs;
    let freeCount = -runs[page]!; // page < length, asked of the caller
    for (let next = page + freeCount; next < runs.length && runs[next]! < 0; ) {
      freeCount -= runs[next]!;
      runs[next] = 0;
      next = page + freeCount;
    }
    runs[page] = -freeCount;
    assert(page + freeCount <= runs.length, 'free run reaches beyond the last page');
    return freeCount;
  }
}
