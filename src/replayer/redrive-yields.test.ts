// What a redrive does not do, for the sake of others, over a real vault on a simulated disk.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { buryLetters, LetterRig, noisyMessage } from '../../test/support/letter-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { KiB } from '../limits.ts';
import { VaultWord } from '../memory/vault-page.ts';
import { Zone } from '../memory/zone-word.ts';
import { cursorRangesMax } from '../vault/format.ts';
import { SettleKind } from '../vault/hand-over.ts';
import { noLetterWork } from '../vault/letter-log.ts';
import { allLetters } from './letter-command.ts';

function rigOf(options: Partial<ConstructorParameters<typeof LetterRig>[0]>): LetterRig {
  return new LetterRig({ directory: new SimulatedDisk(), clock: new FakeClock(), ...options });
}

test('redrive rests while it is Red, and goes on afterwards', () => {
  const rig = rigOf({ segmentSizeBytes: 512 * KiB });
  const count = 600;
  buryLetters(rig, count);
  const redriven = () => rig.vault.page.get(VaultWord.RedrivenEntries);
  assert.equal(rig.start({ kind: 'redrive', choice: allLetters, dryRun: false }), undefined);
  for (let turn = 0; turn < 1_000 && redriven() === 0; turn += 1) rig.turn(1);
  rig.zone = Zone.Red;
  rig.pass(1_000);
  const before = redriven();
  assert.ok(before > 0 && before < count, `${before} redriven`);
  assert.equal(rig.waiting, count - before, 'what is in the log again is settled');
  rig.pass(5_000);
  assert.equal(redriven(), before);
  rig.zone = Zone.Green;
  rig.pass(5_000);
  assert.deepEqual([redriven(), rig.waiting], [count, 0]);
});

test('redrive drops nothing for a letter where a full vault drops its oldest batches', () => {
  const rig = rigOf({
    ...{ segmentSizeBytes: 512 * KiB, limitBytes: 5_120 * KiB },
    ...{ deadLetterLimitBytes: 2_048 * KiB, fullPolicy: 'drop_oldest' },
  });
  // Together more than a segment; twenty are less.
  const count = 60;
  rig.decide = () => 'refuse';
  for (let index = 0; index < count; index += 1) assert.ok(rig.append(noisyMessage(index, 12_000)));
  rig.pass(3_000);
  assert.equal(rig.waiting, count);
  rig.decide = () => 'take';
  rig.isHanging = true;
  const dropped = () => rig.vault.page.get(VaultWord.DroppedEntries);
  for (let index = 100; index < 600 && dropped() === 0; index += 1)
    assert.ok(rig.append(noisyMessage(index, 12_000)));
  const before = dropped();
  assert.ok(before > 0, 'the vault is full');
  const stops = [0, 20, 40].map((fromSeq) => {
    return rig.run('redrive', { fromSeq, toSeq: fromSeq + 20 }).stopped?.message;
  });
  assert.match(stops.at(-1) ?? '', /^the vault has no room/);
  assert.equal(dropped(), before);
  rig.isHanging = false;
  rig.pass(10_000);
  for (let round = 0; round < 30 && rig.waiting > 0; round += 1) {
    rig.run('redrive', { toSeq: count - Math.max(0, rig.waiting - 20) });
    rig.pass(3_000);
  }
  const letters = rig.messagesOf('otlp/a').filter((message) => /^<[0-9]{1,2}-/.test(message));
  assert.equal(new Set(letters).size, count);
  assert.equal(dropped(), before);
});

test('redrive sends no letter again that cannot be settled', () => {
  const rig = rigOf({});
  buryLetters(rig, 5);
  // Every second number above them, until the cursor has no room for one more in between.
  const settles = Array.from({ length: cursorRangesMax }, (_, index) => {
    return { kind: SettleKind.Skipped, fromSeq: 10 + 2 * index, count: 1 };
  });
  assert.equal(rig.vault.vault.workLetters({ ...noLetterWork, settles }).fault, undefined);
  const outcome = rig.run('redrive', { fromSeq: 2, toSeq: 4 });
  rig.pass(2_000);
  assert.deepEqual([outcome.stopped?.code, outcome.letters], ['CONTROL_INVALID', 0]);
  assert.deepEqual(rig.delivered, []);
  assert.equal(rig.run('redrive', { toSeq: 2 }).letters, 2);
});
