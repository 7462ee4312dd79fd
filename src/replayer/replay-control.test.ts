// Commands of an operator to the replay.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logOf, nsOf, requestOf } from '../../test/support/replay-log.ts';
import { ReplayRig } from '../../test/support/replay-rig.ts';

test('execute() changes the order on the way', () => {
  const rig = new ReplayRig({ log: logOf(9, 3), bounds: { windowEntriesMax: 2 } });
  rig.step();
  rig.command({ kind: 'order', order: 'newest' });
  rig.runOut();
  assert.deepEqual(rig.handedTo(0), [0, 1, 6, 7, 8, 3, 4, 5, 2]);
});

test('execute() limits the replay to a time of receipt, and leaves the rest', () => {
  for (const order of ['oldest', 'newest'] as const) {
    const rig = new ReplayRig({ log: logOf(12, 3), order });
    const range = { fromNs: nsOf(1004), toNs: nsOf(1008) };
    assert.deepEqual(rig.command({ kind: 'range', range }), { kind: 'done' });
    rig.runOut(false);
    assert.deepEqual(rig.handedTo(0).sort(), [4, 5, 6, 7]);
    assert.equal(rig.cursors[0]?.watermark, 0);
    rig.command({ kind: 'range', range: undefined });
    rig.runOut();
    assert.equal(rig.handed.length, 12);
  }
});

test('execute() estimates what would be sent, and sends nothing', () => {
  const log = logOf(12, 3);
  log.lose(2);
  log.publish();
  const rig = new ReplayRig({ log, consumerCount: 2 });
  rig.command({ kind: 'pause' });
  rig.step();
  const range = { fromNs: nsOf(1002), toNs: nsOf(5000) };
  assert.equal(rig.command({ kind: 'dry-run', consumer: 1, range }), undefined);
  const busy = rig.command({ kind: 'dry-run', consumer: 0, range: undefined });
  assert.equal(busy?.kind, 'refused');
  rig.runOut(false);
  const bodyBytes = 10 * requestOf('entry 0').length + 2;
  const estimate = { entries: 10, bodyBytes, recordsMin: 0, uncountedEntries: 10, lostEntries: 2 };
  assert.deepEqual(rig.answers, [{ kind: 'estimate', estimate }]);
  assert.equal(rig.handed.length, 0);
});

test('execute() pauses, and the pause ends by itself when the vault is nearly full', () => {
  const rig = new ReplayRig({ log: logOf(5) });
  rig.command({ kind: 'pause' });
  rig.usePercent = 79;
  rig.runOut(false);
  assert.equal(rig.handed.length, 0);
  rig.usePercent = 80;
  rig.runOut();
  assert.equal(rig.pausesEnded, 1);
});
