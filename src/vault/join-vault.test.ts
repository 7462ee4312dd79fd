import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { bodyOf } from '../../test/support/vault-model.ts';
import { rigConfig, VaultRig } from '../../test/support/vault-rig.ts';
import { MiB } from '../limits.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { SettleKind, VaultAnswer } from './hand-over.ts';

/** Two of them fill a segment of 64 KiB. */
const noise = bodyOf(1, 24_000);

/** A vault of one consumer that is full and was closed; how many entries it has. */
function fullVault(disk: SimulatedDisk): number {
  const rig = new VaultRig({ directory: disk });
  rig.turn();
  let count = 0;
  while (rig.commit(`${count} ${noise}`).answer === VaultAnswer.Acked) count += 1;
  rig.vault.close();
  return count;
}

// Scenario: the operator lowers the limit below what is there, gives the destination another name,
// or both at once; then the destination takes everything.
// Guarantees: the vault is emptied and takes entries again.
for (const [what, consumers, limitBytes] of [
  ['a limit that was lowered', ['otlp_grpc'], 2 * MiB],
  ['a consumer that has another name', ['other'], rigConfig.limitBytes],
  ['both', ['other'], 2 * MiB],
] as const) {
  test(`joinVault() opens a full vault so that it can be emptied, with ${what}`, () => {
    const disk = new SimulatedDisk();
    const count = fullVault(disk);
    const rig = new VaultRig({ directory: disk, consumers, config: { limitBytes } });
    rig.turn();
    rig.settle(SettleKind.Delivered, 0, count);
    rig.pass(2_000);
    assert.equal(rig.page.get(VaultWord.SegmentCount), 0);
    assert.ok(rig.page.get(VaultWord.UsedBytes) < MiB);
    assert.equal(rig.commit('one more').answer, VaultAnswer.Acked);
  });
}

test('joinVault() takes no entry while more is used than a lowered limit allows', () => {
  const disk = new SimulatedDisk();
  const first = new VaultRig({ directory: disk });
  first.turn();
  for (let index = 0; index < 60; index += 1) first.commit(`${index} ${noise}`);
  first.vault.close();
  assert.ok(disk.has('seg/next.spare'));
  const rig = new VaultRig({ directory: disk, config: { limitBytes: MiB } });
  rig.turn();
  assert.ok(!disk.has('seg/next.spare'));
  assert.equal(rig.commit('one more').answer, VaultAnswer.Full);
});
