import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { silentLog } from '../log.ts';
import { VaultPage, VaultWord, vaultPageSizeBytes } from '../memory/vault-page.ts';
import {
  type DamageNote,
  DamageRecord,
  type DamageRecordParts,
  notesMax,
} from './damage-record.ts';
import type { DamageRange } from './tail-walk.ts';

test('add() notes each place once, and no more places than it has room for', () => {
  let errors = 0;
  const log = { ...silentLog, error: () => (errors += 1) };
  const directory = new SimulatedDisk();
  const main = logOf([]);
  const page = vaultPage();
  const parts = { directory, direct: true, main, page, clock: new FakeClock(), log };
  const record = new DamageRecord(parts);
  const at = (segmentId: number) => record.add({ ...note, segmentId });
  for (let segmentId = 1; segmentId <= notesMax + 50; segmentId += 1) at(segmentId);
  assert.equal(errors, notesMax);
  at(1);
  assert.equal(errors, notesMax);
  assert.equal(page.get(VaultWord.DamagedBlocks), notesMax);
});

test('DamageRecord counts damaged blocks once, whoever has found them', () => {
  const range = { segmentId: 3, fromBytes: 8_192, toBytes: 20_480 };
  const main = logOf([{ ...range, fromBlockSeq: 7, toBlockSeq: 9 }]);
  const page = vaultPage();
  const parts = { directory: new SimulatedDisk(), direct: true, main, page };
  const record = new DamageRecord({ ...parts, clock: new FakeClock(), log: silentLog });
  const check = (expected: number, damage: Partial<DamageNote>) => {
    record.add({ ...note, ...damage });
    assert.equal(page.get(VaultWord.DamagedBlocks), expected);
  };
  assert.equal(page.get(VaultWord.DamagedBlocks), 2, 'by recovery');
  check(2, { segmentId: 3, offsetBytes: 8_192, blockCount: 2 });
  check(2, { segmentId: 3, offsetBytes: 16_384 });
  check(5, { segmentId: 3, offsetBytes: 20_480, blockCount: 3 });
  check(5, { segmentId: 3, offsetBytes: 20_480, blockCount: 3 });
  check(6, { segmentId: 4, offsetBytes: 8_192 });
  check(6, { segmentId: 5, blockCount: 0 });
});

const note: DamageNote = {
  ...{ segmentId: 1, offsetBytes: 0, lengthBytes: 0, blockCount: 1 },
  ...{ fromEntrySeq: 5, toEntrySeq: 5 },
};

function logOf(damage: readonly DamageRange[]): DamageRecordParts['main'] {
  // Of the log itself nothing else is asked for damage without bytes and without entries.
  const log = { isWritable: true, writer: { state: 0 }, recovered: { report: { damage } } };
  return log as unknown as DamageRecordParts['main'];
}

function vaultPage(): VaultPage {
  return new VaultPage(new SharedArrayBuffer(vaultPageSizeBytes), 0);
}
