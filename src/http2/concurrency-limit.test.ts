import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Http2Rig } from '../../test/support/http2-rig.ts';
import { settingsAckFrame } from '../../test/support/raw-frames.ts';
import { ScriptedLanding } from '../../test/support/scripted-landing.ts';
import { KiB } from '../limits.ts';
import { streamWindowSizeBytes } from './stream-window.ts';

/** A connection that holds so many windows, in a pool of 512 KiB, and has to be read. */
function rigHolding(landing: ScriptedLanding, streamCount: number): Http2Rig {
  const rig = new Http2Rig({ answers: false, landing });
  rig.handler(rig.open()).stream.expect(100_000);
  for (let count = 0; count < streamCount; count += 1) {
    rig.handler(rig.open()).stream.hold(streamWindowSizeBytes);
  }
  settle(rig);
  return rig;
}

/** Whatever makes the connection weigh again. */
function settle(rig: Http2Rig): string[] {
  const streamId = rig.open();
  rig.handler(streamId).stream.reset(8);
  return rig.read().filter((line) => line.startsWith('SETTINGS'));
}

test('ConcurrencyLimit tells who holds more than its part when there is no room, and once', () => {
  const landing = new ScriptedLanding(512 * KiB);
  const [much, little] = [rigHolding(landing, 30), rigHolding(landing, 4)];
  assert.deepEqual([landing.newcomers.holderCount, settle(much)], [2, []], 'there is room');
  landing.roomBytes = 60 * KiB;
  // A half for those who can wait, less what one read brings, by two that hold: 96 KiB.
  assert.deepEqual(settle(much), ['SETTINGS 3=6']);
  assert.deepEqual(settle(little), []);
  for (let other = 0; other < 8; other += 1) landing.newcomers.hold(`${other}`);
  assert.deepEqual(settle(much), [], 'not before the other has come through');
  much.send(settingsAckFrame());
  assert.deepEqual(settle(much), ['SETTINGS 3=1']);
  much.close();
  assert.equal(landing.newcomers.holderCount, 9);
});

test('ConcurrencyLimit lets a client have all its streams again when it holds little and there is room', () => {
  const landing = new ScriptedLanding(512 * KiB);
  const [rig, other] = [rigHolding(landing, 40), rigHolding(landing, 1)];
  landing.roomBytes = 0;
  assert.deepEqual(settle(rig), ['SETTINGS 3=6']);
  other.close();
  rig.send(settingsAckFrame());
  for (const { stream } of rig.handlers) stream.expect(0);
  landing.roomBytes = 128 * KiB;
  assert.deepEqual(
    [landing.newcomers.holderCount, settle(rig)],
    [0, []],
    'a second has not passed',
  );
  rig.clock.advance(1_000);
  assert.deepEqual(settle(rig), ['SETTINGS 3=256']);
  rig.send(settingsAckFrame());
  assert.deepEqual(settle(rig), []);
  assert.deepEqual(rig.abuse, {});
});
