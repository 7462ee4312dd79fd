// What was acknowledged is read back, whatever call failed and wherever the power went.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptedEntries } from '../../test/support/accepted-log.ts';
import { SimulatedCrash } from '../../test/support/call-script.ts';
import {
  bodyOf,
  LogWriterRig,
  numberOf,
  simulatedVault,
} from '../../test/support/log-writer-rig.ts';
import { testSeed } from '../../test/support/seed.ts';
import { SeededRandom } from '../../test/support/seeded-random.ts';
import type { SimulatedDisk } from '../../test/support/simulated-disk.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import { VaultAnswer } from './hand-over.ts';
import { IoFault } from './io-fault.ts';
import { LogState } from './log-state.ts';
import { LossRange } from './loss-payload.ts';

const unit = 4096;
const capacityBytes = 16 * unit;

const faults = [
  ...[IoFault.Medium, IoFault.NoSpace, IoFault.Quota, IoFault.ReadOnly, IoFault.Short],
  ...[IoFault.Invalid, IoFault.NoDescriptor, IoFault.Interrupted],
] as const;

const lossRange = Object.assign(new LossRange(), { toEntrySeq: 1 });

/** One life of a log: what was handed over, what was answered. */
class Life {
  readonly disk: SimulatedDisk;
  readonly rig: LogWriterRig;
  readonly submitted = new Map<number, Buffer>();
  /** Numbers of bodies with their entrySeqs, in order. */
  readonly acked: { number: number; entrySeq: number }[] = [];
  /** Entries below may be gone. */
  deletedBelow = 0;
  #next = 1;

  constructor(limitBytes = 2 ** 40, keepsReserve = true) {
    this.disk = simulatedVault();
    this.rig = new LogWriterRig(this.disk, { capacityBytes, limitBytes, keepsReserve });
  }

  commit(sizesBytes: readonly number[]): VaultAnswer {
    const first = this.#next;
    const bodies = sizesBytes.map((size, index) => bodyOf(first + index, size));
    this.#next += bodies.length;
    for (const [index, body] of bodies.entries()) this.submitted.set(first + index, body);
    const { answer, entries } = this.rig.commit(bodies);
    if (answer === VaultAnswer.Acked) {
      const acked = entries.map(({ entrySeq }, index) => ({ number: first + index, entrySeq }));
      this.acked.push(...acked);
    }
    return answer;
  }

  deleteBelow(entrySeq: number): void {
    this.deletedBelow = Math.max(this.deletedBelow, entrySeq);
    this.rig.segments.deleteBelow(entrySeq, 9, () => false);
  }

  /** On the disk as it is, or after a crash. */
  check(disk: SimulatedDisk): void {
    const entries = acceptedEntries(disk);
    let before = -1;
    const found = new Map<number, number>();
    for (const { entrySeq, body } of entries) {
      assert.ok(entrySeq > before, 'entries out of order');
      before = entrySeq;
      const number = numberOf(body);
      assert.ok(this.submitted.get(number)?.equals(body), `body ${number} was never submitted`);
      assert.ok(!found.has(number), `body ${number} comes twice`);
      found.set(number, entrySeq);
    }
    for (const { number, entrySeq } of this.acked) {
      if (entrySeq < this.deletedBelow) continue;
      assert.equal(found.get(number), entrySeq, `body ${number} was acknowledged and is gone`);
    }
  }

  checkSpace(): void {
    const { space } = this.rig;
    // As it is now, were everything of it durable.
    const usedBytes = this.disk.crashed((n) => n - 1).usedBytes;
    assert.ok(usedBytes <= space.usedBytes, 'takes more than it counts');
    assert.ok(space.usedBytes <= space.limitBytes, 'counts more than the limit');
  }

  checkCrashes(random: SeededRandom): void {
    const chooses = [() => 0, (n: number) => n - 1, (n: number) => random.below(n)];
    for (const choose of chooses) {
      const disk = this.disk.crashed(choose);
      assert.ok(disk.usedBytes <= this.rig.space.usedBytes, 'a crash brings back too much');
      this.check(disk);
    }
  }

  /** After whatever happened, it can be made to take entries again. */
  revive(): void {
    const { rig } = this;
    rig.clock.advance(2_000);
    if (rig.writer.state === LogState.ReadOnly) assert.ok(rig.writer.probe());
    while (rig.writer.background(9));
    assert.equal(rig.writer.state, LogState.Ok);
    assert.equal(this.commit([100]), VaultAnswer.Acked);
  }
}

/** Every kind of call is in it. */
const scenario: readonly ((life: Life) => void)[] = [
  (life) => life.rig.writer.background(2),
  (life) => life.commit([5_000, 100]),
  (life) => life.rig.writer.background(1),
  (life) => life.commit([30_000]),
  (life) => life.rig.writer.mark(),
  (life) => life.commit([20_000]), // rotates
  (life) => life.rig.writer.background(2),
  (life) => life.rig.writer.appendLoss([lossRange], 1),
  (life) => life.commit([40_000]), // rotates again, its spare half done
  (life) => life.deleteBelow(2),
  (life) => life.rig.segments.flush(),
  (life) => life.commit([100, 200]),
  (life) => life.rig.writer.seal(),
];

function play(life: Life): void {
  for (const step of scenario) {
    step(life);
    life.checkSpace();
  }
}

function callCount(): number {
  const life = new Life();
  const before = life.disk.script.calls.length;
  play(life);
  return life.disk.script.calls.length - before;
}

describe('LogWriter', () => {
  it('keeps what it acknowledged when any one call fails in any way', (context) => {
    const random = new SeededRandom(testSeed(context));
    const count = callCount();
    assert.ok(count > 50, `${count} calls`);
    for (let number = 1; number <= count; number += 1) {
      for (const fault of faults) {
        const life = new Life();
        const writtenBytes = random.below(3) * unit;
        const at = life.disk.script.calls.length + number;
        life.disk.script.inject(at, { kind: 'fault', fault, writtenBytes });
        play(life);
        life.check(life.disk);
        life.checkCrashes(random);
        life.revive();
        life.checkSpace();
        life.checkCrashes(random);
      }
    }
  });

  it('keeps what it acknowledged when the power goes before any call', (context) => {
    const random = new SeededRandom(testSeed(context));
    const count = callCount();
    for (let number = 1; number <= count; number += 1) {
      const life = new Life();
      life.disk.script.inject(life.disk.script.calls.length + number, { kind: 'crash' });
      assert.throws(() => play(life), SimulatedCrash);
      for (let n = 0; n < 5; n += 1) life.checkCrashes(random);
    }
  });

  it('keeps its limit and what it acknowledged over random histories', (context) => {
    const random = new SeededRandom(testSeed(context));
    for (let n = 0; n < caseCount(150); n += 1) history(random);
  });
});

function history(random: SeededRandom): void {
  const limitBytes = capacityBytes * (2 + random.below(4)) + random.below(3) * unit;
  const life = new Life(limitBytes, random.oneIn(2));
  const { rig, disk } = life;
  for (let step = 0; step < 60; step += 1) {
    if (random.oneIn(6)) {
      const at = disk.script.calls.length + 1 + random.below(6);
      const fault = random.pick(faults);
      disk.script.inject(at, { kind: 'fault', fault, writtenBytes: random.below(4) * unit });
    }
    rig.clock.advance(random.below(600));
    operate(life, random);
    life.checkSpace();
    if (random.oneIn(5)) life.checkCrashes(random);
  }
  life.check(disk.crashed((count) => count - 1));
}

function operate(life: Life, random: SeededRandom): void {
  const { rig } = life;
  const { writer } = rig;
  switch (random.below(9)) {
    case 0:
      writer.background(random.below(3));
      return;
    case 1:
      writer.mark();
      return;
    case 2:
      if (random.oneIn(4)) writer.appendLoss([lossRange], 1);
      return;
    case 3:
      life.deleteBelow(random.below(writer.end.entryEnd + 1));
      return;
    case 4:
      rig.segments.flush();
      return;
    case 5:
      if (writer.state === LogState.ReadOnly) writer.probe();
      return;
    case 6:
      if (random.oneIn(5)) writer.seal();
      return;
    default:
      life.commit(Array.from({ length: 1 + random.below(4) }, () => random.below(9_000)));
  }
}
