import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Evidence, judge } from './verdict.ts';
import type { ZoneChange } from './zone-name.ts';

const change = (from: ZoneChange['from'], to: ZoneChange['to'], wallMs: number): ZoneChange => {
  return { from, to, wallMs, why: '' };
};

/** Batch 3 was sent and never answered; batch 1 came twice. */
const good: Evidence = {
  acked: Uint8Array.of(1, 1, 1, 0),
  received: Uint8Array.of(1, 2, 1, 1),
  damagedBatches: 0,
  refusedCalls: 0,
  brokenConnections: 0,
  memoryPeakBytes: 100,
  memoryLimitBytes: 100,
  ledgerDifference: 0,
  changes: [change('Green', 'Red', 11_500), change('Red', 'Green', 30_000)],
  startWallMs: 1_000,
};

describe('judge()', () => {
  it('is content when everything that was acknowledged has arrived, and counts duplicates', () => {
    const { isGood, lines } = judge(good);
    const text = lines.join('\n');
    assert.ok(isGood, text);
    assert.match(text, /lost = 0 of 3 batches/);
    assert.match(text, /1 batches arrived more than once/);
    assert.match(text, /10\.5 s {2}Red\n *29\.0 s {2}Green/);
  });

  const faults: Readonly<Record<string, Partial<Evidence>>> = {
    'a batch is missing': { received: Uint8Array.of(1, 0, 1, 1) },
    'nothing was acknowledged': { acked: new Uint8Array(4) },
    'a batch came changed': { damagedBatches: 1 },
    'a connection broke': { brokenConnections: 1 },
    'memory went over its limit': { memoryPeakBytes: 101 },
    'the ledger does not add up': { ledgerDifference: -1 },
    'it never was Red': { changes: [] },
    'it does not come back to Green': { changes: [change('Green', 'Red', 11_500)] },
  };
  for (const [what, fault] of Object.entries(faults)) {
    it(`says so when ${what}`, () => {
      const { isGood, lines } = judge({ ...good, ...fault });
      assert.equal(isGood, false);
      assert.equal(lines.filter((line) => line.startsWith('FAIL')).length, 1, lines.join('\n'));
    });
  }
});
