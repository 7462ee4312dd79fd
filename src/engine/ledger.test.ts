import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testSeed } from '../../test/support/seed.ts';
import { caseCount } from '../../test/support/vault-cases.ts';
import type { ConsumerWord } from '../memory/vault-page.ts';
import { ConsumerCursor } from '../vault/consumer-cursor.ts';
import { publishCursor } from '../vault/cursor-words.ts';
import { SettleKind } from '../vault/hand-over.ts';
import {
  type ConsumerTerms,
  type Ledger,
  type LedgerTerms,
  ledger,
  readConsumerTerms,
} from './ledger.ts';

/** Two required destinations, a vault and lives of a process, counting as the engine does. */
class Books {
  readonly cursors = [new ConsumerCursor(), new ConsumerCursor()];
  entryEnd = 0;
  nextEntrySeq = 0;
  counts = this.#zero();
  base = this.#terms();

  /** Crash or not: what is not on disk starts at 0, and numbers may be burnt. */
  restart(burnt: number): void {
    this.nextEntrySeq += burnt;
    for (const cursor of this.cursors) {
      if (this.nextEntrySeq > this.entryEnd)
        cursor.settle(SettleKind.Skipped, this.entryEnd, this.nextEntrySeq - this.entryEnd);
    }
    this.counts = this.#zero();
    this.base = this.#terms();
  }

  direct(): void {
    this.counts.received += 1;
    this.counts.acked += 1;
  }

  /** Not one destination counts what was refused, even if one of them had it. */
  refused(how: 'refused' | 'gone'): void {
    this.counts.received += 1;
    this.counts[how] += 1;
  }

  stored(answer: 'vaulted' | 'direct' | 'refused' | 'gone'): void {
    if (answer === 'vaulted') {
      this.direct();
      this.counts.vaulted += 1;
    } else if (answer === 'direct') this.direct();
    else this.refused(answer);
    this.counts.stored += 1;
    this.counts.appended += 1;
    this.nextEntrySeq += 1;
    this.entryEnd = this.nextEntrySeq;
  }

  /** A dead letter, owed to this one: its batch has a new number, for nobody else. */
  redriven(owed: number): void {
    this.counts.redriven += 1;
    this.counts.appended += 1;
    const entrySeq = this.nextEntrySeq;
    this.nextEntrySeq += 1;
    this.entryEnd = this.nextEntrySeq;
    for (const [consumer, cursor] of this.cursors.entries()) {
      if (consumer === owed) cursor.redriven(1);
      else cursor.settle(SettleKind.Skipped, entrySeq, 1);
    }
  }

  /** A group that was given up: the next entry shows the gap. */
  burn(): void {
    this.nextEntrySeq += 1;
  }

  settle(consumer: number, kind: SettleKind, fromPercent: number, count: number): void {
    const from = Math.floor((fromPercent * this.entryEnd) / 100);
    const fitting = Math.min(count, this.entryEnd - from);
    if (fitting > 0) this.cursors[consumer]?.settle(kind, from, fitting);
  }

  terms(): LedgerTerms {
    const { acked, vaulted } = this.counts;
    const now = this.#terms();
    const destinations = now.map((terms, index) => ({
      id: `otlp/${index}`,
      direct: acked - vaulted,
      vault: { base: this.base[index] ?? terms, now: terms },
    }));
    return { ...this.counts, inFlight: 0, entryEnd: this.entryEnd, destinations };
  }

  #terms(): ConsumerTerms[] {
    return this.cursors.map((cursor) => {
      const words = new Map<ConsumerWord, number>();
      publishCursor(cursor, this.entryEnd, { set: (word, value) => words.set(word, value) });
      return readConsumerTerms({ get: (word) => words.get(word) ?? Number.NaN });
    });
  }

  #zero() {
    const vault = { vaulted: 0, stored: 0, redriven: 0, appended: 0 };
    return { received: 0, acked: 0, refused: 0, gone: 0, ...vault };
  }
}

type Step = (books: Books) => void;

const answers = ['vaulted', 'vaulted', 'vaulted', 'direct', 'refused', 'gone'] as const;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant((books: Books) => books.direct()),
  fc.constantFrom('refused' as const, 'gone' as const).map((how) => (books: Books) => {
    books.refused(how);
  }),
  fc.constantFrom(...answers).map((answer) => (books: Books) => books.stored(answer)),
  fc.constant((books: Books) => books.burn()),
  fc.nat(1).map((owed) => (books: Books) => books.redriven(owed)),
  fc
    .tuple(
      fc.nat(1),
      fc.constantFrom(...Object.values(SettleKind)),
      fc.nat(100),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([consumer, kind, from, count]) => (books: Books) => {
      books.settle(consumer, kind, from, count);
    }),
);
const restart: fc.Arbitrary<Step> = fc.nat(3).map((burnt) => (books) => books.restart(burnt));
const steps = fc.array(
  fc.oneof({ weight: 15, arbitrary: step }, { weight: 1, arbitrary: restart }),
  {
    maxLength: 80,
    size: 'max',
  },
);

test('ledger() has no difference, whatever happens over any number of lives', (context) => {
  const seed = testSeed(context);
  const property = fc.property(steps, (run) => {
    const books = new Books();
    for (const take of run) {
      take(books);
      const { isBalanced, intake, rows } = ledger(books.terms());
      assert.ok(isBalanced, JSON.stringify({ intake, rows }));
      for (const { id, ...numbers } of rows)
        for (const [name, number] of Object.entries(numbers))
          assert.ok(number >= 0, `${id}: ${name} ${number}`);
    }
  });
  fc.assert(property, { seed, numRuns: caseCount(200) });
});

/** Ten batches acknowledged, four of them by the vault; five in it, and two came back out. */
function example(): LedgerTerms {
  const books = new Books();
  for (let batch = 0; batch < 6; batch += 1) books.direct();
  for (let batch = 0; batch < 4; batch += 1) books.stored('vaulted');
  books.stored('gone');
  books.settle(0, SettleKind.Delivered, 0, 2);
  books.settle(1, SettleKind.Lost, 0, 1);
  return books.terms();
}

function differences({ intake, rows }: Ledger): number[] {
  return [intake, ...rows].map(({ difference }) => difference);
}

test('ledger() says where batches are', () => {
  const { rows, intake } = ledger(example());
  const none = { refused: 0, inFlight: 0, difference: 0 };
  assert.deepEqual(intake, { received: 11, acked: 10, gone: 1, ...none });
  const both = { acked: 10, alsoStored: 1, burnt: 0, deadLettered: 0, dropped: 0, skipped: 0 };
  assert.deepEqual(rows, [
    { id: 'otlp/0', ...both, delivered: 8, inVault: 3, lost: 0, difference: 0 },
    { id: 'otlp/1', ...both, delivered: 6, inVault: 4, lost: 1, difference: 0 },
  ]);
});

test('ledger() without a vault compares what was acknowledged with what was delivered', () => {
  const destinations = [{ id: 'otlp/0', direct: 7, vault: undefined }];
  const none = {
    gone: 0,
    inFlight: 2,
    vaulted: 0,
    stored: 0,
    redriven: 0,
    appended: 0,
    entryEnd: 0,
  };
  const books = ledger({ received: 12, acked: 8, refused: 2, ...none, destinations });
  assert.deepEqual(differences(books), [0, 1]);
  assert.equal(books.isBalanced, false);
});

test('ledger() shows each single number that is off by one', () => {
  const off = (change: (terms: LedgerTerms) => LedgerTerms) =>
    differences(ledger(change(example())));
  const ofConsumer = (word: keyof ConsumerTerms) =>
    off((terms) => {
      const [first, ...others] = terms.destinations;
      assert.ok(first?.vault !== undefined);
      const now = { ...first.vault.now, [word]: first.vault.now[word] - 1 };
      const changed = { ...first, vault: { base: first.vault.base, now } };
      return { ...terms, destinations: [changed, ...others] };
    });
  assert.deepEqual(
    off((terms) => ({ ...terms, received: 12 })),
    [1, 0, 0],
  );
  assert.deepEqual(
    off((terms) => ({ ...terms, acked: 9 })),
    [1, -1, -1],
    'not acknowledged, and yet delivered',
  );
  assert.deepEqual(
    off((terms) => ({ ...terms, stored: 6 })),
    [0, 1, 1],
    'acknowledged and not in the log',
  );
  assert.deepEqual(
    off((terms) => ({ ...terms, appended: 4 })),
    [0, 1, 1],
  );
  for (const word of ['delivered', 'lost', 'dropped', 'deadLettered', 'unsettled'] as const)
    assert.deepEqual(ofConsumer(word), [0, 1, 0], word);
});
