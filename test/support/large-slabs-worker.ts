// A thread of large-slabs.test.ts: it reserves from the region that it shares with its parent and
// with other workers, as it is told, and reports over the message port.

import { parentPort, workerData } from 'node:worker_threads';
import { Arena } from '../../src/memory/arena.ts';
import type { ArenaLayout } from '../../src/memory/arena-plan.ts';
import { LargeSlabs } from '../../src/memory/large-slabs.ts';
import { arenaPageSizeBytes } from '../../src/memory/region.ts';
import { slabUnitBytes } from '../../src/memory/size-class.ts';
import { waitForTurn } from './large-slabs-turn.ts';

export interface LargeSlabsWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly layout: ArenaLayout;
  readonly threadIndex: number;
  /** A word a page: the thread that holds it, written by who gets a slab. */
  readonly holders: Int32Array<SharedArrayBuffer>;
  /** How many turns there were in 'line', then the thread of each. */
  readonly turns: Int32Array<SharedArrayBuffer>;
}

export type LargeSlabsOrder =
  | { readonly kind: 'line' }
  | { readonly kind: 'storm'; readonly operations: number; readonly seed: number }
  | { readonly kind: 'close' };

export type LargeSlabsReport =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'granted' }
  | { readonly kind: 'stormed'; readonly granted: number; readonly clashes: number };

// what the test passes
const { memory, layout, threadIndex, holders, turns } = workerData as LargeSlabsWorkerData;
const slabs = new LargeSlabs(Arena.attach(memory, layout), threadIndex);
const port = parentPort;
if (port === null) throw new Error('not in a worker');

port.on('message', (order: LargeSlabsOrder) => {
  if (order.kind === 'line') standInLine();
  else if (order.kind === 'storm') void storm(order.operations, order.seed).then(report);
  else {
    slabs.close();
    port.close();
  }
});

function standInLine(): void {
  waitForTurn(slabs, turns, threadIndex, () => report({ kind: 'granted' }));
  report({ kind: 'waiting' });
}

// Takes and gives back at random, as fast as it can, and looks for pages that two hold at once. It
// never waits while it holds a slab for longer than a turn of the event loop, so nobody waits for
// ever.
async function storm(operations: number, seed: number): Promise<LargeSlabsReport> {
  const random = randomNumbers(seed);
  const held: number[] = [];
  const waits: Promise<void>[] = [];
  let granted = 0;
  let clashes = 0;

  const pageCount = (slab: number): number =>
    Math.ceil(slabs.capacityBytes(slab) / arenaPageSizeBytes);
  /** Of the slab's pages, those from `fromPage` on. */
  const mark = (slab: number, from: number, to: number, fromPage = 0): void => {
    const first = (slab * slabUnitBytes - layout.largeSlabs.offsetBytes) / arenaPageSizeBytes;
    for (let page = first + fromPage; page < first + pageCount(slab); page += 1) {
      if (Atomics.compareExchange(holders, page, from, to) !== from) clashes += 1;
    }
  };
  const shrink = (slab: number): void => {
    const keptCount = 1 + random(pageCount(slab));
    mark(slab, threadIndex + 1, 0, keptCount);
    slabs.shrink(slab, keptCount * arenaPageSizeBytes - slabUnitBytes);
  };
  const take = (slab: number): void => {
    granted += 1;
    mark(slab, 0, threadIndex + 1);
  };
  const giveBack = (slab: number): void => {
    mark(slab, threadIndex + 1, 0);
    slabs.free(slab);
  };
  const waitAndGiveBack = (bodySizeBytes: number): Promise<void> =>
    new Promise((resolve) => {
      slabs.wait(bodySizeBytes, (slab) => {
        take(slab);
        setImmediate(() => {
          giveBack(slab);
          resolve();
        });
      });
    });

  for (let operation = 0; operation < operations; operation += 1) {
    const bodySizeBytes = 1 + random(slabs.bodySizeBytesMax);
    const choice = random(16);
    if (choice < 7) {
      const slab = slabs.reserve(bodySizeBytes);
      if (slab !== 0) take(slab);
      if (slab !== 0) held.push(slab);
    } else if (choice < 9) {
      held.slice(-1).forEach(shrink);
    } else if (choice < 14) {
      held.splice(random(held.length + 1), 1).forEach(giveBack);
    } else if (choice === 14) {
      slabs.wait(bodySizeBytes, take).cancel();
    } else {
      waits.push(waitAndGiveBack(bodySizeBytes));
      held.splice(0).forEach(giveBack);
      if (random(2) === 0) await waits.at(-1);
    }
  }
  held.forEach(giveBack);
  await Promise.all(waits);
  return { kind: 'stormed', granted, clashes };
}

/** A linear congruential generator: integers below the bound. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % below;
  };
}

function report(message: LargeSlabsReport): void {
  port?.postMessage(message);
}
