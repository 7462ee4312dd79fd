import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { ReplayRamp } from './replay-ramp.ts';

const full = 1_000;
const trickle = 10;

test('ReplayRamp gives what is allowed as long as nothing has made it fall', () => {
  const ramp = new ReplayRamp(0);
  assert.equal(ramp.rate(0, full, false), full);
  assert.equal(
    ramp.rate(100, trickle, false),
    trickle,
    'a fall without a backlog is not its fault',
  );
  assert.equal(ramp.rate(200, full, true), full);
});

test('ReplayRamp comes back to a quarter, to the half in a second, to the whole in 15', () => {
  const ramp = new ReplayRamp(0);
  ramp.rate(0, full, true);
  assert.equal(ramp.rate(100, trickle, true), trickle);
  assert.equal(ramp.rate(5_000, trickle, true), trickle);
  const rates = [0, 500, 1_000, 4_000, 15_000, 15_100].map((ms) =>
    Math.round(ramp.rate(6_000 + ms, full, true)),
  );
  assert.deepEqual(rates, [250, 354, 500, 600, 967, 970]);
  assert.equal(ramp.rate(60_000, full, true), full);
  ramp.rate(60_100, full / 2, false);
  assert.equal(ramp.rate(60_200, full, true), full, 'what was is forgotten');
});

test('ReplayRamp settles below what the host bears instead of going to and fro', () => {
  const ramp = new ReplayRamp(0);
  const bearable = 400;
  let calmAtMs = 0;
  let done = 0;
  for (let nowMs = 0; nowMs < 300_000; nowMs += 100) {
    const rate = ramp.rate(nowMs, nowMs >= calmAtMs ? full : trickle, true);
    if (rate > bearable) calmAtMs = nowMs + 5_000;
    done += rate / 10;
  }
  // At once back to the full rate it would be 1/50 of the time at 1,000 and the rest at 10.
  assert.ok(done > 0.35 * bearable * 300, `${Math.round(done / 300)} a second`);
});

test('ReplayRamp is never above what is allowed, and reaches it', (context) => {
  const step = fc.record({
    ms: fc.integer({ min: -100, max: 5_000 }),
    allowed: fc.constantFrom(0, trickle, full, 10 * full),
    isWorking: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ramp = new ReplayRamp(0);
      let nowMs = 0;
      for (const { ms, allowed, isWorking } of steps) {
        nowMs += ms;
        const rate = ramp.rate(nowMs, allowed, isWorking);
        assert.ok(rate >= 0 && rate <= allowed);
      }
      for (let more = 0; more < 40; more += 1) {
        nowMs += 1_000;
        ramp.rate(nowMs, full, true);
      }
      assert.equal(ramp.rate(nowMs, full, true), full);
    }),
    { seed: testSeed(context) },
  );
});
