// A turn in the line for large slabs that any thread can take and all can see the order of.

import type { LargeSlabs } from '../../src/memory/large-slabs.ts';

/** Asks for all of the region, so that one turn ends before the next begins, and writes it down. */
export function waitForTurn(
  slabs: LargeSlabs,
  turns: Int32Array<SharedArrayBuffer>,
  threadIndex: number,
  done: () => void,
): void {
  slabs.wait(slabs.bodySizeBytesMax, (slab) => {
    const turn = Atomics.add(turns, 0, 1);
    Atomics.store(turns, 1 + turn, threadIndex);
    slabs.free(slab);
    done();
  });
}
