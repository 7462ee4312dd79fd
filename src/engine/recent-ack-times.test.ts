import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { StatePage, statePageSizeBytes } from '../memory/state-page.ts';
import { RecentAckTimes } from './recent-ack-times.ts';

test('RecentAckTimes has what was acknowledged in the last minute, and forgets what was before', () => {
  const clock = new FakeClock();
  const page = new StatePage(new ArrayBuffer(statePageSizeBytes(2)), 0, 2);
  const recent = new RecentAckTimes(clock, page);
  const count = () => recent.counts().count;
  page.shard(0).addAckTime(4);
  page.shard(1).addAckTime(4);
  assert.equal(count(), 2, 'from the start on');
  clock.advance(49_000);
  page.shard(1).addAckTime(9);
  assert.equal(count(), 3, 'for most of a minute');
  clock.advance(11_000);
  assert.equal(count(), 1, 'the first two are a minute old');
  assert.equal(recent.counts().sumMs, 9);
  clock.advance(60_000);
  assert.equal(count(), 0);
  assert.equal(page.ackTimes().count, 3, 'and nothing was taken from the shards');
});
