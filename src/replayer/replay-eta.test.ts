import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplayEta } from './replay-eta.ts';

/** One look a second at one consumer. */
function lookEach(eta: ReplayEta, waiting: readonly number[], startMs = 0): number {
  return waiting.map((count, second) => eta.look(startMs + second * 1_000, [count])).at(-1) ?? 0;
}

test('look() knows nothing before it has looked for two seconds', () => {
  const eta = new ReplayEta(1);
  assert.equal(eta.look(0, [100]), Number.POSITIVE_INFINITY);
  assert.equal(eta.look(1_000, [90]), Number.POSITIVE_INFINITY);
  assert.equal(eta.look(2_000, [80]), 8_000);
});

test('look() goes by what the backlog loses, with what comes meanwhile', () => {
  assert.equal(lookEach(new ReplayEta(1), [100, 95, 105, 90, 80]), 16_000);
  const endless = Number.POSITIVE_INFINITY;
  assert.equal(lookEach(new ReplayEta(1), [100, 100, 100]), endless);
  assert.equal(lookEach(new ReplayEta(1), [100, 110, 120]), endless);
});

test('look() goes by the last ten seconds', () => {
  const slowly = Array.from({ length: 20 }, (_, second) => 1_000 - second);
  const quickly = Array.from({ length: 11 }, (_, second) => 980 - 10 * second);
  assert.equal(lookEach(new ReplayEta(1), [...slowly, ...quickly]), 88_000);
});

test('look() says how long the slowest consumer takes, and none when nothing waits', () => {
  const eta = new ReplayEta(3);
  for (let second = 0; second <= 4; second += 1) {
    eta.look(second * 1_000, [40 - 10 * second, 100 - 10 * second, 0]);
  }
  assert.equal(eta.look(5_000, [0, 50, 0]), 5_000);
  assert.equal(eta.look(6_000, [0, 0, 0]), 0);
});

test('look() begins anew after forget()', () => {
  const eta = new ReplayEta(1);
  assert.equal(lookEach(eta, [100, 90, 80]), 8_000);
  eta.forget();
  assert.equal(eta.look(3_000, [70]), Number.POSITIVE_INFINITY);
  assert.equal(eta.look(5_000, [60]), 12_000);
});

test('look() bears looks that come late or often', () => {
  const eta = new ReplayEta(1);
  for (let look = 0; look < 100; look += 1) eta.look(look * 10, [1_000 - look]);
  assert.equal(eta.look(60_000, [500]), Number.POSITIVE_INFINITY);
  assert.equal(eta.look(62_000, [400]), 8_000);
});
