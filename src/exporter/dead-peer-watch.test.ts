import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { DeadPeerWatch } from './dead-peer-watch.ts';

function watched() {
  const clock = new FakeClock();
  const seen = { bytes: 0, events: [] as string[] };
  const watch = new DeadPeerWatch({
    clock,
    silenceMsMax: 10_000,
    bytesRead: () => seen.bytes,
    ping: () => seen.events.push('ping'),
    onDead: () => seen.events.push('dead'),
    onStuck: () => seen.events.push('stuck'),
  });
  return { clock, seen, watch };
}

test('one PING after 10 s without a byte, the verdict 10 s later, across requests that were given up', () => {
  const { clock, seen, watch } = watched();
  watch.sent();
  clock.advance(5_000);
  watch.ended(false);
  watch.sent();
  clock.advance(4_999);
  assert.deepEqual(seen.events, []);
  clock.advance(1);
  assert.deepEqual(seen.events, ['ping']);
  clock.advance(9_999);
  assert.deepEqual(seen.events, ['ping']);
  clock.advance(1);
  assert.deepEqual(seen.events, ['ping', 'dead']);
});

test('an answer ends the watch, and an idle connection is not watched', () => {
  const { clock, seen, watch } = watched();
  watch.sent();
  clock.advance(9_000);
  watch.ended(true);
  clock.advance(100_000);
  assert.equal(clock.pendingCount, 0);
  assert.deepEqual(seen.events, []);
});

test('no third PING without an answer: a peer that answers only PINGs is stuck', () => {
  const { clock, seen, watch } = watched();
  watch.sent();
  for (const _ of [1, 2]) {
    clock.advance(10_000);
    seen.bytes += 17; // the PING's answer
    clock.advance(10_000);
  }
  assert.deepEqual(seen.events, ['ping', 'ping']);
  clock.advance(10_000);
  assert.deepEqual(seen.events, ['ping', 'ping', 'stuck']);
});
