import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { delivered, ScriptedDestination } from '../../test/support/scripted-destination.ts';
import { testSeed } from '../../test/support/seed.ts';
import { createRig, FakeCall } from '../../test/support/shard-rig.ts';
import { ShardCounter } from '../memory/state-page.ts';

test('Shard answers each call once, OK only if delivered, and frees each slab once', (context) => {
  // Scenario: random calls, settlements, refusals, cancels, deadlines and a drain, in any order.
  // Guarantees: one answer a call unless its producer went; OK means that every required
  // destination said so before; received = acked + refused + gone + in flight; no slab is freed
  // twice or never.
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.constant({ kind: 'call' as const }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('settle' as const),
        pick: fc.nat(),
        reject: fc.nat(3),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('send' as const), pick: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone' as const), pick: fc.nat() }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('refusing' as const),
        pick: fc.nat(),
        on: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(20_000) }) },
  );
  const requiredness = fc.array(fc.boolean(), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(requiredness, fc.array(step, { maxLength: 80 }), (required, steps) => {
      const destinations = required.map(
        (flag, index) => new ScriptedDestination(`file/${index}`, flag),
      );
      const { shard, clock, counters, freed } = createRig({ destinations });
      const calls: FakeCall[] = [];
      for (const action of steps) {
        const open = destinations.flatMap((destination) => destination.open);
        if (action.kind === 'call') {
          const call = new FakeCall(calls.length + 1, clock.nowMs() + 10_000);
          calls.push(call);
          shard.accept(call);
        } else if (action.kind === 'settle' && open.length > 0) {
          open[action.pick % open.length]?.settle({ ...delivered, rejectedRecords: action.reject });
        } else if (action.kind === 'send' && open.length > 0) {
          const delivery = open[action.pick % open.length];
          if (delivery !== undefined) delivery.sending = true;
        } else if (action.kind === 'gone' && calls.length > 0) {
          calls[action.pick % calls.length]?.onGone?.();
        } else if (action.kind === 'refusing') {
          const destination = destinations[action.pick % destinations.length];
          if (destination === undefined) continue;
          destination.refusing = action.on
            ? { code: 'QUEUE_FULL', message: 'full', retryDelayMs: 500 }
            : undefined;
        } else if (action.kind === 'wait') {
          clock.advance(action.ms);
        }
        const count = (counter: ShardCounter) => counters.get(counter);
        const accounted =
          count(ShardCounter.AckedBatches) +
          count(ShardCounter.RefusedBatches) +
          count(ShardCounter.GoneBatches);
        const waiting = calls.length - accounted;
        assert.equal(count(ShardCounter.ReceivedBatches), calls.length);
        assert.ok(waiting >= 0 && waiting <= count(ShardCounter.InflightBatches));
        for (const call of calls) {
          assert.ok(call.answers.length <= 1);
          if (call.answers[0]?.kind !== 'ok') continue;
          for (const destination of destinations.filter((candidate) => candidate.required)) {
            const mine = destination.deliveries.find(({ batch }) => slabOf(batch) === call.slab);
            assert.equal(mine?.settled && !mine.abandoned, true, 'OK before it was delivered');
          }
        }
      }
      shard.drainNow();
      for (const destination of destinations) {
        for (const delivery of destination.open) delivery.settle(delivered);
      }
      assert.deepEqual(
        [...freed].sort((x, y) => x - y),
        calls.map((call) => call.slab),
      );
      assert.equal(shard.inFlightCount, 0);
      assert.equal(counters.get(ShardCounter.InflightBytes), 0);
    }),
    { seed: testSeed(context), numRuns: 500 },
  );
});

function slabOf(batch: object): number {
  return 'slab' in batch ? Number(batch.slab) : -1;
}
