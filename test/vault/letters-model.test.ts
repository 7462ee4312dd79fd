// Random histories of dead letters: two destinations that refuse some batches for a while, redrives
// and purges of ranges, lives that end cleanly or by power loss, calls of the disk that fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GopherShipError } from '../../src/errors.ts';
import { KiB } from '../../src/limits.ts';
import { ConsumerWord, VaultWord } from '../../src/memory/vault-page.ts';
import { faultOf } from '../support/call-faults.ts';
import { SimulatedCrash } from '../support/call-script.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { HistoryDisk } from '../support/history-disk.ts';
import { LetterRig } from '../support/letter-rig.ts';
import { RigMemory } from '../support/rig-memory.ts';
import { testSeed } from '../support/seed.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { caseCount } from '../support/vault-cases.ts';

const consumers = ['otlp/a', 'otlp/b'] as const;
const segmentSizeBytes = 512 * KiB;
/** Two of the largest fit one segment of it, and a few fill it. */
const deadLetterLimitBytes = 256 * KiB;
const limitBytes = 20 * segmentSizeBytes + deadLetterLimitBytes + 512 * KiB;
/** A block of several entries always has room. */
const roomSizeBytes = 272 * KiB;
const memory = new RigMemory();

interface Step {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
}

class LetterHistory {
  readonly disk = new HistoryDisk(512, limitBytes, undefined);
  readonly #clock = new FakeClock();
  /** Acknowledged. */
  readonly #acked: string[] = [];
  readonly #delivered = new Set<string>();
  /** By consumer and message: refused before somebody purged. */
  readonly #refused = new Set<string>();
  readonly #mayBePurged = new Set<string>();
  /** One of so many messages is refused, by each consumer another one; 0: none. */
  #refuses = 2;
  #isHanging = false;
  #count = 0;
  redriven = 0;
  crashes = 0;
  #rig: LetterRig;

  constructor() {
    this.#rig = this.#start();
  }

  run({ kind, a, b }: Step): void {
    const rig = this.#rig;
    const choice = {
      fromSeq: a % 40,
      toSeq: a % 3 === 0 ? Number.POSITIVE_INFINITY : (a % 40) + b,
    };
    const actions: Readonly<Record<string, () => void>> = {
      append: () => this.#append(1 + (a % 5), (b % 3_000) * (a % 7 === 0 ? 15 : 1)),
      pass: () => rig.pass(a % 2_500),
      redrive: () =>
        rig.start({ kind: 'redrive', choice: { ...all, ...choice }, dryRun: b % 4 === 0 }),
      purge: () => this.#purge({ ...all, ...choice }),
      refuse: () => {
        this.#refuses = a % 4;
      },
      hang: () => {
        this.#isHanging = a % 2 === 0;
        rig.isHanging = this.#isHanging;
      },
      close: () => this.#close(),
      crash: () => this.#crash(a, b),
      'crash-at': () => this.disk.fail({ wait: a % 60, count: 1, injection: { kind: 'crash' } }),
      fault: () => this.disk.fail({ wait: a % 60, count: 1 + (b % 2), injection: faultOf(a, b) }),
    };
    const action = actions[kind];
    assert.ok(action !== undefined, `no such step: ${kind}`);
    this.#guard(action);
  }

  /** Everything heals, nobody refuses: whatever was not purged arrives. */
  end(): void {
    this.disk.heal();
    this.#refuses = 0;
    this.#isHanging = false;
    this.#rig.isHanging = false;
    this.#guard(() => this.#rig.pass(40_000, 500));
    const rig = this.#rig;
    for (let round = 0; round < 60 && (round === 0 || rig.waiting > 0 || rig.isHeld); round += 1) {
      const { stopped, letters } = rig.run('redrive');
      assert.equal(stopped, undefined);
      this.redriven += letters;
      rig.pass(3_000);
    }
    assert.equal(rig.waiting, 0, 'letters are left');
    for (const message of this.#acked) {
      for (const consumer of consumers) {
        const key = `${consumer} ${message}`;
        assert.ok(this.#delivered.has(key) || this.#mayBePurged.has(key), `${key} is gone`);
      }
    }
    this.#checkBooks(rig);
    this.#close();
  }

  #checkBooks({ vault, replayer }: LetterRig): void {
    for (const [index, { parts }] of replayer.parts.consumers.entries()) {
      const words = vault.page.consumer(index);
      assert.equal(words.get(ConsumerWord.Unsettled), 0);
      assert.deepEqual(
        parts.ledger.cursor.snapshot(),
        vault.vault.cursors.cursor(index).snapshot(),
        'both threads know the same',
      );
      assert.ok(parts.room.isEmpty, 'memory that nobody uses did not come back');
    }
    const dead = this.disk.now.segmentsIn('dead/seg').length;
    assert.ok(dead <= 1, `${dead} segments of dead letters are left`);
    assert.equal(vault.page.get(VaultWord.WaitingLetters), 0);
  }

  #append(count: number, sizeBytes: number): void {
    for (let index = 0; index < count; index += 1) {
      this.#count += 1;
      const message = `<${this.#count}-${noise(sizeBytes, this.#count)}>`;
      if (this.#rig.append(message)) this.#acked.push(nameOf(message));
    }
  }

  /** What is a letter by now may go. */
  #purge(choice: typeof all): void {
    const answer = this.#rig.start({ kind: 'purge', choice, dryRun: false });
    if (answer !== undefined) return;
    // Letters that come meanwhile are not asked for.
    for (const key of this.#refused) this.#mayBePurged.add(key);
    this.#rig.pass(200);
  }

  #decide(consumer: string, message: string): 'take' | 'refuse' {
    const number = Number.parseInt(message.slice(1), 10) + consumers.indexOf(consumer as 'otlp/a');
    const key = `${consumer} ${nameOf(message)}`;
    if (this.#refuses > 0 && number % this.#refuses === 0) {
      this.#refused.add(key);
      return 'refuse';
    }
    this.#delivered.add(key);
    return 'take';
  }

  #start(): LetterRig {
    for (let tries = 0; ; tries += 1) {
      this.disk.isStarting = true;
      try {
        const rig = new LetterRig({
          ...{ directory: this.disk.directory, clock: this.#clock, consumers, memory },
          ...{ segmentSizeBytes, deadLetterLimitBytes, limitBytes, roomSizeBytes },
          // What cannot be opened or read is another matter: replayer-disk.test.ts.
          reading: (act) => this.disk.quietly(act),
        });
        rig.decide = (consumer, message) => this.#decide(consumer, message);
        rig.isHanging = this.#isHanging;
        return rig;
      } catch (error) {
        assert.ok(tries < 10, 'starts again and again');
        if (error instanceof SimulatedCrash) this.disk.crash(tries, tries);
        else if (!(error instanceof GopherShipError)) throw error;
        else this.disk.heal();
      } finally {
        this.disk.isStarting = false;
      }
    }
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      this.#crash(this.#count, this.crashes);
    }
  }

  #crash(seed: number, mode: number): void {
    this.crashes += 1;
    this.#rig.close();
    this.disk.heal();
    this.disk.crash(seed, mode);
    this.#rig = this.#start();
  }

  #close(): void {
    this.#rig.vault.vault.close();
    this.#rig.close();
    this.#rig = this.#start();
  }
}

const all = { fromSeq: 0, toSeq: Number.POSITIVE_INFINITY, receivedBeforeNs: undefined };

function noise(sizeBytes: number, seed: number): string {
  const random = new SeededRandom(seed);
  const letters = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 1) letters[at] = 65 + random.below(26);
  return letters.toString('latin1');
}

function nameOf(message: string): string {
  return message.slice(1, message.indexOf('-'));
}

const weights: Readonly<Record<string, number>> = {
  ...{ append: 12, pass: 12, redrive: 8, purge: 1, refuse: 3, hang: 2 },
  ...{ close: 1, crash: 2, 'crash-at': 3, fault: 2 },
};

const step = fc.oneof(
  ...Object.entries(weights).map(([kind, weight]) => ({
    weight,
    arbitrary: fc.record({ kind: fc.constant(kind), a: fc.nat(), b: fc.nat({ max: 100_000 }) }),
  })),
);

// Scenario: as above; in the end everything works, and what is left is redriven.
// Guarantees: every acknowledged batch is delivered to both destinations, but for letters of which
// a purge was begun; both threads agree about each cursor; the dead letter is empty, and so is its
// place on the disk.
test('dead letters keep what was acknowledged through any history', (context) => {
  const sum = { redriven: 0, crashes: 0, failed: 0 };
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
      const history = new LetterHistory();
      for (const one of steps) history.run(one);
      history.end();
      sum.redriven += history.redriven;
      sum.crashes += history.crashes;
      sum.failed += history.disk.failedCallCount;
    }),
    { seed: testSeed(context), numRuns: caseCount(60) },
  );
  context.diagnostic(
    `${sum.redriven} redriven, ${sum.crashes} crashes, ${sum.failed} calls failed`,
  );
});
