// Scenario: one destination on a fake clock, its downstream scripted. Guarantees: every request
// that has ended is counted once, by how it ended.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Verdict } from '../../src/exporter/retry-policy.ts';
import { delivered, failed, refused, ScriptedRig } from './scripted-rig.ts';

test('every request that has ended is counted by how it ended', async () => {
  const rig = new ScriptedRig();
  rig.enqueue(1);
  for (const ending of [refused(Verdict.Retry), failed(), delivered]) {
    await rig.advance(5_000);
    rig.transport.open[0]?.finish(ending);
    await rig.settle();
  }
  const names = ['DeliveredRequests', 'RefusedRequests', 'UnansweredRequests'] as const;
  assert.deepEqual(
    names.map((name) => rig.count(name)),
    [1, 1, 1],
  );
  assert.deepEqual([rig.count('Requests'), rig.count('FailedRequests')], [3, 2]);
});
