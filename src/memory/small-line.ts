// The line for one shard's small slabs: whoever waits is served in order of arrival, and a younger
// request of any size does not overtake, so that a large body is not starved by small ones.

import { assert } from '../assert.ts';
import { QueuedWait, type SlabWait } from './slab-wait.ts';
import type { SmallSlabs } from './small-slabs.ts';

/** As many as streams may wait in a shard. */
export const smallWaitsMax = 8_192;

export class SmallLine {
  readonly #slabs: SmallSlabs;
  #first: SmallWait | undefined;
  #last: SmallWait | undefined;
  #waitCount = 0;
  #closed = false;

  constructor(slabs: SmallSlabs) {
    this.#slabs = slabs;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** 0: none now, or others wait. */
  reserve(sizeClass: number): number {
    return this.#first === undefined ? this.#slabs.reserve(sizeClass) : 0;
  }

  wait(sizeClass: number, granted: (slab: number) => void): SlabWait {
    assert(!this.#closed, 'waits after close');
    assert(this.#waitCount < smallWaitsMax, 'too many wait for small slabs');
    const wait = new SmallWait(this, sizeClass, granted);
    wait.previous = this.#last;
    if (this.#last === undefined) this.#first = wait;
    else this.#last.next = wait;
    this.#last = wait;
    this.#waitCount += 1;
    if (this.#first === wait) this.#serve(); // behind others it waits, whatever is free
    return wait;
  }

  free(slab: number): void {
    this.#slabs.free(slab);
    this.#serve();
  }

  withdraw(wait: SmallWait): void {
    const wasFirst = wait === this.#first;
    this.#remove(wait);
    if (wasFirst) this.#serve();
  }

  close(): void {
    this.#closed = true;
    // Only the first is ever served, so cancelling from the last on hands nothing on.
    while (this.#last !== undefined) this.#last.cancel();
    assert(this.#waitCount === 0, 'waits left after close');
  }

  #serve(): void {
    for (let first = this.#first; first !== undefined; first = this.#first) {
      const slab = this.#slabs.reserve(first.sizeClass);
      if (slab === 0) return;
      this.#remove(first);
      first.grant(slab);
    }
  }

  #remove(wait: SmallWait): void {
    assert(this.#waitCount > 0, 'removed from an empty line');
    if (wait.previous === undefined) this.#first = wait.next;
    else wait.previous.next = wait.next;
    if (wait.next === undefined) this.#last = wait.previous;
    else wait.next.previous = wait.previous;
    wait.next = undefined;
    wait.previous = undefined;
    this.#waitCount -= 1;
    assert((this.#first === undefined) === (this.#waitCount === 0), 'line and its count disagree');
  }
}

class SmallWait extends QueuedWait {
  readonly sizeClass: number;
  readonly #line: SmallLine;
  next: SmallWait | undefined;
  previous: SmallWait | undefined;

  constructor(line: SmallLine, sizeClass: number, granted: (slab: number) => void) {
    super(granted);
    this.#line = line;
    this.sizeClass = sizeClass;
  }

  protected override withdraw(): void {
    this.#line.withdraw(this);
  }

  protected override giveBack(slab: number): void {
    this.#line.free(slab);
  }

  protected override get closed(): boolean {
    return this.#line.closed;
  }
}
