import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { testSeed } from '../../test/support/seed.ts';
import { CallWatch, WatchedCall } from './call-watch.ts';

class FakeCall extends WatchedCall {
  checkedCount = 0;
  onCheck = () => {};
  override check(): void {
    this.checkedCount += 1;
    this.onCheck();
  }
  override giveUp(): void {}
}

test('CallWatch looks once at each call that stays, whatever the others do meanwhile', (context) => {
  const order = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 7 }), order, (actor, leaving) => {
      const clock = new FakeClock();
      const watch = new CallWatch(clock);
      const calls = Array.from({ length: 8 }, () => new FakeCall());
      for (const call of calls) watch.watch(call);
      const added = new FakeCall();
      calls[actor]!.onCheck = () => {
        for (const index of leaving) watch.unwatch(calls[index]!);
        watch.watch(added);
      };
      clock.advance(100);
      const gone = new Set(leaving);
      for (const [index, call] of calls.entries()) {
        assert.ok(call.checkedCount <= 1);
        if (!gone.has(index) || index === actor) assert.equal(call.checkedCount, 1);
        watch.unwatch(call);
      }
      assert.equal(watch.size, 1);
      watch.unwatch(added);
      clock.advance(100);
      assert.equal(watch.size, 0);
      assert.equal(clock.pendingCount, 0);
    }),
    { seed: testSeed(context), numRuns: 200 },
  );
});
