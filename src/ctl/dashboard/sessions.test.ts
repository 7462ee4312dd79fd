import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import { dashboardIdleMsMax, dashboardSessionsMax } from '../../limits.ts';
import { Sessions } from './sessions.ts';

function full(clock: FakeClock) {
  const sessions = new Sessions(clock);
  const bearers = Array.from({ length: dashboardSessionsMax }, () => sessions.open() ?? '');
  return { sessions, bearers };
}

test('Sessions knows each bearer, and no other', () => {
  const { sessions, bearers } = full(new FakeClock());
  assert.equal(new Set(bearers).size, dashboardSessionsMax);
  for (const bearer of bearers) {
    assert.ok(sessions.find(bearer) !== undefined);
    assert.equal(sessions.find(bearer.slice(1)), undefined);
    assert.equal(sessions.find(bearer.toUpperCase()), undefined);
  }
  assert.equal(sessions.find(''), undefined);
});

test('Sessions opens one more only in place of one that has been silent for a minute', () => {
  const clock = new FakeClock();
  const { sessions, bearers } = full(clock);
  assert.equal(sessions.open(), undefined);
  clock.advance(59_999);
  assert.equal(sessions.open(), undefined);
  for (const bearer of bearers.slice(1)) sessions.find(bearer);
  clock.advance(1);
  assert.ok(sessions.open() !== undefined);
  assert.equal(sessions.find(bearers[0]!), undefined);
  assert.ok(sessions.find(bearers[1]!) !== undefined);
  assert.equal(sessions.open(), undefined);
});

test('Sessions ends one that asks nothing for long, but not while it holds a stream', () => {
  const clock = new FakeClock();
  const { sessions, bearers } = full(clock);
  const [silent = '', streaming = ''] = bearers;
  const session = sessions.find(streaming)!;
  sessions.streamOpened(session);
  clock.advance(dashboardIdleMsMax);
  assert.equal(sessions.find(silent), undefined);
  assert.equal(sessions.find(streaming), session);
  sessions.streamClosed(session);
  clock.advance(dashboardIdleMsMax);
  assert.equal(sessions.find(streaming), undefined);
});
