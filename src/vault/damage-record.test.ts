import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { silentLog } from '../log.ts';
import { DamageRecord, type DamageRecordParts, notesMax } from './damage-record.ts';

test('add() notes each place once, and no more places than it has room for', () => {
  let errors = 0;
  const log = { ...silentLog, error: () => (errors += 1) };
  const directory = new SimulatedDisk();
  // Of the log itself nothing is asked for damage without bytes and without entries.
  const main = { isWritable: true, writer: { state: 0 } } as unknown as DamageRecordParts['main'];
  const record = new DamageRecord({ directory, direct: true, main, clock: new FakeClock(), log });
  const at = (segmentId: number) =>
    record.add({ segmentId, offsetBytes: 0, lengthBytes: 0, fromEntrySeq: 5, toEntrySeq: 5 });
  for (let segmentId = 1; segmentId <= notesMax + 50; segmentId += 1) at(segmentId);
  assert.equal(errors, notesMax);
  at(1);
  assert.equal(errors, notesMax);
});
