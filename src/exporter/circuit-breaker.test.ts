import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { testSeed } from '../../test/support/seed.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

const retry = {
  initialIntervalMs: 1_000,
  multiplier: 2,
  randomizationFactor: 0,
  intervalMsMax: 4_000,
} as const;

function breaker(consumersMax = 8) {
  const clock = new FakeClock();
  return { clock, breaker: new CircuitBreaker({ clock, retry, random: () => 0.5, consumersMax }) };
}

test('failed() holds everything back for the interval, then lets one probe through', () => {
  const { clock, breaker: one } = breaker();
  for (const intervalMs of [1_000, 2_000, 4_000, 4_000]) {
    one.failed(one.begin(), undefined);
    assert.equal(one.waitMs, intervalMs);
    assert.equal(one.mayStart(0), false);
    clock.advance(intervalMs - 1);
    assert.equal(one.mayStart(0), false);
    clock.advance(1);
    assert.equal(one.mayStart(0), true);
  }
  one.begin();
  assert.equal(one.state.kind, 'probing');
  assert.equal(one.mayStart(1), false);
});

test('succeeded() lets 1, 2, 4 requests through, then all', () => {
  const { clock, breaker: one } = breaker();
  one.failed(one.begin(), undefined);
  clock.advance(1_000);
  one.succeeded(one.begin());
  for (const requestsMax of [1, 2, 4]) {
    assert.equal(one.mayStart(requestsMax - 1), true);
    assert.equal(one.mayStart(requestsMax), false);
    const epochs = Array.from({ length: requestsMax }, () => one.begin());
    for (const epoch of epochs) one.succeeded(epoch);
  }
  assert.equal(one.state.kind, 'closed');
  assert.equal(one.mayStart(7), true);
  assert.equal(one.mayStart(8), false);
});

test('isDown at once for a failure that did not reach the destination, until it is reached', () => {
  const { clock, breaker: one } = breaker();
  one.failed(one.begin(), undefined, true);
  assert.equal(one.isDown, true);
  clock.advance(1_000);
  const probe = one.begin();
  assert.equal(one.isDown, true, 'while probing');
  one.failed(probe, undefined);
  assert.equal(one.isDown, false, 'it was reached, and this is its second failure');
  clock.advance(2_000);
  one.failed(one.begin(), undefined, true);
  clock.advance(4_000);
  one.succeeded(one.begin());
  assert.equal(one.isDown, false);
});

test('isDown from three failures in a row, a fault, or a long delay; not from a single failure', () => {
  const { clock, breaker: one } = breaker();
  one.failed(one.begin(), undefined);
  assert.equal(one.isDown, false);
  clock.advance(1_000);
  one.failed(one.begin(), undefined);
  clock.advance(2_000);
  one.failed(one.begin(), undefined);
  assert.equal(one.isDown, true);
  clock.advance(4_000);
  one.succeeded(one.begin());
  assert.equal(one.isDown, false);

  const asked = breaker().breaker;
  asked.failed(asked.begin(), 60_000);
  assert.equal(asked.isDown, true);
  assert.equal(asked.waitMs, 60_000);

  const wrong = breaker().breaker;
  wrong.faulted(wrong.begin(), 'setup');
  assert.equal(wrong.isDown, true);
  assert.equal(wrong.fault, 'setup');
});

test('failures of requests that were under way together cost one back-off, and an older success none', () => {
  const { clock, breaker: one } = breaker();
  const epochs = [one.begin(), one.begin(), one.begin(), one.begin()];
  one.failed(epochs[0]!, undefined);
  one.failed(epochs[1]!, undefined);
  assert.equal(one.waitMs, 1_000);
  one.failed(epochs[2]!, 3_000);
  assert.equal(one.waitMs, 3_000);
  one.succeeded(epochs[3]!);
  assert.equal(one.state.kind, 'waiting');
  clock.advance(3_000);
  one.failed(one.begin(), undefined);
  assert.equal(one.waitMs, 2_000);
});

test('connected() ends only a wait for a connection; retracted() gives the probe back', () => {
  const { clock, breaker: one } = breaker();
  one.failed(one.begin(), undefined, true);
  one.connected();
  assert.equal(one.mayStart(0), true);
  one.retracted(one.begin());
  assert.equal(one.mayStart(0), true);
  one.failed(one.begin(), undefined);
  one.connected();
  assert.equal(one.mayStart(0), false);
  clock.advance(10_000);
  one.failed(one.begin(), 5_000);
  one.connected();
  assert.equal(one.waitMs, 5_000);
});

test('never two probes, never more than the consumers, always open again in time', (t) => {
  const seed = testSeed(t);
  const step = fc.oneof(
    fc.constant('start' as const),
    fc.record({ end: fc.constantFrom('ok', 'fail', 'fault', 'retract'), which: fc.nat() }),
    fc.record({ advanceMs: fc.nat(5_000) }),
  );
  const property = fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
    const { clock, breaker: one } = breaker();
    const open: number[] = [];
    for (const next of steps) {
      if (next === 'start') {
        if (!one.mayStart(open.length)) continue;
        assert.ok(one.state.kind !== 'closed' || open.length < 8);
        const wasWaiting = one.state.kind === 'waiting';
        open.push(one.begin());
        assert.equal(one.state.kind === 'probing', wasWaiting);
        assert.ok(!wasWaiting || !one.mayStart(0));
      } else if ('advanceMs' in next) {
        clock.advance(next.advanceMs);
        assert.ok(one.waitMs <= 4_000);
      } else if (open.length > 0) {
        const [epoch] = open.splice(next.which % open.length, 1) as [number]; // not empty
        if (next.end === 'ok') one.succeeded(epoch);
        else if (next.end === 'fail') one.failed(epoch, undefined);
        else if (next.end === 'fault') one.faulted(epoch, 'setup');
        else one.retracted(epoch);
      }
    }
    clock.advance(4_000);
    assert.ok(one.state.kind !== 'waiting' || one.mayStart(0));
  });
  fc.assert(property, { seed, numRuns: 500 });
});
