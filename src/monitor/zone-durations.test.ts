import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Zone } from '../memory/zone-word.ts';
import { ZoneDurations } from './zone-durations.ts';

function shares(durations: ZoneDurations, nowMs: number): number[] {
  return [Zone.Green, Zone.Yellow, Zone.Red].map((zone) => durations.ms(zone, nowMs));
}

test('ZoneDurations counts every moment for the zone that acts', () => {
  const durations = new ZoneDurations(Zone.Green, 1_000);
  assert.deepEqual(shares(durations, 1_500), [500, 0, 0]);
  durations.turn(Zone.Red, 2_000);
  durations.turn(Zone.Red, 2_500);
  assert.deepEqual(shares(durations, 3_000), [1_000, 0, 1_000]);
  durations.turn(Zone.Yellow, 3_000);
  durations.turn(Zone.Green, 3_250);
  assert.deepEqual(shares(durations, 3_250), [1_000, 250, 1_000]);
  assert.deepEqual(shares(durations, 4_250), [2_000, 250, 1_000]);
});

test('ZoneDurations never goes back, whatever the clock does', () => {
  const durations = new ZoneDurations(Zone.Green, 1_000);
  durations.turn(Zone.Yellow, 3_000);
  assert.deepEqual(shares(durations, 500), [2_000, 0, 0]);
  durations.turn(Zone.Green, 500);
  assert.deepEqual(shares(durations, 600), [2_100, 0, 0]);
});
