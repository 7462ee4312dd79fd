// Large slabs as several threads see them; what one thread sees is in slab-pool.test.ts.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { waitForTurn } from '../../test/support/large-slabs-turn.ts';
import type {
  LargeSlabsOrder,
  LargeSlabsReport,
  LargeSlabsWorkerData,
} from '../../test/support/large-slabs-worker.ts';
import { testSeed } from '../../test/support/seed.ts';
import { smallArena } from '../../test/support/small-arena.ts';
import { KiB, MiB } from '../limits.ts';
import type { Arena } from './arena.ts';
import { LargeSlabs } from './large-slabs.ts';

const largePageCount = 24;
const workerUrl = new URL('../../test/support/large-slabs-worker.ts', import.meta.url);

/** Thread 0 is the test's own; the others are workers. */
class Threads {
  readonly arena: Arena;
  readonly slabs: LargeSlabs;
  readonly holders = new Int32Array(new SharedArrayBuffer(4 * largePageCount));
  readonly turns = new Int32Array(new SharedArrayBuffer(4 * 64));
  readonly workers: Worker[];

  constructor(context: TestContext, workerCount: number) {
    this.arena = smallArena({ shardCount: workerCount + 1, spanCount: 1, largePageCount });
    this.slabs = new LargeSlabs(this.arena, 0);
    this.workers = Array.from({ length: workerCount }, (_, index) => {
      const { memory, layout } = this.arena;
      const data: LargeSlabsWorkerData = {
        memory,
        layout,
        threadIndex: index + 1,
        holders: this.holders,
        turns: this.turns,
      };
      return new Worker(workerUrl, { workerData: data });
    });
    // A worker of a failed test would keep the process; of a good one it has ended before.
    context.after(() => Promise.all(this.workers.map((worker) => worker.terminate())));
  }

  send(worker: number, order: LargeSlabsOrder): void {
    this.workers[worker]?.postMessage(order);
  }

  async next(worker: number, kind: LargeSlabsReport['kind']): Promise<LargeSlabsReport> {
    // its only messages
    const [report] = (await once(this.workers[worker]!, 'message')) as [LargeSlabsReport];
    assert.equal(report.kind, kind);
    return report;
  }

  async close(): Promise<void> {
    this.slabs.close();
    const exits = this.workers.map((worker) => once(worker, 'exit'));
    for (const worker of this.workers.keys()) this.send(worker, { kind: 'close' });
    // They end by themselves: neither a listener nor a lock keeps them.
    assert.deepEqual(await Promise.all(exits), [[0], [0]].slice(0, exits.length));
  }
}

test('wait() serves threads strictly in the order of their arrival', {
  timeout: 30_000,
}, async (context) => {
  const threads = new Threads(context, 2);
  const { slabs, turns } = threads;
  const part = slabs.reserve(MiB); // 17 of 24 pages
  const arrivals = [1, 2, 2, 0, 1, 2, 0, 0, 1];
  const { promise: allDone, resolve } = Promise.withResolvers<void>();
  let doneCount = 0;
  const done = () => {
    doneCount += 1;
    if (doneCount === arrivals.length) resolve();
  };
  for (const worker of threads.workers) {
    worker.on('message', (report: LargeSlabsReport) => report.kind === 'granted' && done());
  }
  await arrive(threads, arrivals, done);
  assert.equal(slabs.reserve(300 * KiB), 0, 'six pages are free, but others wait');
  slabs.free(part);
  await allDone;
  assert.deepEqual([...turns.subarray(0, 1 + arrivals.length)], [arrivals.length, ...arrivals]);
  assert.equal(slabs.reservedBytes, 0);
  await threads.close();
});

test('LargeSlabs gives no page to two threads at once, and loses none', {
  timeout: 30_000,
}, async (context) => {
  const seed = testSeed(context);
  const threads = new Threads(context, 2);
  threads.send(0, { kind: 'storm', operations: 20_000, seed });
  threads.send(1, { kind: 'storm', operations: 20_000, seed: seed + 1 });
  const reports = await Promise.all([threads.next(0, 'stormed'), threads.next(1, 'stormed')]);
  for (const report of reports) {
    assert.ok(report.kind === 'stormed' && report.clashes === 0);
    assert.ok(report.granted > 1_000, `only ${report.granted} slabs were given`);
  }
  const { slabs } = threads;
  assert.equal(slabs.reservedBytes, 0);
  slabs.free(slabs.reserve(slabs.bodySizeBytesMax));
  await threads.close();
});

test('free() by another thread counts for the one that reserved', () => {
  const arena = smallArena({ shardCount: 2, largePageCount });
  const [reserver, freer] = [new LargeSlabs(arena, 0), new LargeSlabs(arena, 1)];
  const slab = reserver.reserve(MiB);
  assert.equal(reserver.ownReservedBytes, 17 * 64 * KiB);
  assert.equal(freer.ownReservedBytes, 0);
  assert.equal(freer.reservedBytes, 17 * 64 * KiB);
  freer.free(slab);
  assert.equal(reserver.ownReservedBytes, 0);
  assert.throws(() => reserver.free(slab), { name: 'AssertionFailed' });
});

test('shrink() by another thread counts for the one that reserved', () => {
  const arena = smallArena({ shardCount: 2, largePageCount });
  const [reserver, shrinker] = [new LargeSlabs(arena, 0), new LargeSlabs(arena, 1)];
  const slab = reserver.reserve(MiB);
  shrinker.shrink(slab, 65 * KiB);
  assert.equal(reserver.ownReservedBytes, 2 * 64 * KiB);
  assert.equal(shrinker.ownReservedBytes, 0);
  assert.equal(shrinker.reservedBytes, 2 * 64 * KiB);
  assert.equal(reserver.capacityBytes(slab), 2 * 64 * KiB - 64);
  assert.throws(() => shrinker.shrink(slab, MiB), { name: 'AssertionFailed' });
  shrinker.free(slab);
  assert.equal(reserver.reserve(reserver.bodySizeBytesMax), slab);
});

test('a failed assertion leaves the lock free, so that other threads can report theirs', () => {
  const arena = smallArena({ shardCount: 2, largePageCount });
  const [one, other] = [new LargeSlabs(arena, 0), new LargeSlabs(arena, 1)];
  const slab = one.reserve(MiB);
  one.free(slab);
  assert.throws(() => one.free(slab), { name: 'AssertionFailed' });
  assert.equal(other.reserve(MiB), slab);
});

/** One after the other: the next joins the line when the one before stands in it. */
async function arrive(threads: Threads, arrivals: number[], done: () => void): Promise<void> {
  for (const threadIndex of arrivals) {
    if (threadIndex === 0) waitForTurn(threads.slabs, threads.turns, 0, done);
    else {
      threads.send(threadIndex - 1, { kind: 'line' });
      await threads.next(threadIndex - 1, 'waiting');
    }
  }
}
