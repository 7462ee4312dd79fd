import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { MiB } from '../limits.ts';
import { StatePage, statePageSizeBytes } from '../memory/state-page.ts';
import { ExportQueue } from './export-queue.ts';
import type { Piece } from './queued-batch.ts';

const config = {
  consumersMax: 10,
  sizeBytesMax: 64 * MiB,
  batchesMax: 1_000,
  batch: { flushTimeoutMs: 200, sizeBytesMin: MiB, sizeBytesMax: 4 * MiB },
};

function queueOf() {
  const page = new StatePage(new ArrayBuffer(statePageSizeBytes(1)), 0, 1);
  const counters = page.shard(0).destination(0);
  const queue = new ExportQueue({ config, clock: new FakeClock(), counters });
  const add = (recordCount: number, isBacklog: boolean) =>
    queue.enqueue(
      { bodyOffsetBytes: 0, bodyLengthBytes: 100, resourceCount: 1, recordCount, isBacklog },
      () => {},
    );
  return { queue, add };
}

function takeFirst(queue: ExportQueue): Piece {
  const piece = queue.firstWaiting;
  assert.ok(piece !== undefined);
  queue.take(piece);
  queue.countTurn(piece);
  return piece;
}

/** What batches are called here: how many records they have. */
function order(queue: ExportQueue): number[] {
  const names: number[] = [];
  while (queue.firstWaiting !== undefined) names.push(takeFirst(queue).recordTo);
  return names;
}

test('firstWaiting is what came live, in its order, and then the backlog', () => {
  const { queue, add } = queueOf();
  for (const [name, isBacklog] of [
    [1, true],
    [2, false],
    [3, true],
    [4, false],
  ] as const)
    add(name, isBacklog);
  assert.equal(queue.waitingBytes(true), 200);
  assert.equal(queue.waitingBytes(false), 200);
  assert.deepEqual(order(queue), [2, 4, 1, 3]);
  assert.equal(queue.waitingBytes(true) + queue.waitingBytes(false), 0);
});

test('putBack() puts each in its place: live in front of the backlog', () => {
  const { queue, add } = queueOf();
  add(1, true);
  add(2, false);
  const live = takeFirst(queue);
  const backlog = takeFirst(queue);
  add(3, true);
  add(4, false);
  queue.putBack([backlog]);
  queue.putBack([live]);
  add(5, false);
  assert.deepEqual(order(queue), [2, 4, 5, 1, 3]);
});

test('abandon() of the last live batch leaves the backlog where it is', () => {
  const { queue, add } = queueOf();
  add(1, true);
  const gone = add(2, false);
  queue.abandon(gone);
  add(3, false);
  assert.deepEqual(order(queue), [3, 1]);
});

test('firstWaiting gives the backlog one request in ten while both wait', () => {
  const { queue, add } = queueOf();
  for (let name = 1; name <= 30; name += 1) add(name, false);
  for (let name = 101; name <= 104; name += 1) add(name, true);
  const names = order(queue);
  assert.deepEqual(
    [101, 102, 103, 104].map((name) => names.indexOf(name)),
    [9, 19, 29, 33],
  );
});

test('passTurn() lets live batches go while the backlog cannot', () => {
  const { queue, add } = queueOf();
  for (let name = 1; name <= 20; name += 1) add(name, false);
  add(101, true);
  for (let count = 0; count < 9; count += 1) takeFirst(queue);
  assert.equal(queue.firstWaiting?.recordTo, 101);
  assert.equal(queue.passTurn(), true);
  assert.equal(queue.firstWaiting?.recordTo, 10);
});
