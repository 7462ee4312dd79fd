import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivered, ScriptedDestination } from '../../test/support/scripted-destination.ts';
import { createRig, createVaultRig, FakeCall } from '../../test/support/shard-rig.ts';
import { SourceCounter } from '../memory/source-counters.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { Transport, TransportCounter } from '../memory/transport-counters.ts';
import { VaultAnswer } from '../vault/hand-over.ts';

function oneDestination(recordCount = 10) {
  const a = new ScriptedDestination('otlp_grpc/a');
  return { a, ...createRig({ destinations: [a], recordCount }) };
}

/** Times are right to an eighth; of one alone the sum is exact. */
function ackTimes({ page }: Pick<ReturnType<typeof createRig>, 'page'>) {
  const { count, sumMs } = page.ackTimes();
  return [count, sumMs];
}

test('Shard counts how long a producer waited for its OK', () => {
  const rig = oneDestination();
  rig.shard.accept(new FakeCall(1));
  rig.clock.advance(7);
  assert.deepEqual(ackTimes(rig), [0, 0], 'nothing is acknowledged yet');
  rig.a.open[0]?.settle(delivered);
  assert.deepEqual(ackTimes(rig), [1, 7]);
});

test('Shard counts from the last byte, where a message waited before it was accepted', () => {
  const rig = oneDestination();
  const wholeMs = rig.clock.nowMs();
  rig.clock.advance(40);
  rig.shard.accept(new FakeCall(1, Infinity, { wholeMs }));
  rig.clock.advance(2);
  rig.a.open[0]?.settle(delivered);
  assert.deepEqual(ackTimes(rig), [1, 42]);
});

test('Shard counts a time for every OK and for nothing else', () => {
  const empty = oneDestination(0);
  const wholeMs = empty.clock.nowMs();
  empty.clock.advance(3);
  empty.shard.accept(new FakeCall(1));
  empty.shard.accept(new FakeCall(2, Infinity, { wholeMs }));
  assert.deepEqual(ackTimes(empty), [2, 3], 'without records there is nothing to wait for');
  assert.equal(empty.counters.get(ShardCounter.AckedBatches), 2);

  const vaulted = createVaultRig();
  vaulted.shard.accept(new FakeCall(1));
  vaulted.clock.advance(2_100);
  vaulted.vault.answer(VaultAnswer.Acked);
  assert.deepEqual(ackTimes(vaulted), [1, 2_100]);

  const rig = oneDestination();
  const gone = new FakeCall(1);
  rig.shard.accept(gone);
  gone.onGone?.();
  rig.shard.accept(new FakeCall(2, rig.clock.nowMs() + 50));
  rig.clock.advance(1_000);
  assert.deepEqual(ackTimes(rig), [0, 0], 'neither gone nor refused');
});

test('Shard counts by port what comes and what is acknowledged', () => {
  const { a, shard, page, counters } = oneDestination();
  shard.accept(new FakeCall(1));
  shard.accept(new FakeCall(2, Infinity, { transport: Transport.Http }));
  shard.accept(new FakeCall(3, Infinity, { transport: Transport.Http }));
  a.open[1]?.settle(delivered);
  const counts = (transport: Transport) =>
    Object.values(TransportCounter).map((word) => page.sumTransport(transport, word));
  assert.deepEqual(counts(Transport.Grpc), [1, 10, 1_000, 0]);
  assert.deepEqual(counts(Transport.Http), [2, 20, 2_000, 10]);
  const [{ ReceivedBatches, ReceivedRecords, ReceivedBytes }] = [ShardCounter];
  const sums = [ReceivedBatches, ReceivedRecords, ReceivedBytes].map((word) => counters.get(word));
  assert.deepEqual(sums, [3, 30, 3_000], 'the ports add up');
});

test('Shard counts for each producer what came of its batches', () => {
  const rig = oneDestination();
  const { a, shard, page, clock } = rig;
  const [one, other] = ['CN=one', 'CN=other'].map((producer) => ({ producer }));
  shard.accept(new FakeCall(1, Infinity, one));
  shard.accept(new FakeCall(2, Infinity, other));
  const gone = new FakeCall(3, Infinity, one);
  shard.accept(gone);
  a.open[0]?.settle(delivered);
  gone.onGone?.();
  shard.accept(new FakeCall(4, clock.nowMs() + 50, other));
  clock.advance(1_000);
  const down = { code: 'DESTINATION_DOWN', message: 'down', retryDelayMs: 1_000 } as const;
  a.refusing = down;
  shard.accept(new FakeCall(5, Infinity, one));
  const { Received, Acked, Refused, Gone, ReceivedBytes, AckedRecords } = SourceCounter;
  const words = [Received, Acked, Refused, Gone, ReceivedBytes, AckedRecords];
  assert.deepEqual(
    page.sources().map(({ name, counts }) => [name, words.map((word) => counts[word])]),
    [
      ['CN=one', [3, 1, 1, 1, 3_000, 10]],
      ['CN=other', [2, 0, 1, 0, 2_000, 0]],
    ],
  );
});

test('Shard counts for its producer a request without records, as acknowledged', () => {
  const { shard, page } = oneDestination(0);
  shard.accept(new FakeCall(1));
  assert.deepEqual(page.sources(), [{ name: 'CN=test', counts: [1, 1, 0, 0, 1_000, 0] }]);
});
