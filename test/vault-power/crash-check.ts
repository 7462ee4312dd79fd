// Opens the vault of a disk that lost power and checks what it owes: V1 to V5, V7 to V10, V13, V15,
// V17. What comes of it is told for the report.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { SettleKind, VaultAnswer } from '../../src/vault/hand-over.ts';
import { RecoveryRow } from '../../src/vault/recovery-report.ts';
import type { Submission, VaultModel } from '../support/vault-model.ts';
import { blocksIn, contentsOf } from './disk-traces.ts';
import { endOf } from './power-load.ts';
import { type PowerOptions, PowerVault, shardCount } from './power-vault.ts';

/** Rows of recovery that a disk which keeps what it acknowledged never leads to. */
const impossible: readonly string[] = [
  RecoveryRow.MetaLost,
  RecoveryRow.DurableDamage,
  RecoveryRow.DurableTailLost,
  RecoveryRow.HeaderDamaged,
  RecoveryRow.MissingFile,
  RecoveryRow.Copy,
  RecoveryRow.Foreign,
  RecoveryRow.SyncFailed,
];

/** A start, with what is small, takes tens of milliseconds. */
const startMsMax = 10_000;

export interface CrashFindings {
  readonly rows: readonly string[];
  readonly acknowledged: number;
  readonly resurrected: number;
}

/** `goesOn`: the vault is also used, emptied and closed, which takes longer. */
export function checkCrash(
  path: string,
  options: PowerOptions,
  model: VaultModel,
  goesOn: boolean,
): CrashFindings {
  const acknowledged = model.stored.size;
  model.left(blocksIn(path));
  const rows = using(path, options, (vault) => {
    const { found } = vault.rig.vault.report;
    model.check(vault.rig, true);
    checkSize(vault);
    return String(found)
      .split(',')
      .filter((row) => row !== '');
  });
  const unexpected = rows.filter((row) => impossible.includes(row));
  assert.deepEqual(unexpected, [], 'V7: rows of recovery');
  const contents = contentsOf(path);
  using(path, options, (vault) => {
    model.check(vault.rig, false);
    assert.deepEqual(contentsOf(path), contents, 'V5: a second start changes files');
    if (goesOn) goOn(path, vault, options, model);
  });
  if (goesOn) using(path, options, ({ rig }) => model.check(rig, false));
  return { rows, acknowledged, resurrected: model.resurrectedCount };
}

/** Then the process ends, in the middle of whatever it is doing. */
function using<Value>(
  path: string,
  options: PowerOptions,
  work: (vault: PowerVault) => Value,
): Value {
  const fromMs = performance.now();
  const vault = new PowerVault(path, options);
  try {
    assert.ok(performance.now() - fromMs < startMsMax, 'V13: the start takes too long');
    return work(vault);
  } finally {
    vault.abandon();
  }
}

function checkSize(vault: PowerVault): void {
  const { sizeBytes, limitBytes } = vault;
  assert.ok(sizeBytes <= limitBytes, `V9: ${sizeBytes} bytes of ${limitBytes}`);
}

function goOn(path: string, vault: PowerVault, options: PowerOptions, model: VaultModel): void {
  const { rig } = vault;
  append(vault, model);
  model.check(rig, false);
  for (let consumer = 0; consumer < options.consumerCount; consumer += 1) {
    for (const { from, to } of model.skipped)
      rig.settle(SettleKind.Skipped, from, to - from, consumer);
    for (const entrySeq of model.stored.keys()) {
      if (rig.links.replayToVault.length > 4_000) rig.turn();
      model.settle(consumer, entrySeq, 1);
      rig.settle(SettleKind.Delivered, entrySeq, 1, consumer);
    }
  }
  rig.pass(6_000);
  checkSize(vault);
  const segments = readdirSync(join(path, 'seg')).filter((name) => name.endsWith('.vlt'));
  assert.ok(segments.length <= 1, `V10: all is settled, and there is ${segments}`);
  assert.equal(append(vault, model), VaultAnswer.Acked, 'an empty vault takes no batch');
  vault.close();
}

/** The answer to the last of a few batches. */
function append(vault: PowerVault, model: VaultModel): VaultAnswer {
  const { rig } = vault;
  let last: VaultAnswer = VaultAnswer.Closed;
  for (let producer = 0; producer < shardCount; producer += 1) {
    const submission: Submission = model.submit(producer, 700);
    const { answer, entrySeq } = rig.commit(submission.body, { producer });
    last = answer;
    if (answer === VaultAnswer.Acked) model.acknowledged([{ submission, entrySeq }], endOf(vault));
  }
  return last;
}
