// Purge over a real vault on a simulated disk, without threads. Crashes are in
// test/vault/letters-crash.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import {
  buryLetters,
  LetterRig,
  letterNames,
  noisyMessage,
} from '../../test/support/letter-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { KiB } from '../limits.ts';
import { ConsumerWord, VaultWord } from '../memory/vault-page.ts';
import { IoFault } from '../vault/io-fault.ts';

function rigOf(options: Partial<ConstructorParameters<typeof LetterRig>[0]> = {}): LetterRig {
  return new LetterRig({ directory: new SimulatedDisk(), clock: new FakeClock(), ...options });
}

test('purge deletes every letter, and they are not redriven any more', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 5);
  const plan = rig.run('purge', {}, true);
  assert.deepEqual([plan.letters, plan.waitingLetters], [5, 5]);
  const outcome = rig.run('purge');
  assert.deepEqual([outcome.letters, outcome.waitingLetters, outcome.stopped], [5, 0, undefined]);
  assert.equal(rig.waiting, 0);
  assert.equal(rig.vault.page.get(VaultWord.PurgedLetters), 5);
  // The batches ended where they were set aside.
  assert.equal(rig.vault.page.consumer(0).get(ConsumerWord.DeadLettered), 5);
  assert.equal(rig.run('redrive').letters, 0);
  rig.pass(1_000);
  assert.deepEqual(rig.delivered, []);
});

test('purge writes down what it deletes, where that stays', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 5);
  rig.run('purge');
  const paths = disk.segmentsIn('dead/seg');
  assert.equal(paths.length, 1);
  const bytes = Buffer.from(disk.contents(paths[0] ?? ''));
  // The block behind the header: LOSS, and its only range (layout in loss-payload.ts).
  assert.equal(bytes.readUInt8(4096 + 13), 5);
  const at = 4096 + 128 + 8;
  assert.equal(bytes.readBigUInt64LE(at), 0n);
  assert.equal(bytes.readBigUInt64LE(at + 8), 5n);
  assert.equal(bytes.readUInt16LE(at + 40), 4, 'by an operator');
});

test('purge deletes up to a sequence', () => {
  const rig = rigOf();
  buryLetters(rig, 5);
  assert.equal(rig.run('purge', { toSeq: 3 }).waitingLetters, 2);
  assert.equal(rig.run('redrive').letters, 2);
  rig.pass(1_000);
  assert.deepEqual(rig.messagesOf('otlp/a'), ['<m3>', '<m4>']);
});

test('purge deletes what was received before a time', () => {
  const clock = new FakeClock();
  const rig = rigOf({ clock });
  buryLetters(rig, 3, 'old');
  const receivedBeforeNs = BigInt(Math.round(clock.wallMs())) * 1_000_000n;
  clock.advance(10_000);
  buryLetters(rig, 2, 'new');
  assert.deepEqual(rig.run('purge', { receivedBeforeNs }).letters, 3);
  rig.run('redrive');
  rig.pass(1_000);
  assert.deepEqual(rig.messagesOf('otlp/a'), letterNames(2, 'new'));
});

test('purge makes a full dead letter take letters again at once', () => {
  const rig = rigOf({ segmentSizeBytes: 512 * KiB, deadLetterLimitBytes: 128 * KiB });
  rig.decide = () => 'refuse';
  for (let index = 0; index < 40; index += 1) assert.ok(rig.append(noisyMessage(index)));
  rig.pass(5_000);
  assert.ok(rig.isHeld);
  for (let round = 0; round < 40 && rig.isHeld; round += 1) {
    rig.run('purge');
    rig.pass(200);
  }
  assert.ok(!rig.isHeld);
  rig.run('purge');
  rig.decide = () => 'take';
  assert.ok(rig.append('<next>'));
  rig.pass(1_000);
  assert.deepEqual(rig.messagesOf('otlp/a'), ['<next>']);
});

test('purge holds over a restart', () => {
  const [directory, clock] = [new SimulatedDisk(), new FakeClock()];
  const before = rigOf({ directory, clock });
  buryLetters(before, 4);
  before.run('purge', { toSeq: 2 });
  before.vault.vault.close();
  const rig = rigOf({ directory, clock });
  assert.equal(rig.waiting, 2);
  assert.equal(rig.vault.page.get(VaultWord.PurgedLetters), 2);
  assert.equal(rig.run('purge').letters, 2);
});

test('purge frees whole segments on a disk that has no room for a cursor', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 5);
  disk.script.watch = ({ name, path }) =>
    name === 'open' && path.endsWith('.tmp')
      ? { kind: 'fault', fault: IoFault.NoSpace }
      : undefined;
  const outcome = rig.run('purge');
  assert.deepEqual([outcome.letters, outcome.stopped, rig.waiting], [5, undefined, 0]);
  assert.ok(!disk.segmentsIn('dead/seg').some((path) => path.endsWith('0001.vlt')));
});

test('purge says that letters may come back if their cursor cannot be written', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 5);
  disk.script.watch = ({ name, path }) =>
    name === 'open' && path.endsWith('.tmp')
      ? { kind: 'fault', fault: IoFault.NoSpace }
      : undefined;
  assert.equal(rig.run('purge', { toSeq: 3 }).stopped?.code, 'VAULT_FAILED');
});

test('purge takes along what cannot be read, unless it is to be of a time', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 3);
  const [path = ''] = disk.segmentsIn('dead/seg');
  disk.overwrite(path, new Uint8Array(200).fill(0xaa), 4096);
  const timed = rig.run('purge', { receivedBeforeNs: 2n ** 63n });
  assert.deepEqual([timed.letters + timed.damagedLetters, timed.waitingLetters > 0], [3, true]);
  const rest = rig.run('purge');
  assert.deepEqual([rest.damagedLetters, rest.waitingLetters], [timed.damagedLetters, 0]);
});

test('purge of a vault that may only be read is refused', () => {
  const rig = rigOf();
  buryLetters(rig, 3);
  rig.vault.holdsLock = false;
  const outcome = rig.run('purge');
  assert.equal(outcome.stopped?.code, 'VAULT_FAILED');
  assert.equal(rig.waiting, 3);
});
