import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, errorTable } from '../errors.ts';
import { ConnectionAbuse } from './connection-abuse.ts';
import { PivotCounter } from './pivot-counters.ts';
import {
  DestinationCounter,
  destinationsMax,
  ShardCounter,
  StatePage,
  statePageSizeBytes,
} from './state-page.ts';
import { Transport, TransportCounter } from './transport-counters.ts';

function statePage(shardCount: number): StatePage {
  return new StatePage(new SharedArrayBuffer(statePageSizeBytes(shardCount)), 0, shardCount);
}

test('StatePage keeps every word of every shard apart, and sum() adds the shards', () => {
  const page = statePage(2);
  const codes = Object.keys(errorTable) as ErrorCode[]; // keyof of a const table
  const abuses = Object.values(ConnectionAbuse);
  const pivots = Object.values(PivotCounter);
  const shards = [page.shard(0), page.shard(1)];
  // A different amount in each word: two that shared a place would show a wrong one.
  let amount = 1;
  const expected: [get: () => number, value: number][] = [];
  for (const [index, shard] of shards.entries()) {
    for (const counter of Object.values(ShardCounter)) {
      if (counter === ShardCounter.RefusedBatches) continue; // addRefused() counts it too
      shard.add(counter, amount);
      expected.push([() => page.shard(index).get(counter), amount++]);
    }
    for (let destination = 0; destination < destinationsMax; destination += 1) {
      for (const counter of Object.values(DestinationCounter)) {
        shard.destination(destination).set(counter, amount);
        const at = destination;
        expected.push([() => page.shard(index).destination(at).get(counter), amount++]);
      }
    }
    for (const transport of Object.values(Transport)) {
      for (const counter of Object.values(TransportCounter)) {
        shard.addTransport(transport, counter, 1_000 + 10 * transport + counter);
      }
    }
    for (const counter of pivots) {
      for (let times = 0; times <= counter; times += 1) shard.addPivot(counter);
    }
    shard.addAckTime(5);
    for (const [order, code] of codes.entries()) {
      for (let times = 0; times <= order; times += 1) shard.addRefused(code);
    }
    for (const [order, reason] of abuses.entries()) {
      for (let times = -2; times <= order; times += 1) shard.addAbuse(reason);
    }
  }
  assert.deepEqual(
    expected.map(([get]) => get()),
    expected.map(([, value]) => value),
  );
  assert.deepEqual(
    codes.map((code) => page.sumRefused(code)),
    codes.map((_, order) => 2 * (order + 1)),
  );
  assert.deepEqual(
    abuses.map((reason) => page.sumAbuse(reason)),
    abuses.map((_, order) => 2 * (order + 3)),
  );
  assert.deepEqual(
    pivots.map((counter) => page.sumPivot(counter)),
    pivots.map((_, order) => 2 * (order + 1)),
  );
  assert.equal(page.sum(ShardCounter.RefusedBatches), codes.length * (codes.length + 1));
  for (const transport of Object.values(Transport)) {
    for (const counter of Object.values(TransportCounter)) {
      const both = 2 * (1_000 + 10 * transport + counter);
      assert.equal(page.sumTransport(transport, counter), both);
    }
  }
  assert.deepEqual([page.ackTimes().count, page.ackTimes().sumMs], [2, 10]);
  const opened = ShardCounter.OpenConnections;
  assert.equal(page.sum(opened), shards[0]!.get(opened) + shards[1]!.get(opened)); // two shards
});

test('sumDestination() adds one destination’s words over the shards', () => {
  const page = statePage(3);
  for (const shard of [0, 1, 2]) {
    page
      .shard(shard)
      .destination(1)
      .add(DestinationCounter.Requests, 10 ** shard);
    page.shard(shard).destination(0).add(DestinationCounter.Requests, 5);
  }
  assert.equal(page.sumDestination(1, DestinationCounter.Requests), 111);
  assert.equal(page.sumDestination(2, DestinationCounter.Requests), 0);
});

test('StatePage shows another view of the same memory what was written', () => {
  const buffer = new SharedArrayBuffer(64 + statePageSizeBytes(1));
  const writer = new StatePage(buffer, 64, 1).shard(0);
  writer.add(ShardCounter.ReceivedBytes, 2 ** 53 - 1);
  assert.equal(new StatePage(buffer, 64, 1).sum(ShardCounter.ReceivedBytes), 2 ** 53 - 1);
});

test('StatePage has no shard and no destination beyond its bounds', () => {
  const page = statePage(1);
  const check = (call: () => unknown) => assert.throws(call, { name: 'AssertionFailed' });
  check(() => page.shard(1));
  check(() => page.shard(-1));
  check(() => page.shard(0).destination(destinationsMax));
  check(() => new StatePage(new SharedArrayBuffer(statePageSizeBytes(1) + 8), 4, 1));
});
