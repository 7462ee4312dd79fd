import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ConnectionLife, type LifeBounds, prefaceTimeoutMs } from './connection-life.ts';

const bounds: LifeBounds = {
  connectionAgeMsMax: 3_600_000,
  connectionAgeGraceMs: 30_000,
  connectionIdleMsMax: 1_800_000,
  timeMs: 60_000,
  timeoutMs: 20_000,
};

function living(given: Partial<LifeBounds> = {}, random = 0.5) {
  const clock = new FakeClock();
  const log: string[] = [];
  const peer = { bytesRead: 100, openStreamCount: 0, answersPings: true };
  const startMs = clock.nowMs();
  const say = (what: string) => log.push(`${what} ${Math.round((clock.nowMs() - startMs) / 1000)}`);
  const life = new ConnectionLife(
    {
      bytesRead: () => peer.bytesRead,
      openStreamCount: () => peer.openStreamCount,
      ping() {
        say('ping');
        if (peer.answersPings) peer.bytesRead += 17;
      },
      closeGracefully: () => say('goaway'),
      destroy() {
        say('destroy');
        life.ended();
      },
    },
    { ...bounds, ...given },
    clock,
    () => random,
  );
  life.prefaceReceived();
  return { clock, log, peer, life };
}

test('ConnectionLife pings a silent peer and keeps one that answers', () => {
  const { clock, log } = living();
  clock.advance(600_000);
  assert.ok(log.length >= 4 && log.every((line) => line.startsWith('ping')), log.join());
});

test('ConnectionLife ends a peer that does not answer the ping', () => {
  const { clock, log, peer } = living();
  peer.answersPings = false;
  clock.advance(600_000);
  // The bytes of the handshake are seen at the first look, for the preface, so silence counts from
  // there.
  assert.deepEqual(log, ['ping 70', 'destroy 90']);
  assert.equal(clock.pendingCount, 0);
});

test('ConnectionLife does not ping a peer that talks', () => {
  const { clock, log, peer } = living();
  for (let second = 0; second < 600; second += 10) {
    peer.bytesRead += 1;
    clock.advance(10_000);
  }
  assert.deepEqual(log, []);
});

test('ConnectionLife sends an old connection away, then cuts it after the grace time', () => {
  for (const [random, ageS] of [
    [0, 3_240],
    [0.5, 3_600],
    [0.999, 3_959],
  ] as const) {
    const { clock, log, peer } = living({ timeMs: Infinity }, random);
    peer.openStreamCount = 1;
    clock.advance(ageS * 1_000 - 1_000);
    assert.deepEqual(log, []);
    clock.advance(40_000);
    assert.deepEqual(log.length, 2);
    assert.ok(log[0] === `goaway ${ageS}` || log[0] === `goaway ${ageS + 1}`, log[0]);
    assert.match(log[1] ?? '', /^destroy/);
  }
});

test('ConnectionLife sends an idle connection away, counting from its last stream', () => {
  const { clock, log, peer, life } = living({ timeMs: Infinity });
  clock.advance(1_000_000);
  life.streamOpened();
  peer.openStreamCount = 1;
  clock.advance(1_000);
  peer.openStreamCount = 0;
  clock.advance(1_700_000);
  assert.deepEqual(log, []);
  clock.advance(100_000);
  assert.deepEqual(log, ['goaway 2800']);
});

test('ConnectionLife ends a peer that never speaks HTTP/2', () => {
  const clock = new FakeClock();
  let destroyedMs = 0;
  const startMs = clock.nowMs();
  const life = new ConnectionLife(
    {
      bytesRead: () => 0,
      openStreamCount: () => 0,
      ping() {},
      closeGracefully() {},
      destroy() {
        destroyedMs = clock.nowMs() - startMs;
        life.ended();
      },
    },
    bounds,
    clock,
    () => 0.5,
  );
  clock.advance(60_000);
  assert.equal(destroyedMs, prefaceTimeoutMs);
});

test('ConnectionLife leaves no timer behind', () => {
  const { clock, life } = living();
  life.ended();
  assert.equal(clock.pendingCount, 0);
});
