// Dead letters under power loss: whatever call of the disk it comes at, and whatever of the writes
// before survives, no batch is gone that was not purged.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimulatedCrash } from '../support/call-script.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { buryLetters, LetterRig, letterNames } from '../support/letter-rig.ts';
import { RigMemory } from '../support/rig-memory.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { SimulatedDisk } from '../support/simulated-disk.ts';

const memory = new RigMemory();
const letterCount = 6;

interface Life {
  readonly rig: LetterRig;
  readonly disk: SimulatedDisk;
}

/** Letters of two segments, some of which are settled already. */
function withLetters(clock: FakeClock): Life {
  const disk = new SimulatedDisk({ unitSizeBytes: 512 });
  const rig = new LetterRig({ directory: disk, clock, memory });
  buryLetters(rig, letterCount);
  return { rig, disk };
}

/** Power is lost at that call from now on; true: it was, and not after all of it was done. */
function crashesAt({ rig, disk }: Life, call: number, work: (rig: LetterRig) => void): boolean {
  let left = call;
  disk.script.watch = () => {
    left -= 1;
    return left === 0 ? { kind: 'crash' } : undefined;
  };
  try {
    work(rig);
    return false;
  } catch (error) {
    if (!(error instanceof SimulatedCrash)) throw error;
    return true;
  } finally {
    rig.close();
  }
}

function nextLife(disk: SimulatedDisk, clock: FakeClock, random: SeededRandom): LetterRig {
  const crashed = disk.crashed((count) => random.below(count));
  return new LetterRig({ directory: crashed, clock, memory });
}

// Scenario: letters are redriven to a destination that does not answer; at each call of the disk,
// one after the other, power is lost. In the next life it answers, and what is left is redriven.
// Guarantees: every batch is delivered, and none more than twice.
test('a redrive loses no batch, whenever power is lost', (context) => {
  const random = new SeededRandom(testSeed(context));
  let crashes = 0;
  for (let call = 1; ; call += 1) {
    const clock = new FakeClock();
    const life = withLetters(clock);
    life.rig.isHanging = true;
    const isCrash = crashesAt(life, call, (rig) => {
      rig.run('redrive');
      rig.pass(1_000);
    });
    const rig = nextLife(life.disk, clock, random);
    rig.pass(2_000);
    assert.equal(rig.run('redrive').stopped, undefined, `call ${call}`);
    rig.pass(2_000);
    const delivered = rig.messagesOf('otlp/a');
    assert.deepEqual([...new Set(delivered)].sort(), letterNames(letterCount), `call ${call}`);
    assert.ok(delivered.length <= 2 * letterCount, `call ${call}: ${delivered.length}`);
    assert.equal(rig.waiting, 0);
    rig.close();
    if (!isCrash) break;
    crashes += 1;
  }
  assert.ok(crashes > 15, `${crashes} crashes`);
  context.diagnostic(`${crashes} crashes`);
});

// Scenario: the same with a purge of half of the letters.
// Guarantees: what was not purged is redriven and delivered in the next life; what was purged is
// either gone or there, and once a purge was answered it is gone.
test('a purge takes nothing else along, whenever power is lost', (context) => {
  const random = new SeededRandom(testSeed(context));
  let crashes = 0;
  for (let call = 1; ; call += 1) {
    const clock = new FakeClock();
    const life = withLetters(clock);
    let isAnswered = false;
    const isCrash = crashesAt(life, call, (rig) => {
      rig.run('purge', { toSeq: letterCount / 2 });
      isAnswered = true;
      rig.pass(1_000);
    });
    const rig = nextLife(life.disk, clock, random);
    rig.run('redrive');
    rig.pass(2_000);
    const delivered = rig.messagesOf('otlp/a');
    const kept = letterNames(letterCount).slice(letterCount / 2);
    const expected = isAnswered ? kept : kept.filter((name) => delivered.includes(name));
    assert.deepEqual(expected, kept, `call ${call}`);
    if (isAnswered) assert.deepEqual(delivered, kept, `call ${call}`);
    rig.close();
    if (!isCrash) break;
    crashes += 1;
  }
  assert.ok(crashes > 5, `${crashes} crashes`);
  context.diagnostic(`${crashes} crashes`);
});

// Scenario: all letters are purged, power is lost at each call.
// Guarantees: the next life starts, its dead letter takes letters, and no sequence is given again.
test('a purge of everything leaves a log that goes on, whenever power is lost', (context) => {
  const random = new SeededRandom(testSeed(context));
  for (let call = 1; ; call += 1) {
    const clock = new FakeClock();
    const life = withLetters(clock);
    const isCrash = crashesAt(life, call, (rig) => rig.run('purge'));
    const rig = nextLife(life.disk, clock, random);
    buryLetters(rig, 2, 'next');
    const outcome = rig.run('redrive', { fromSeq: letterCount });
    assert.deepEqual([outcome.letters, outcome.firstSeq >= letterCount], [2, true], `call ${call}`);
    rig.pass(1_000);
    assert.deepEqual(rig.messagesOf('otlp/a'), letterNames(2, 'next'));
    rig.close();
    if (!isCrash) return;
  }
});
