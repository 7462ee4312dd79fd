// Redrive over a real vault on a simulated disk, without threads. Crashes are in
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
import { Zone } from '../memory/zone-word.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';

function rigOf(options: Partial<ConstructorParameters<typeof LetterRig>[0]> = {}): LetterRig {
  return new LetterRig({ directory: new SimulatedDisk(), clock: new FakeClock(), ...options });
}

function words(rig: LetterRig, consumer = 0): Record<string, number> {
  const page = rig.vault.page.consumer(consumer);
  return {
    delivered: page.get(ConsumerWord.Delivered),
    deadLettered: page.get(ConsumerWord.DeadLettered),
    skipped: page.get(ConsumerWord.Skipped),
    unsettled: page.get(ConsumerWord.Unsettled),
  };
}

test('redrive sends every letter again, and settles it', () => {
  const rig = rigOf();
  buryLetters(rig, 5);
  assert.equal(rig.waiting, 5);
  assert.deepEqual(words(rig), { delivered: 0, deadLettered: 5, skipped: 0, unsettled: 0 });
  const outcome = rig.run('redrive');
  rig.pass(2_000);
  assert.equal(outcome.letters, 5);
  assert.deepEqual([outcome.firstSeq, outcome.lastSeq], [0, 4]);
  assert.deepEqual([outcome.stopped, outcome.duplicates], [undefined, 0]);
  assert.deepEqual(outcome.reasons, [{ reason: DeadLetterReason.Rejected, letters: 5 }]);
  assert.deepEqual(rig.messagesOf('otlp/a'), letterNames(5));
  assert.deepEqual(words(rig), { delivered: 5, deadLettered: 0, skipped: 5, unsettled: 0 });
  assert.equal(rig.waiting, 0);
  assert.equal(rig.vault.page.get(VaultWord.RedrivenEntries), 5);
  assert.equal(rig.run('redrive').letters, 0);
});

test('redrive gives the space of the dead letters back', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 5);
  assert.equal(disk.segmentsIn('dead/seg').length, 1);
  rig.run('redrive');
  assert.deepEqual(disk.segmentsIn('dead/seg'), []);
});

test('redrive of a dry run says what it would be, and changes nothing', () => {
  const rig = rigOf();
  buryLetters(rig, 5);
  const plan = rig.run('redrive', { fromSeq: 1 }, true);
  assert.deepEqual([plan.letters, plan.firstSeq, plan.lastSeq, plan.waitingLetters], [4, 1, 4, 5]);
  rig.pass(1_000);
  assert.deepEqual(rig.delivered, []);
  assert.equal(rig.waiting, 5);
});

test('redrive takes the letters that are named', () => {
  const rig = rigOf();
  buryLetters(rig, 5);
  assert.equal(rig.run('redrive', { fromSeq: 1, toSeq: 3 }).waitingLetters, 3);
  assert.equal(rig.run('redrive', { fromSeq: 4, toSeq: 5 }).waitingLetters, 2);
  rig.pass(1_000);
  assert.deepEqual(rig.messagesOf('otlp/a'), ['<m1>', '<m2>', '<m4>']);
  rig.run('redrive');
  rig.pass(1_000);
  assert.deepEqual(rig.messagesOf('otlp/a').slice(3), ['<m0>', '<m3>']);
});

test('redrive sends a letter to none but the destination that it is owed to', () => {
  const rig = rigOf({ consumers: ['otlp/a', 'otlp/b'] });
  rig.decide = (consumer) => (consumer === 'otlp/b' ? 'refuse' : 'take');
  for (const name of letterNames(4)) assert.ok(rig.append(name));
  rig.pass(3_000);
  rig.decide = () => 'take';
  assert.equal(rig.run('redrive').duplicates, 0);
  rig.pass(2_000);
  assert.deepEqual(rig.messagesOf('otlp/a'), letterNames(4));
  assert.deepEqual(rig.messagesOf('otlp/b'), letterNames(4));
  assert.deepEqual(words(rig, 0), { delivered: 4, deadLettered: 0, skipped: 4, unsettled: 0 });
  assert.deepEqual(words(rig, 1), { delivered: 4, deadLettered: 0, skipped: 4, unsettled: 0 });
  assert.equal(rig.duplicates, 0);
});

test('redrive sends a letter to all if the one that it is owed to is gone', () => {
  const [directory, clock] = [new SimulatedDisk(), new FakeClock()];
  const before = rigOf({ directory, clock, consumers: ['otlp/old'] });
  buryLetters(before, 2);
  before.vault.vault.close();
  const rig = rigOf({ directory, clock, consumers: ['otlp/a', 'otlp/b'] });
  rig.pass(1_000);
  rig.delivered.length = 0;
  assert.equal(rig.run('redrive').duplicates, 2);
  rig.pass(2_000);
  for (const consumer of rig.consumers) assert.deepEqual(rig.messagesOf(consumer), letterNames(2));
});

test('redrive counts a batch of which the destination has a part as a duplicate', () => {
  const rig = rigOf();
  rig.decide = () => 'partly';
  assert.ok(rig.append('<m0>'));
  rig.pass(2_000);
  rig.decide = () => 'take';
  const outcome = rig.run('redrive');
  assert.deepEqual([outcome.letters, outcome.duplicates, rig.duplicates], [1, 1, 1]);
});

test('redrive of what is refused again makes a letter of it again', () => {
  const rig = rigOf();
  buryLetters(rig, 3);
  rig.decide = () => 'refuse';
  assert.equal(rig.run('redrive').letters, 3);
  rig.pass(3_000);
  assert.equal(rig.waiting, 3);
  assert.deepEqual(words(rig), { delivered: 0, deadLettered: 3, skipped: 3, unsettled: 0 });
});

test('redrive empties a dead letter that is full, and what was held goes on', () => {
  const rig = rigOf({
    ...{ roomSizeBytes: 48 * KiB, segmentSizeBytes: 512 * KiB },
    deadLetterLimitBytes: 128 * KiB,
  });
  const count = 40;
  rig.decide = () => 'refuse';
  for (let index = 0; index < count; index += 1) assert.ok(rig.append(noisyMessage(index)));
  rig.pass(3_000);
  assert.ok(rig.isHeld, 'the dead letter is full');
  assert.ok(rig.waiting < count);
  rig.decide = () => 'take';
  redriveAll(rig);
  assert.ok(!rig.isHeld);
  assert.equal(new Set(rig.messagesOf('otlp/a')).size, count);
  assert.equal(rig.messagesOf('otlp/a').length, count);
  assert.equal(rig.waiting, 0);
});

test('redrive finds room beside entries that wait for the dead letter', () => {
  // The room has the size of the largest entry, and all of it waits for what only redrive frees.
  const rig = rigOf({
    ...{ roomSizeBytes: 16 * KiB, segmentSizeBytes: 512 * KiB },
    deadLetterLimitBytes: 128 * KiB,
  });
  rig.decide = () => 'refuse';
  for (let index = 0; index < 20; index += 1) assert.ok(rig.append(noisyMessage(index, 12_000)));
  rig.pass(3_000);
  assert.ok(rig.isHeld);
  rig.decide = () => 'take';
  redriveAll(rig);
  assert.equal(new Set(rig.messagesOf('otlp/a')).size, 20);
});

test('redrive without room for a copy sends a block of letters one by one', () => {
  const rig = rigOf({ roomSizeBytes: 4 * KiB });
  buryLetters(rig, 12);
  assert.equal(rig.run('redrive').letters, 12);
  rig.pass(3_000);
  assert.deepEqual(rig.messagesOf('otlp/a'), letterNames(12));
});

test('redrive stops when the vault is full, and leaves what it did not take', () => {
  const rig = rigOf({
    ...{ segmentSizeBytes: 256 * KiB, limitBytes: 1_700 * KiB },
    deadLetterLimitBytes: 512 * KiB,
  });
  rig.decide = () => 'refuse';
  for (let index = 0; index < 10; index += 1) assert.ok(rig.append(noisyMessage(index, 12_000)));
  rig.pass(3_000);
  rig.decide = () => 'take';
  rig.isHanging = true;
  for (let index = 100; index < 200; index += 1)
    if (!rig.append(noisyMessage(index, 12_000))) break;
  const outcome = rig.run('redrive');
  assert.equal(outcome.stopped?.code, 'VAULT_FULL');
  assert.equal(outcome.letters + outcome.waitingLetters, 10);
  rig.isHanging = false;
  rig.pass(5_000);
  rig.run('redrive');
  rig.pass(5_000);
  const letters = rig.messagesOf('otlp/a').filter((message) => /^<[0-9]-/.test(message));
  assert.equal(new Set(letters).size, 10);
});

test('redrive holds over a restart', () => {
  const [directory, clock] = [new SimulatedDisk(), new FakeClock()];
  const before = rigOf({ directory, clock });
  buryLetters(before, 4);
  before.run('redrive', { fromSeq: 0, toSeq: 2 });
  before.vault.vault.close();
  const rig = rigOf({ directory, clock });
  assert.equal(rig.waiting, 2);
  assert.equal(rig.run('redrive').letters, 2);
  rig.pass(2_000);
  const all = [...before.messagesOf('otlp/a'), ...rig.messagesOf('otlp/a')];
  assert.deepEqual(all.sort(), letterNames(4));
});

test('redrive reads beside a replay that goes on, and neither loses what it has read', () => {
  const rig = rigOf({ segmentSizeBytes: 512 * KiB, roomSizeBytes: 48 * KiB });
  // Each of them a block of its own, in both logs; the room holds a few, what was read ahead many.
  rig.decide = () => 'refuse';
  for (let index = 100; index < 140; index += 1) {
    assert.ok(rig.append(noisyMessage(index, 5_000)));
    rig.pass(100);
  }
  rig.decide = () => 'take';
  rig.isHanging = true;
  for (let index = 0; index < 60; index += 1) assert.ok(rig.append(noisyMessage(index, 5_000)));
  rig.isHanging = false;
  for (let turn = 0; turn < 200; turn += 1) {
    if (turn % 3 === 0) rig.run('redrive', {}, true);
    rig.turn();
  }
  rig.run('redrive');
  rig.pass(2_000);
  assert.equal(rig.vault.page.consumer(0).get(ConsumerWord.Lost), 0);
  assert.equal(new Set(rig.messagesOf('otlp/a')).size, 100);
});

test('redrive leaves what it cannot read, and says so', () => {
  const disk = new SimulatedDisk();
  const rig = rigOf({ directory: disk });
  buryLetters(rig, 3, 'a');
  rig.pass(1_000);
  buryLetters(rig, 1, 'b');
  rig.pass(1_000);
  const [path = ''] = disk.segmentsIn('dead/seg');
  // The unit behind the header is the first block.
  disk.overwrite(path, new Uint8Array(200).fill(0xaa), 4096);
  const outcome = rig.run('redrive');
  assert.ok(outcome.damagedLetters >= 1);
  assert.equal(outcome.letters + outcome.damagedLetters, 4);
  assert.equal(outcome.waitingLetters, outcome.damagedLetters);
  assert.equal(rig.run('purge').waitingLetters, 0);
  assert.deepEqual(disk.segmentsIn('dead/seg').length, 1, 'what is left says what was lost');
});

test('start() refuses what cannot be now', () => {
  const rig = rigOf();
  buryLetters(rig, 1);
  const choice = { fromSeq: 0, toSeq: 5, receivedBeforeNs: undefined };
  rig.zone = Zone.Red;
  assert.equal(whyRefused(rig.start({ kind: 'redrive', choice, dryRun: false })), 'busy');
  rig.zone = Zone.Green;
  const empty = { ...choice, toSeq: 0 };
  assert.equal(whyRefused(rig.start({ kind: 'purge', choice: empty, dryRun: false })), 'invalid');
  assert.equal(rig.start({ kind: 'redrive', choice, dryRun: false }), undefined);
  assert.equal(whyRefused(rig.start({ kind: 'purge', choice, dryRun: true })), 'busy');
});

test('stop() answers, and settles what is in the vault by then', () => {
  const [directory, clock] = [new SimulatedDisk(), new FakeClock()];
  const rig = rigOf({ directory, clock });
  buryLetters(rig, 4);
  const choice = { fromSeq: 0, toSeq: 9, receivedBeforeNs: undefined };
  rig.start({ kind: 'redrive', choice, dryRun: false });
  while (rig.replayer.parts.letters.outCount === 0) {
    rig.step();
    if (rig.replayer.parts.letters.outCount === 0) rig.vaultTurn();
  }
  rig.control.stop();
  rig.replayer.stop();
  assert.equal(whyRefused(rig.answers[0]), 'busy');
  assert.ok(!rig.replayer.isStopped, 'letters are at the vault thread');
  for (let turn = 0; turn < 50 && !rig.replayer.isStopped; turn += 1) rig.turn();
  assert.ok(rig.replayer.isStopped);
  rig.vaultTurn();
  rig.vault.vault.close();
  assert.equal(rigOf({ directory, clock }).waiting, 0);
});

/** What was held becomes letters first: it has been refused already. */
function redriveAll(rig: LetterRig): void {
  for (let round = 0; round < 30 && (rig.isHeld || rig.waiting > 0); round += 1) {
    assert.equal(rig.run('redrive').stopped, undefined);
    rig.pass(3_000);
  }
}

function whyRefused(answer: unknown): unknown {
  return Object(answer).why;
}
