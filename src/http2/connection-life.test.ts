import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { ConnectionLife, Deadline, type LifeBounds } from './connection-life.ts';

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
      overdue: (deadline) => say(`overdue ${deadline}`),
    },
    { ...bounds, ...given },
    clock,
    () => random,
  );
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
  // The bytes of the first second are seen at the first look, so silence counts from there.
  assert.deepEqual(log, ['ping 120', 'destroy 140']);
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

test('ConnectionLife holds no silence against a peer that is not read from', () => {
  const { clock, log, peer, life } = living();
  peer.answersPings = false;
  life.readingStopped();
  clock.advance(600_000);
  assert.deepEqual(log, []);
  life.readingResumed();
  clock.advance(150_000);
  assert.deepEqual(log, ['ping 660', 'destroy 680']);
});

test('ConnectionLife holds to a deadline whichever way it came to know of it', () => {
  const { clock, log, life } = living();
  life.expect(Deadline.HeaderBlock, 10_000); // looks at 10 s, and then at what is left
  clock.advance(6_000);
  life.met(Deadline.HeaderBlock);
  life.expect(Deadline.HeaderBlock, 10_000);
  clock.advance(1_000);
  life.expect(Deadline.Preface, 2_000); // sooner than it would look
  clock.advance(53_000);
  assert.deepEqual(log, ['overdue 1 9', 'overdue 3 16']);
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

test('idleMs counts from the end of the last stream', () => {
  const { clock, peer, life } = living();
  clock.advance(5_000);
  assert.equal(life.idleMs, 5_000, 'or from the start');
  life.streamOpened();
  peer.openStreamCount = 2;
  clock.advance(45_000);
  assert.equal(life.idleMs, 0);
  peer.openStreamCount = 1;
  life.streamClosed();
  assert.equal(life.idleMs, 0, 'one is open');
  clock.advance(1_000);
  peer.openStreamCount = 0;
  life.streamClosed();
  clock.advance(2_000);
  assert.equal(life.idleMs, 2_000);
});

test('expect() tells once what was not met in time', () => {
  const { clock, log, life } = living({ timeMs: Infinity });
  life.expect(Deadline.Preface, 10_000);
  life.expect(Deadline.SettingsAck, 30_000);
  life.met(Deadline.SettingsAck);
  clock.advance(9_999);
  assert.deepEqual(log, []);
  clock.advance(60_000);
  assert.deepEqual(log, [`overdue ${Deadline.Preface} 10`]);
});

test('expect() changes nothing for what is expected already, and begins anew once it was met', () => {
  const { clock, log, life } = living({ timeMs: Infinity });
  life.expect(Deadline.HeaderBlock, 10_000);
  clock.advance(9_000);
  life.expect(Deadline.HeaderBlock, 10_000);
  life.met(Deadline.HeaderBlock);
  life.expect(Deadline.HeaderBlock, 10_000);
  clock.advance(9_000);
  assert.deepEqual(log, []);
  clock.advance(2_000);
  assert.deepEqual(log, [`overdue ${Deadline.HeaderBlock} 19`]);
});

test('readingStopped() stops what the peer has to send, and nothing else', () => {
  const { clock, log, life } = living({ timeMs: Infinity });
  life.expect(Deadline.SettingsAck, 30_000);
  life.expect(Deadline.SlowReader, 40_000);
  clock.advance(20_000);
  life.readingStopped();
  clock.advance(100_000);
  assert.deepEqual(log, [`overdue ${Deadline.SlowReader} 40`]);
  assert.equal(life.readingResumed(), 100_000);
  assert.equal(life.readingResumed(), 0);
  clock.advance(9_000);
  assert.equal(log.length, 1);
  clock.advance(2_000);
  assert.deepEqual(log.slice(1), [`overdue ${Deadline.SettingsAck} 130`]);
});

test('ConnectionLife leaves no timer behind', () => {
  const { clock, life } = living();
  life.expect(Deadline.Preface, 10_000);
  life.readingStopped();
  life.ended();
  life.readingResumed();
  assert.equal(clock.pendingCount, 0);
});
