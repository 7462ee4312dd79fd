// What Yellow changes about when requests start: fewer and larger ones.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  scheduleConfig as config,
  Requests,
  usualGatherMsMax,
} from '../../test/exporter/schedule-rig.ts';
import { Zone } from '../memory/zone-word.ts';
import { gatherMsMax } from './request-schedule.ts';

/** One batch every `everyMs`, as long as that goes; how large each request was that started. */
function sendSteadily(requests: Requests, count: number, everyMs: number): string[] {
  const started: string[] = [];
  for (let sent = 0; sent < count; sent += 1) {
    requests.add(1, false);
    started.push(...requests.start());
    while (requests.inFlight.length > 0) requests.end();
    requests.clock.advance(everyMs);
  }
  return started;
}

test('next() gathers whole requests in Yellow though the consumer is idle, and none in Green or Red', () => {
  const requests = new Requests();
  assert.deepEqual(sendSteadily(requests, 4, 10), Array(4).fill('live 1'));
  requests.zone = Zone.Yellow;
  assert.deepEqual(sendSteadily(requests, 32, 10), Array(4).fill('live 8'));
  requests.zone = Zone.Red;
  assert.deepEqual(sendSteadily(requests, 4, 10), Array(4).fill('live 1'));
  requests.zone = Zone.Yellow;
  assert.deepEqual(sendSteadily(requests, 4, 10), []);
  requests.zone = Zone.Green;
  assert.deepEqual(requests.start(), ['live 4'], 'at once');
});

test('next() lets nothing gather in Yellow for longer than flush_timeout or gatherMsMax', () => {
  for (const [gatherMsMax, longestMs] of [
    [usualGatherMsMax, config.batch.flushTimeoutMs],
    [80, 80],
  ] as const) {
    const requests = new Requests(config.consumersMax, gatherMsMax);
    requests.zone = Zone.Yellow;
    requests.add(1, false);
    const enqueuedMs = requests.clock.nowMs();
    while (requests.start().length === 0) {
      assert.ok(requests.waitMs > 0 && requests.waitMs <= longestMs / 8);
      requests.clock.advance(Math.min(requests.waitMs, longestMs / 10));
      requests.add(1, false, 1);
    }
    assert.equal(Math.round(requests.clock.nowMs() - enqueuedMs), longestMs);
  }
});

test('next() waits in Yellow no longer than an eighth of that for producers that all wait', () => {
  const requests = new Requests();
  requests.zone = Zone.Yellow;
  requests.add(3, false);
  assert.deepEqual(requests.start(), []);
  assert.equal(requests.waitMs, config.batch.flushTimeoutMs / 8);
  requests.clock.advance(requests.waitMs);
  assert.deepEqual(requests.start(), ['live 3']);
});

// What waits when nothing is under way, and what starts at once of it.
const atOnce: readonly (readonly [live: number, backlog: number, started: readonly string[]])[] = [
  [0, 1, ['backlog 1']],
  [0, 3, ['backlog 3']],
  [0, 8, ['backlog 8']],
  [0, 20, ['backlog 8', 'backlog 8', 'backlog 4']], // as in Green
  [1, 0, []],
  [1, 3, []], // live ones go first, and gather
  [8, 0, ['live 8']],
  [8, 3, ['live 8', 'backlog 2']], // one small request beside what producers wait for
];

for (const [live, backlog, started] of atOnce) {
  test(`next() starts ${started.join(', ') || 'nothing'} in Yellow with ${live} live and ${backlog} of the backlog`, () => {
    const requests = new Requests();
    requests.zone = Zone.Yellow;
    requests.add(live, false);
    requests.add(backlog, true);
    assert.deepEqual(requests.start(), started);
  });
}

test('next() keeps a backlog that comes one by one waiting for its answers alone, in Yellow', () => {
  const requests = new Requests();
  requests.zone = Zone.Yellow;
  for (let sent = 0; sent < 100; sent += 1) {
    requests.add(1, true);
    assert.deepEqual(requests.start(), ['backlog 1']);
    requests.end();
  }
  assert.equal(requests.clock.nowMs(), new Requests().clock.nowMs(), 'no time has passed');
});

test('next() gathers in Yellow nothing in a queue that is half full', () => {
  const requests = new Requests();
  requests.zone = Zone.Yellow;
  requests.add(config.batchesMax / 2 - 1, false, 1);
  assert.deepEqual(requests.start(), []);
  requests.add(1, false, 1);
  assert.equal(requests.start().length, 1);
});

test('gatherMsMax() is bounded without a vault too, whatever flush_timeout says', () => {
  assert.equal(gatherMsMax(400), 100);
  assert.equal(gatherMsMax(60_000), 500);
  assert.equal(gatherMsMax(undefined), 500);
});
