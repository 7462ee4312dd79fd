import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  abandoned,
  delivered,
  rejected,
  ScriptedDestination,
} from '../../test/support/scripted-destination.ts';
import type { ScriptedAppend } from '../../test/support/scripted-vault.ts';
import { createVaultRig, FakeCall } from '../../test/support/shard-rig.ts';
import type { Refusal } from '../exporter/destination.ts';
import { ShardCounter } from '../memory/state-page.ts';
import { VaultAnswer } from '../vault/hand-over.ts';
import { VaultReadiness } from './vault-door.ts';

/** The rig's. */
const ackDeadlineMs = 2_000;
const sweepMs = 100;
const down: Refusal = { code: 'DESTINATION_DOWN', message: 'b is down', retryDelayMs: 4_000 };

function endsOf({ ends }: ScriptedAppend): string {
  return [...ends].map(([consumer, end]) => `${consumer} ${end}`).join();
}

test('Shard hedges at the ack deadline, and answers OK when the disk has it', () => {
  const { shard, clock, counters, freed, vault, a, b } = createVaultRig();
  const call = new FakeCall(7);
  shard.accept(call);
  a.open[0]?.settle({ ...delivered, rejectedRecords: 2, message: 'too old' });
  clock.advance(ackDeadlineMs - 1);
  assert.equal(vault.appends.length, 0);
  clock.advance(sweepMs);
  assert.equal(vault.last.heldMask, 0b10);
  assert.equal(vault.last.settledMask, 0b01);
  assert.equal(call.codes, '');

  vault.answer(VaultAnswer.Acked);
  assert.deepEqual(call.answers, [
    { kind: 'ok', rejectedRecords: 2, message: 'otlp_grpc/a: too old' },
  ]);
  assert.equal(b.deliveries[0]?.abandoned, true);
  assert.equal(endsOf(vault.last), '1 released');
  assert.deepEqual(freed, [7]);
  assert.equal(counters.get(ShardCounter.VaultedBatches), 1);
  assert.equal(counters.get(ShardCounter.HedgedBatches), 1);
  assert.equal(counters.get(ShardCounter.AckedBatches), 1);
});

test('Shard waits for the request under way of what the disk has', () => {
  const ends = [
    [delivered, '0 settled'],
    [{ ...delivered, rejectedRecords: 2 }, '0 settled but 2'],
    [rejected, '0 released'],
    [abandoned, '0 released'],
  ] as const;
  for (const [outcome, said] of ends) {
    const a = new ScriptedDestination('otlp_grpc/a');
    const { shard, clock, freed, vault } = createVaultRig({ destinations: [a] });
    const call = new FakeCall(7);
    shard.accept(call);
    const delivery = a.open[0];
    assert.ok(delivery !== undefined);
    delivery.sending = true;
    clock.advance(ackDeadlineMs + sweepMs);
    vault.answer(VaultAnswer.Acked);
    assert.equal(call.codes, 'OK');
    assert.deepEqual(freed, [], 'the exporter still reads the slab');
    delivery.settle(outcome);
    assert.equal(endsOf(vault.last), said);
    assert.deepEqual(freed, [7]);
  }
});

test('Shard remembers what ends while the append is out', () => {
  const { shard, clock, freed, vault, a, b } = createVaultRig();
  const call = new FakeCall(7);
  shard.accept(call);
  clock.advance(ackDeadlineMs + sweepMs);
  b.open[0]?.settle({ ...delivered, rejectedRecords: 2 });
  a.open[0]?.settle(rejected);
  assert.equal(call.codes, 'OK', 'all of them have it, and the producer hears what they refused');
  assert.deepEqual(freed, [], 'the vault still reads the slab');
  vault.answer(VaultAnswer.Acked);
  assert.equal(endsOf(vault.last), '1 settled,0 released');
  assert.deepEqual(freed, [7]);
});

test('Shard hedges after a third of the time that the producer has left', () => {
  const { shard, clock, vault } = createVaultRig();
  shard.accept(new FakeCall(1, clock.nowMs() + 900));
  clock.advance(299);
  assert.equal(vault.appends.length, 0);
  clock.advance(sweepMs);
  assert.equal(vault.appends.length, 1);
});

test('Shard goes on waiting for the destination when the vault refuses a copy', () => {
  const { shard, clock, freed, vault, a, b } = createVaultRig();
  const [call, late] = [new FakeCall(7), new FakeCall(8, clock.nowMs() + 9_000)];
  shard.accept(call);
  shard.accept(late);
  clock.advance(ackDeadlineMs + sweepMs);
  vault.answer(VaultAnswer.Full);
  vault.answer(VaultAnswer.Full);
  vault.readiness = VaultReadiness.Full;
  clock.advance(3_000);
  assert.equal(vault.appends.length, 2, 'no copy while the vault is full');
  vault.readiness = VaultReadiness.Takes;
  clock.advance(sweepMs);
  assert.equal(vault.appends.length, 4, 'another try');
  for (const destination of [a, b]) destination.open[0]?.settle(delivered);
  assert.equal(call.codes, 'OK');
  vault.answer(VaultAnswer.ReadOnly);
  vault.answer(VaultAnswer.ReadOnly);
  vault.readiness = VaultReadiness.Failed;
  clock.advance(7_000);
  assert.equal(late.codes, 'DEADLINE');
  assert.deepEqual(freed, [7, 8]);
});

test('Shard does not ask a vault twice in a row that says it takes and refuses', () => {
  const { shard, clock, vault, host } = createVaultRig();
  host.occupancyPercent = 90;
  shard.accept(new FakeCall(7));
  clock.advance(10);
  vault.answer(VaultAnswer.Full);
  clock.advance(1_000);
  assert.equal(vault.appends.length, 1);
});

test('Shard hedges at once, oldest first, while the arena is more than half full', () => {
  const { shard, clock, vault, host } = createVaultRig();
  shard.accept(new FakeCall(1));
  clock.advance(500);
  assert.equal(vault.appends.length, 0);
  host.occupancyPercent = 51;
  shard.accept(new FakeCall(2));
  clock.advance(10);
  assert.deepEqual(
    vault.appends.map(({ slab }) => slab),
    [1, 2],
  );
});

test('Shard stores first what one destination cannot take, then sends it to the others', () => {
  const debug = new ScriptedDestination('debug', false);
  const [a, b] = [new ScriptedDestination('otlp_grpc/a'), new ScriptedDestination('file/b')];
  const { shard, counters, freed, vault } = createVaultRig({ destinations: [debug, a, b] });
  b.refusing = down;
  const call = new FakeCall(7);
  shard.accept(call);
  assert.equal(vault.last.heldMask, 0b01);
  assert.equal(vault.last.recordCount, 10);
  assert.equal(a.deliveries.length + debug.deliveries.length, 0);
  vault.answer(VaultAnswer.Acked);
  assert.equal(call.codes, 'OK');
  assert.deepEqual(
    [debug, a, b].map(({ deliveries }) => deliveries.length),
    [1, 1, 0],
  );
  a.open[0]?.settle(delivered);
  assert.equal(endsOf(vault.last), '0 settled');
  assert.deepEqual(freed, []);
  debug.open[0]?.settle(delivered);
  assert.deepEqual(freed, [7]);
  assert.equal(counters.get(ShardCounter.VaultedBatches), 1);
  assert.equal(counters.get(ShardCounter.HedgedBatches), 0);
});

test('Shard leaves to the replayer what a held destination refuses after all', () => {
  const { shard, freed, vault, a, b } = createVaultRig();
  b.refusing = down;
  shard.accept(new FakeCall(7));
  a.refusing = down;
  vault.answer(VaultAnswer.Acked);
  assert.equal(endsOf(vault.last), '0 released');
  assert.deepEqual(freed, [7]);
});

test('Shard takes what the disk has back from a queue that does not move', () => {
  const { shard, clock, freed, vault, host, a, b } = createVaultRig();
  b.refusing = down;
  shard.accept(new FakeCall(7));
  vault.answer(VaultAnswer.Acked);
  clock.advance(ackDeadlineMs - sweepMs);
  assert.deepEqual(freed, []);
  clock.advance(2 * sweepMs);
  assert.equal(endsOf(vault.appends[0]!), '0 released'); // there are two
  assert.deepEqual(freed, [7]);
  shard.accept(new FakeCall(8));
  vault.answer(VaultAnswer.Acked);
  host.occupancyPercent = 51;
  clock.advance(sweepMs);
  assert.deepEqual(freed, [7, 8]);
  assert.equal(a.open.length, 0);
});

test('Shard refuses for all when the vault is full and one destination is down', () => {
  const { shard, freed, vault, a, b } = createVaultRig();
  vault.readiness = VaultReadiness.Full;
  b.refusing = down;
  const [known, unknown] = [new FakeCall(7), new FakeCall(8)];
  shard.accept(known);
  // The page says so a moment later than the answer.
  vault.readiness = VaultReadiness.Takes;
  shard.accept(unknown);
  vault.answer(VaultAnswer.Full);
  for (const { answers } of [known, unknown]) {
    const message = 'the vault is full, and b is down';
    assert.deepEqual(answers, [
      { kind: 'error', code: 'VAULT_FULL', message, retryDelayMs: 4_000 },
    ]);
  }
  assert.deepEqual(freed, [7, 8]);
  assert.equal(a.deliveries.length, 0);
});

test('Shard keeps the slab of a call that is given up while the vault reads it', () => {
  const { shard, clock, freed, vault, a, b } = createVaultRig();
  b.refusing = down;
  const [expired, gone] = [new FakeCall(1, clock.nowMs() + 500), new FakeCall(2)];
  shard.accept(expired);
  shard.accept(gone);
  clock.advance(500 + sweepMs);
  gone.onGone?.();
  assert.equal(expired.codes, 'DEADLINE');
  assert.deepEqual(freed, []);
  vault.answer(VaultAnswer.Acked);
  assert.equal(endsOf(vault.appends[0]!), '0 released'); // there are two
  vault.answer(VaultAnswer.Full);
  assert.equal(a.deliveries.length, 0, 'sent, although its producer will send it again');
  assert.deepEqual(freed, [1, 2]);
});

test('drain() hands what is in flight to the vault instead of waiting', async () => {
  const { shard, clock, freed, vault, a, b } = createVaultRig();
  const [sent, held] = [new FakeCall(1), new FakeCall(2)];
  shard.accept(sent);
  b.refusing = down;
  shard.accept(held);
  vault.answer(VaultAnswer.Acked);
  const drained = shard.drain(clock.nowMs() + 60_000);
  assert.equal(vault.open.length, 1);
  vault.answer(VaultAnswer.Acked);
  assert.equal(sent.codes, 'OK');
  assert.equal(a.open.length, 1, 'what is held gets a moment to arrive');
  clock.advance(2_500);
  await drained;
  assert.equal(endsOf(vault.appends[0]!), '0 released'); // there are two
  assert.equal(shard.givenUpCount, 0);
  assert.deepEqual(freed, [1, 2]);
});

test('drainNow() leaves what the disk has to the next start', () => {
  const { shard, freed, vault, a, b } = createVaultRig();
  b.refusing = down;
  shard.accept(new FakeCall(1));
  vault.answer(VaultAnswer.Acked);
  assert.equal(a.open.length, 1);
  shard.drainNow();
  assert.equal(endsOf(vault.last), '0 released');
  assert.deepEqual(freed, [1]);
});
