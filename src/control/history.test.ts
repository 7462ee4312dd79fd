import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ControlRig } from '../../test/support/control-rig.ts';
import { DestinationCounter, ShardCounter } from '../memory/state-page.ts';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { signalTable } from '../monitor/signal-table.ts';
import { Signal } from '../monitor/signals.ts';
import { History } from './history.ts';
import { type HistoryColumnName, historyColumns } from './history-columns.ts';

function column(history: History, name: HistoryColumnName): number[] {
  const index = historyColumns.findIndex((row) => row.name === name);
  return history.column(index, history.slice(0, 0));
}

test('History samples from start() on, once a second, until stop()', () => {
  const rig = new ControlRig();
  const history = new History(rig.view, rig.clock);
  rig.clock.advance(5_000);
  assert.deepEqual(history.times(history.slice(0, 0)), []);
  history.start();
  const startMs = rig.clock.wallMs();
  rig.clock.advance(3_500);
  assert.deepEqual(
    history.times(history.slice(0, 0)),
    [1, 2, 3].map((second) => startMs + second * 1_000),
  );
  history.stop();
  assert.equal(rig.clock.pendingCount, 0);
  rig.clock.advance(5_000);
  assert.equal(history.slice(0, 0).count, 3);
});

test('History has rates over the time that has really passed, and levels as they are', () => {
  const rig = new ControlRig();
  const shard = rig.statePage.shard(1);
  shard.add(ShardCounter.ReceivedBatches, 1_000);
  const history = new History(rig.view, rig.clock);
  shard.add(ShardCounter.ReceivedBatches, 30);
  shard.add(ShardCounter.AckedBytes, 500);
  shard.add(ShardCounter.InflightBytes, 77);
  shard.destination(0).add(DestinationCounter.DeliveredBatches, 4);
  shard.destination(2).add(DestinationCounter.DeliveredBatches, 6);
  rig.vaultPage.set(VaultWord.UsedBytes, 4_096);
  rig.vaultPage.consumer(0).set(ConsumerWord.Unsettled, 3);
  rig.vaultPage.consumer(1).set(ConsumerWord.Unsettled, 9);
  rig.clock.advance(2_000); // the main thread came late
  history.sample();
  rig.clock.advance(1_000);
  history.sample();
  assert.deepEqual(column(history, 'receivedBatchesPerSecond'), [15, 0]);
  assert.deepEqual(column(history, 'ackedBytesPerSecond'), [250, 0]);
  assert.deepEqual(column(history, 'exportedBatchesPerSecond'), [5, 0]);
  assert.deepEqual(column(history, 'inFlightBytes'), [77, 77]);
  assert.deepEqual(column(history, 'vaultUsedBytes'), [4_096, 4_096]);
  assert.deepEqual(column(history, 'replayWaitingBatches'), [9, 9]);
});

test('History has no negative rate when a sum over threads goes back for a moment', () => {
  const rig = new ControlRig();
  const shard = rig.statePage.shard(0);
  shard.add(ShardCounter.AckedBatches, 10);
  const history = new History(rig.view, rig.clock);
  shard.add(ShardCounter.AckedBatches, -2);
  rig.clock.advance(1_000);
  history.sample();
  assert.deepEqual(column(history, 'ackedBatchesPerSecond'), [0]);
});

test('History keeps the zone that acted and the value of each signal', () => {
  const rig = new ControlRig();
  const history = new History(rig.view, rig.clock);
  rig.sample({ HostMemory: 42 });
  history.sample();
  rig.override('red');
  history.sample();
  const slice = history.slice(0, 0);
  assert.deepEqual(history.zones(slice), [Zone.Green, Zone.Red]);
  const row = (signal: Signal) => signalTable.findIndex((entry) => entry.signal === signal);
  assert.deepEqual(history.signal(row(Signal.HostMemory), slice), [42, 42]);
  assert.deepEqual(history.signal(row(Signal.PsiIoSome), slice), [Number.NaN, Number.NaN]);
});

/** What a caller who asks again and again ends up with, against a list that is never cut. */
test('slice() gives each sample once to who asks in time, and says where it does not', () => {
  const size = 7;
  fc.assert(
    fc.property(
      fc.array(fc.record({ samples: fc.nat(10), last: fc.constantFrom(0, 0, 0, 3) }), {
        maxLength: 12,
      }),
      (asks) => {
        const rig = new ControlRig();
        const history = new History(rig.view, rig.clock, size);
        const taken: number[] = [];
        let seen = 0;
        let since = 0;
        for (const { samples, last } of asks) {
          for (let count = 0; count < samples; count += 1) {
            rig.clock.advance(1_000);
            history.sample();
            taken.push(rig.clock.wallMs());
          }
          const slice = history.slice(since, last);
          const times = history.times(slice);
          const isKnown = seen > 0 && seen > taken.length - size;
          const wanted = isKnown ? taken.slice(seen) : taken.slice(-size);
          const kept = last === 0 ? wanted : wanted.slice(-last);
          assert.deepEqual(times, kept);
          assert.equal(slice.continues, isKnown && kept.length === wanted.length);
          seen = taken.length;
          since = taken.at(-1) ?? 0;
        }
      },
    ),
  );
});

test('slice() starts anew for a time that was never sampled, as of an engine before', () => {
  const rig = new ControlRig();
  const history = new History(rig.view, rig.clock);
  rig.clock.advance(1_000);
  history.sample();
  const { count, continues } = history.slice(rig.clock.wallMs() + 5, 0);
  assert.deepEqual([count, continues], [1, false]);
  assert.deepEqual(history.slice(rig.clock.wallMs(), 0), { first: 1, count: 0, continues: true });
});
