import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Zone } from '../memory/zone-word.ts';
import { pauseEnds, replayRate } from './replay-pace.ts';

const { Green, Yellow, Red } = Zone;
const limits = { rateBytesPerSecond: 1000, yellowRateBytesPerSecond: 20, minSharePercent: 10 };

test('replayRate() is that of the zone, and a share at least in a vault more than half full', () => {
  const table: [Zone, usePercent: number, isPaused: boolean, rate: number, onBusyDisk: number][] = [
    [Green, 0, false, 1000, 20],
    [Green, 50, false, 1000, 20],
    [Green, 51, false, 1000, 100],
    [Green, 99, true, 0, 0],
    [Yellow, 0, false, 20, 20],
    [Yellow, 50, false, 20, 20],
    [Yellow, 50.1, false, 100, 100],
    [Yellow, 0, true, 0, 0],
    [Red, 0, false, 0, 0],
    [Red, 50, false, 0, 0],
    [Red, 51, false, 100, 100],
    [Red, 51, true, 0, 0],
  ];
  for (const [zone, usePercent, isPaused, rate, onBusyDisk] of table) {
    const state = { zone, usePercent, isPaused };
    const rates = [false, true].map((isDiskBusy) => replayRate(limits, { ...state, isDiskBusy }));
    assert.deepEqual(rates, [rate, onBusyDisk], `${zone} ${usePercent}`);
  }
});

test('replayRate() is paused in Yellow by a rate of 0, and by a share of 0 in Red', () => {
  const none = { rateBytesPerSecond: 1000, yellowRateBytesPerSecond: 0, minSharePercent: 0 };
  const calm = { zone: Green, usePercent: 10, isDiskBusy: false, isPaused: false };
  assert.equal(replayRate(none, { ...calm, zone: Yellow }), 0);
  assert.equal(replayRate(none, { ...calm, zone: Red, usePercent: 90 }), 0);
  assert.equal(replayRate(none, { ...calm, isDiskBusy: true }), 0);
  assert.equal(replayRate(none, calm), 1000);
});

test('pauseEnds() from 80 % on', () => {
  assert.deepEqual([79.9, 80, 100].map(pauseEnds), [false, true, true]);
});
