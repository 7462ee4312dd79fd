// The book over several lives, and with a log that is full, dropped or damaged. What it does in
// one life is in redrive.test.ts and purge.test.ts, power loss in test/vault/letters-crash.test.ts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { buryLetters, LetterRig, noisyMessage } from '../../test/support/letter-rig.ts';
import { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { KiB } from '../limits.ts';
import { BlockType } from './format.ts';

type Options = ConstructorParameters<typeof LetterRig>[0];

/** Two segments of 64 KiB for the dead letters, and a main log that takes any group of them. */
function small(options: Partial<Options> = {}): Options {
  return {
    ...{ directory: new SimulatedDisk(), clock: new FakeClock() },
    ...{ segmentSizeBytes: 512 * KiB, deadLetterLimitBytes: 128 * KiB, roomSizeBytes: 48 * KiB },
    ...options,
  };
}

function refuse(rig: LetterRig, count: number, from = 0): void {
  rig.decide = () => 'refuse';
  for (let number = from; number < from + count; number += 1) {
    assert.ok(rig.append(noisyMessage(number)));
    rig.pass(200);
  }
  rig.decide = () => 'take';
}

function typesOf(disk: SimulatedDisk): number[] {
  return disk.segmentsIn('dead/seg').map((path) => disk.contents(path)[4096 + 13] ?? 0);
}

test('a purge of a full log is written down once there is room for that', () => {
  const disk = new SimulatedDisk();
  const rig = new LetterRig(small({ directory: disk }));
  refuse(rig, 40);
  assert.ok(rig.isHeld);
  assert.equal(rig.run('purge').waitingLetters, 0);
  assert.deepEqual(typesOf(disk), [BlockType.Loss]);
});

test('what drop_oldest took counts no more, in this life and in the next', () => {
  const options = small({ deadLetterPolicy: 'drop_oldest' });
  const rig = new LetterRig(options);
  refuse(rig, 3);
  rig.run('purge', { toSeq: 1 }); // so that there is a cursor, and it is behind
  refuse(rig, 40, 3);
  const { letters, damagedLetters, waitingLetters } = rig.run('purge', {}, true);
  assert.ok(letters > 2 && letters < 40, `${letters} letters`);
  assert.deepEqual([damagedLetters, waitingLetters], [0, letters]);
  rig.vault.vault.close();
  const next = new LetterRig(options);
  const again = next.run('purge', {}, true);
  assert.deepEqual(
    [again.letters, again.damagedLetters, again.waitingLetters],
    [letters, 0, letters],
  );
});

test('its cursor takes no room from the letters', () => {
  const options = small();
  const before = new LetterRig(options);
  refuse(before, 40);
  const room = before.waiting;
  for (let round = 0; round < 40 && (before.isHeld || before.waiting > 0); round += 1) {
    before.run('purge');
    before.pass(500);
  }
  before.vault.vault.close();
  const rig = new LetterRig(options);
  rig.run('purge');
  refuse(rig, 40, 100);
  // A record of the purge is in one of the segments.
  assert.ok(rig.waiting >= room - 2, `${rig.waiting} letters, ${room} before`);
});

test('a life whose META is gone gives no number again that the cursor knows of', () => {
  const [disk, clock] = [new SimulatedDisk(), new FakeClock()];
  const before = new LetterRig({ directory: disk, clock });
  buryLetters(before, 5);
  before.run('redrive');
  assert.deepEqual(disk.segmentsIn('dead/seg'), []);
  before.vault.vault.close();
  disk.overwrite('dead/META', new Uint8Array(8192), 0);
  const rig = new LetterRig({ directory: disk, clock });
  rig.pass(1_000);
  buryLetters(rig, 2, 'next');
  const { letters, firstSeq } = rig.run('redrive');
  assert.deepEqual([letters, firstSeq >= 5], [2, true]);
});

test('a cursor that is gone brings letters back, and costs none', () => {
  const [disk, clock] = [new SimulatedDisk(), new FakeClock()];
  const before = new LetterRig({ directory: disk, clock });
  buryLetters(before, 5);
  before.run('redrive', { toSeq: 3 });
  before.vault.vault.close();
  disk.overwrite('dead/cursor/dead-letter.cur', new Uint8Array(65_536), 0);
  const rig = new LetterRig({ directory: disk, clock });
  assert.equal(rig.waiting, 5);
  assert.equal(rig.run('redrive').letters, 5);
});
