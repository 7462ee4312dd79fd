import assert from 'node:assert/strict';
import { test } from 'node:test';
import { delivered, ScriptedDestination } from '../../test/support/scripted-destination.ts';
import { createRig, createVaultRig, FakeCall } from '../../test/support/shard-rig.ts';
import { PivotCounter } from '../memory/pivot-counters.ts';
import { SourceCounter } from '../memory/source-counters.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { Transport, TransportCounter } from '../memory/transport-counters.ts';
import { Zone } from '../memory/zone-word.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { VaultReadiness } from './vault-door.ts';

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
  assert.deepEqual(counts(Transport.Grpc), [1, 10, 1_000, 0, 0]);
  assert.deepEqual(counts(Transport.Http), [2, 20, 2_000, 10, 0]);
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

test('Shard counts by port the records of what it answers with an error', () => {
  const { a, shard, page, clock } = oneDestination();
  const failed = () =>
    Object.values(Transport).map((port) => page.sumTransport(port, TransportCounter.FailedRecords));
  shard.accept(new FakeCall(1, clock.nowMs() + 50));
  clock.advance(1_000);
  assert.deepEqual(failed(), [10, 0], 'too late');
  a.refusing = down;
  shard.accept(new FakeCall(2, Infinity, { transport: Transport.Http }));
  assert.deepEqual(failed(), [10, 10], 'refused');
  const gone = new FakeCall(3);
  shard.accept(gone);
  gone.onGone?.();
  const malformed = createRig({ destinations: [a], malformed: 'field 1' });
  malformed.shard.accept(new FakeCall(4));
  assert.equal(malformed.page.sumTransport(Transport.Grpc, TransportCounter.FailedRecords), 0);
});

/** Decisions of the pivot that were made, by name. */
function pivotsOf({ page }: Pick<ReturnType<typeof createRig>, 'page'>) {
  const counts = Object.entries(PivotCounter).map(
    ([name, word]) => [name, page.sumPivot(word)] as const,
  );
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

test('Shard counts each decision of the pivot once, with its reason', () => {
  const rig = createVaultRig();
  const { shard, vault, host, clock, a } = rig;
  shard.accept(new FakeCall(1));
  assert.deepEqual(pivotsOf(rig), { ExportReady: 1 });
  clock.advance(2_100);
  assert.deepEqual(pivotsOf(rig), { ExportReady: 1, VaultHedged: 1 }, 'no answer in time');
  a.refusing = down;
  shard.accept(new FakeCall(2));
  host.zone = Zone.Red;
  assert.equal(shard.takesRaw(1_000, ''), true);
  assert.equal(pivotsOf(rig).VaultRedZone, undefined, 'asked, not decided');
  shard.accept(new FakeCall(3, Infinity, { encoding: 'gzip' }));
  shard.accept(new FakeCall(4));
  const before = { ExportReady: 1, VaultHedged: 1, VaultDestinationNotReady: 1, VaultRedZone: 2 };
  assert.deepEqual({ ...pivotsOf(rig) }, before);
  vault.readiness = VaultReadiness.Failed;
  shard.accept(new FakeCall(5));
  assert.deepEqual(pivotsOf(rig), { ...before, RefuseVaultFailed: 1 });
  a.refusing = undefined;
  shard.accept(new FakeCall(6));
  assert.deepEqual(pivotsOf(rig), { ...before, RefuseVaultFailed: 1, ExportVaultFailed: 1 });
});

test('Shard counts what the vault did not take once more, by what then becomes of it', () => {
  const rig = createVaultRig();
  rig.host.zone = Zone.Red;
  rig.shard.accept(new FakeCall(1));
  rig.vault.answer(VaultAnswer.Full);
  assert.deepEqual(pivotsOf(rig), { VaultRedZone: 1, ExportVaultFull: 1 });
});

test('Shard counts no decision of the pivot for what has no records or is no OTLP', () => {
  const empty = oneDestination(0);
  empty.shard.accept(new FakeCall(1));
  assert.deepEqual(pivotsOf(empty), {});
  const rig = createVaultRig({ malformed: 'field 1' });
  rig.shard.accept(new FakeCall(1));
  assert.deepEqual(pivotsOf(rig), {});
});

const down = { code: 'DESTINATION_DOWN', message: 'down', retryDelayMs: 1_000 } as const;
