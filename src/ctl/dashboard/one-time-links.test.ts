import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { dashboardLinksMax } from '../../limits.ts';
import { linkValidMs, OneTimeLinks } from './one-time-links.ts';

test('OneTimeLinks takes each token once, and no other', () => {
  const links = new OneTimeLinks(new FakeClock());
  const [first, second] = [links.create(), links.create()];
  assert.equal(Buffer.from(first, 'base64url').length, 16);
  assert.notEqual(first, second);
  for (const wrong of ['', first.slice(1), `${first}A`, first.toLowerCase(), 'A'.repeat(22)]) {
    assert.equal(links.redeem(wrong), false, wrong);
  }
  assert.deepEqual([links.redeem(first), links.redeem(first)], [true, false]);
  assert.deepEqual([links.redeem(second), links.redeem(second)], [true, false]);
});

test('OneTimeLinks takes no token that is a minute old', () => {
  const clock = new FakeClock();
  const links = new OneTimeLinks(clock);
  const [early, late] = [links.create(), links.create()];
  clock.advance(linkValidMs - 1);
  assert.equal(links.redeem(early), true);
  clock.advance(1);
  assert.equal(links.redeem(late), false);
});

test('OneTimeLinks forgets the oldest beyond its bound', () => {
  const links = new OneTimeLinks(new FakeClock());
  const tokens = Array.from({ length: dashboardLinksMax + 1 }, () => links.create());
  const taken = tokens.map((token) => links.redeem(token));
  assert.deepEqual(taken, [false, ...Array.from({ length: dashboardLinksMax }, () => true)]);
});
