import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decision } from './event-words.ts';

const time = '2026-11-26T08:00:00Z';

describe('decision()', () => {
  it('says which zone, why, on what evidence and after how long', () => {
    const { title, zone, facts, atMs } = decision({
      time,
      zoneChange: {
        ...{ from: 'ZONE_GREEN', to: 'ZONE_RED', cause: 'signal', after: '90s' },
        evidence: [{ signal: 'arena_percent', value: 96.04, threshold: 95 }],
      },
    });
    assert.deepEqual([title, zone, atMs], ['Green to Red', 'red', Date.parse(time)]);
    assert.deepEqual(facts, [
      'a signal reached its threshold',
      'arena_percent 96 (threshold 95)',
      'after 1m30s',
    ]);
  });

  it('says where signals got when the zone was left, and what is no longer to be had', () => {
    const { facts } = decision({
      zoneChange: { cause: 'dwell', evidence: [{ signal: 'loop_delay_p99', threshold: 40 }] },
    });
    assert.equal(facts[1], 'loop_delay_p99 - (release 40)');
  });

  it('names whoever asked, and shows a refusal', () => {
    const by = 'CN=ops';
    const change = decision({ zoneChange: { cause: 'override', by, reason: 'backup' } });
    assert.ok(change.facts.includes('CN=ops: backup'));
    const mutation = { procedure: 'SetOverride', by, reason: 'backup', outcome: 'CONTROL_INVALID' };
    const refused = decision({ mutation });
    assert.equal(refused.title, 'SetOverride refused: CONTROL_INVALID');
    assert.deepEqual(refused.facts, ['by CN=ops', 'reason: backup']);
  });

  it('does not call refused what has begun, or is over by itself', () => {
    for (const outcome of ['begun', 'ended']) {
      const { title } = decision({ mutation: { procedure: 'PurgeDeadLetters', outcome } });
      assert.equal(title, `PurgeDeadLetters ${outcome}`);
    }
  });

  it('shows an event of a later engine as such', () => {
    assert.match(decision({ time }).title, /does not know/);
  });
});
