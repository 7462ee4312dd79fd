import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { zoneRuns, zoneShares } from './zone-runs.ts';

describe('zoneRuns()', () => {
  it('joins samples of one zone, from edge to edge', () => {
    const runs = zoneRuns([1_000, 2_000, 3_000, 4_500], ['green', 'green', 'red', 'green']);
    assert.deepEqual(runs, [
      { zone: 'green', fromMs: 0, toMs: 2_000 },
      { zone: 'red', fromMs: 2_000, toMs: 3_000 },
      { zone: 'green', fromMs: 3_000, toMs: 4_500 },
    ]);
    assert.deepEqual(zoneRuns([], []), []);
  });

  it('zoneShares() says how long each zone lasted in all', () => {
    const runs = zoneRuns([60_000, 61_000, 121_000], ['green', 'red', 'green']);
    assert.equal(zoneShares(runs), 'Green 1m1s, Red 1s');
    assert.equal(zoneShares(zoneRuns([1_000], ['unknown'])), 'Not known 1s');
  });
});
