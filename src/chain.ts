// A set of objects that come and go by the ten thousands a second: each carries its place itself,
// so that adding and removing write a few fields and allocate nothing, unlike a Set, which makes
// itself a new table every few removals. An object is in one chain at a time.

import { assert } from './assert.ts';

/** What an object extends to be in a chain; only Chain touches the fields. */
export abstract class ChainLink {
  isChained = false;
  chainNext: ChainLink | undefined = undefined;
  chainPrevious: ChainLink | undefined = undefined;
}

export class Chain<Link extends ChainLink> {
  #first: ChainLink | undefined;
  #last: ChainLink | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(link: Link): void {
    assert(!link.isChained, 'added twice');
    link.isChained = true;
    link.chainPrevious = this.#last;
    if (this.#last === undefined) this.#first = link;
    else this.#last.chainNext = link;
    this.#last = link;
    this.#size += 1;
  }

  /** Twice is once. */
  delete(link: Link): void {
    if (!link.isChained) return;
    const { chainNext: next, chainPrevious: previous } = link;
    if (previous === undefined) this.#first = next;
    else previous.chainNext = next;
    if (next === undefined) this.#last = previous;
    else next.chainPrevious = previous;
    link.isChained = false;
    link.chainNext = undefined;
    link.chainPrevious = undefined;
    this.#size -= 1;
  }

  /** In the order of add(), as it is now: what is done to one may take out others. */
  links(): Link[] {
    const links: Link[] = [];
    // Only Links are ever added.
    for (let link = this.#first; link !== undefined; link = link.chainNext)
      links.push(link as Link);
    return links;
  }
}
