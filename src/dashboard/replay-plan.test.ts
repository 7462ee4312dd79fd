import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyPlan, planWords, replayPlan } from './replay-plan.ts';

describe('replayPlan()', () => {
  it('leaves to the configuration what is not filled in', () => {
    assert.deepEqual(replayPlan(emptyPlan), { order: 'REPLAY_ORDER_UNSPECIFIED' });
    assert.deepEqual(planWords(emptyPlan), [
      'in the order of the configuration',
      'as fast as configured',
      'everything',
    ]);
  });

  it('takes order, rate, and a time of here', () => {
    const fields = { order: 'newest', rate: ' 1.5 ', from: '2026-11-26T08:00', to: '' } as const;
    assert.deepEqual(replayPlan(fields), {
      order: 'REPLAY_ORDER_NEWEST',
      rateBytesPerSecond: 1_572_864,
      range: { from: new Date(2026, 10, 26, 8).toISOString() },
    });
    assert.deepEqual(planWords(fields), [
      'newest first',
      'at 1.5 MiB/s',
      'what was received from 2026-11-26 08:00',
    ]);
  });

  it('names what is wrong', () => {
    const plan = (fields: object) => () => replayPlan({ ...emptyPlan, ...fields });
    for (const rate of ['0', '-1', 'x', 'Infinity']) assert.throws(plan({ rate }), /rate/);
    assert.throws(plan({ from: 'soon' }), /"from"/);
    const times = { from: '2026-11-26T08:00', to: '2026-11-26T08:00' };
    assert.throws(plan(times), /before/);
  });
});
