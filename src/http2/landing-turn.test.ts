import assert from 'node:assert/strict';
import { test } from 'node:test';
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
  core.streams.mostOpenCount = 1_000;
  core.credit.promisedBytes = 1;
  turn.weigh();
  assert.equal(expectedBytes(), MiB / 4);
});

/** A connection that has had eight streams at once, and two now. */
function weighed(landing = pool()) {
  const core = {
    parts: { landing },
    credit: { heldBytes: 0, promisedBytes: 0 },
    streams: {
      openCount: 2,
      mostOpenCount: 8,
      isOnItsWay: false,
      some(isSought: (stream: { isOnItsWay: boolean }) => boolean) {
        return isSought({ isOnItsWay: this.isOnItsWay });
      },
    },
    identity: { peerSubject: 'CN=a' },
  };
  // All that weigh() looks at.
  const turn = new LandingTurn(core as unknown as ConnectionCore, () => {});
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
