import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { KiB, MiB } from '../limits.ts';
import { LandingPool } from '../memory/landing-pool.ts';
import type { ConnectionCore } from './connection-core.ts';
import { LandingTurn } from './landing-turn.ts';

test('LandingTurn expects what all streams of a busy connection may send, also those that closed', () => {
  const { core, turn, expectedBytes } = weighed();
  turn.weigh();
  assert.equal(expectedBytes(), 0);
  core.credit.promisedBytes = 4 * KiB;
  turn.weigh();
  assert.equal(expectedBytes(), 8 * 16 * KiB);
  core.credit.heldBytes = 20 * KiB;
  turn.weigh();
  assert.equal(expectedBytes(), 8 * 16 * KiB - 20 * KiB);
  turn.close();
  assert.equal(expectedBytes(), 0);
});

test('LandingTurn expects it also while the end of a message is under way and nothing is promised', () => {
  const { core, turn, expectedBytes } = weighed();
  core.streams.isOnItsWay = true;
  turn.weigh();
  assert.equal(expectedBytes(), 8 * 16 * KiB);
  core.streams.isOnItsWay = false;
  turn.weigh();
  assert.equal(expectedBytes(), 0);
});

test('LandingTurn: no connection of a client is its first one while a message of another is under way', () => {
  const { core, turn, landing } = weighed();
  const other = weighed(landing);
  core.credit.promisedBytes = 4 * KiB;
  turn.weigh();
  landing.expect(MiB); // no room but the places for newcomers
  assert.equal(other.turn.mayRead(), false);
  core.credit.promisedBytes = 0;
  turn.weigh();
  assert.equal(other.turn.mayRead(), true);
});

test('LandingTurn expects no more than the share of a connection', () => {
  const { core, turn, expectedBytes } = weighed();
  core.streams.mostOpen = 1_000;
  core.credit.promisedBytes = 1;
  turn.weigh();
  assert.equal(expectedBytes(), MiB / 4);
});

test('LandingTurn: who has waited for a while is read, one at a time, whatever is expected', async () => {
  const shared = { landing: pool(), clock: new FakeClock() };
  const busy = weighed(shared.landing, shared);
  busy.core.credit.promisedBytes = 4 * KiB;
  busy.turn.weigh();
  shared.landing.expect(MiB); // of others, for ever
  const read: number[] = [];
  const waiting = [0, 1, 2].map((index) => {
    const { core, turn } = weighed(shared.landing, shared, () => {
      if (turn.mayRead()) read.push(index);
      else turn.wait();
    });
    assert.equal(turn.mayRead(), false);
    turn.wait();
    return { core, turn };
  });
  const passes = async (ms: number) => {
    shared.clock.advance(ms);
    await immediate();
  };
  await passes(249);
  assert.deepEqual(read, []);
  await passes(1);
  assert.deepEqual(read, [0]);
  await passes(300);
  assert.deepEqual(read, [0], 'what it brings is not in memory yet');
  const [first] = waiting;
  first!.turn.weigh(); // there are three
  await passes(4);
  assert.deepEqual(read, [0, 1]);
  for (const { turn } of waiting) turn.close();
  busy.turn.close();
  assert.equal(shared.landing.newcomers.holderCount, 0);
  await passes(10_000);
  assert.deepEqual(read, [0, 1]);
});

test('LandingTurn: while the pool is half full, who comes late waits for eight seconds', async () => {
  const shared = { landing: pool(), clock: new FakeClock() };
  shared.landing.newcomers.hold('CN=a');
  overHalf(shared.landing);
  shared.landing.expect(MiB);
  let isRead = false;
  const { turn } = weighed(shared.landing, shared, () => {
    isRead = turn.mayRead();
  });
  turn.wait();
  shared.clock.advance(7_999);
  await immediate();
  assert.equal(isRead, false);
  shared.clock.advance(5);
  assert.equal(isRead, true);
  turn.close();
});

function overHalf(landing: LandingPool): void {
  const sizeBytes = landing.sizeBytes / 2 + 1;
  assert.ok(landing.land().append(new Uint8Array(sizeBytes), 0, sizeBytes));
}

test('LandingTurn: who holds something does not come late, and waits for its memory', async () => {
  const shared = { landing: pool(), clock: new FakeClock() };
  shared.landing.expect(MiB);
  const { core, turn } = weighed(shared.landing, shared, () => assert.fail('read'));
  core.credit.heldBytes = 1;
  shared.landing.newcomers.hold('CN=a');
  turn.wait();
  shared.clock.advance(10_000);
  await immediate();
  assert.equal(turn.isWaiting, true);
});

const immediate = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A connection that has had eight streams at once, and two now. */
function weighed(landing = pool(), shared?: { clock: FakeClock }, came = () => {}) {
  const core = {
    parts: { landing, ...shared },
    nowMs: 0,
    credit: { heldBytes: 0, promisedBytes: 0 },
    streams: {
      openCount: 2,
      mostOpen: 8,
      mostOpenCount() {
        return this.mostOpen;
      },
      isOnItsWay: false,
      some(isSought: (stream: { isOnItsWay: boolean }) => boolean) {
        return isSought({ isOnItsWay: this.isOnItsWay });
      },
    },
    identity: { peerSubject: 'CN=a' },
  };
  // All that weigh() looks at.
  const turn = new LandingTurn(core as unknown as ConnectionCore, came);
  return { core, turn, landing, expectedBytes: () => expected(landing) };
}

function pool(): LandingPool {
  return new LandingPool(new Uint8Array(MiB), { offsetBytes: 0, sizeBytes: MiB });
}

/** Room is what is free less half of the pool, or less what is expected when that is more. */
function expected(landing: LandingPool): number {
  // So much more that only what is expected counts.
  landing.expect(landing.sizeBytes / 2);
  const bytes = landing.freeBytes - landing.roomBytes - landing.sizeBytes / 2;
  landing.expect(-landing.sizeBytes / 2);
  return bytes;
}
