// One life of a vault under load, on a disk whose calls are logged: batches of two producers and
// dead letters come in, are settled in and out of order, time passes, it closes and opens again.
// Each event is noted with the place of the log.

import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DurableEnd } from '../../src/memory/vault-page.ts';
import { SettleKind, VaultAnswer, VaultLogId } from '../../src/vault/hand-over.ts';
import type { SeededRandom } from '../support/seeded-random.ts';
import type { Submission, VaultModel } from '../support/vault-model.ts';
import { blocksIn } from './disk-traces.ts';
import type { PowerHistory } from './power-history.ts';
import { type PowerOptions, PowerVault, shardCount } from './power-vault.ts';

/** Of a batch that stays in one slab; larger ones come alone. */
const smallSizeBytesMax = 2 ** 18;

export class PowerLoad {
  readonly #path: string;
  readonly #options: PowerOptions;
  readonly #random: SeededRandom;
  readonly #history: PowerHistory;
  /** What it owes now. */
  readonly #model: VaultModel;
  readonly #place: () => number;
  readonly #out = new Map<number, Submission | undefined>();
  #vault: PowerVault;
  /** Of the last answers, as soon as they were given. */
  #answeredPlace = 0;
  #scratchCount = 0;

  /** Opens the vault at `path`; `history` has what earlier lives left behind. */
  constructor(
    path: string,
    parts: {
      readonly options: PowerOptions;
      readonly random: SeededRandom;
      readonly history: PowerHistory;
      place(): number;
    },
  ) {
    this.#path = path;
    this.#options = parts.options;
    this.#random = parts.random;
    this.#history = parts.history;
    this.#place = () => parts.place();
    this.#model = parts.history.modelAt(0);
    this.#vault = this.#start();
  }

  step(): void {
    const random = this.#random;
    const pick = random.below(100);
    if (pick < 55) this.#append();
    else if (pick < 65) this.#settleAny();
    else if (pick < 79) this.#settleOldest();
    else if (pick < 93) this.#pass(random.below(random.oneIn(3) ? 3_000 : 300));
    else if (pick < 98) this.#writeElsewhere();
    else this.#reopen();
  }

  /** The process is gone; nothing more is written. */
  abandon(): void {
    this.#vault.abandon();
  }

  #start(): PowerVault {
    const left = blocksIn(this.#path);
    const vault = new PowerVault(this.#path, this.#options);
    // The rig notes here whom the vault thread wakes, which it does when it has answered.
    const { wakes } = vault.rig;
    wakes.push = () => {
      this.#answeredPlace = this.#place();
      return 0;
    };
    this.#model.left(left);
    const before = new Set(this.#model.stored.keys());
    this.#model.check(vault.rig, true);
    const found = [...this.#model.stored]
      .filter(([entrySeq]) => !before.has(entrySeq))
      .map(([entrySeq, submission]) => ({ entrySeq, submission }));
    this.#history.add(this.#place(), { kind: 'started', left, found });
    return vault;
  }

  #append(): void {
    const random = this.#random;
    for (let count = random.below(random.oneIn(4) ? 16 : 4); count >= 0; count -= 1) {
      const producer = random.below(shardCount);
      const sizeBytes = 1 + random.below(this.#options.bodySizeBytesMax);
      this.#history.add(this.#place(), { kind: 'submitted', producer, sizeBytes });
      const submission = this.#model.submit(producer, sizeBytes);
      this.#out.set(this.#vault.rig.append(submission.body, { producer }), submission);
      if (sizeBytes > smallSizeBytesMax) break; // there are only so many slabs
    }
    if (random.oneIn(12)) {
      const place = { producer: shardCount, log: VaultLogId.DeadLetter };
      this.#out.set(this.#vault.rig.append('a dead letter', place), undefined);
    }
    this.#turn();
  }

  // In single steps: each has one group at most, and goes on behind its answers.
  #turn(): void {
    for (let restMs = 0; restMs === 0; ) {
      restMs = this.#vault.rig.vault.loop.step();
      this.#collect();
    }
  }

  // What is refused stays without an answer: no start finds it, as it was never written.
  #collect(): void {
    const { rig } = this.#vault;
    const acks: { submission: Submission; entrySeq: number }[] = [];
    for (let producer = 0; producer <= shardCount; producer += 1) {
      for (const { slab, answer, entrySeq } of rig.answers(producer)) {
        const submission = this.#out.get(slab);
        this.#out.delete(slab);
        if (submission !== undefined && answer === VaultAnswer.Acked)
          acks.push({ submission, entrySeq });
      }
    }
    rig.notices();
    if (acks.length === 0) return;
    const { liveSegmentId, blockSeq } = endOf(this.#vault);
    const end = { liveSegmentId, blockSeq };
    this.#model.acknowledged(acks, end);
    this.#history.add(this.#answeredPlace, { kind: 'acknowledged', acks, end });
  }

  #pass(ms: number): void {
    this.#vault.rig.pass(ms);
    this.#collect();
  }

  #settleAny(): void {
    const fromSeq = this.#random.pick([...this.#model.stored.keys()].slice(-60));
    if (fromSeq !== undefined) this.#settle(fromSeq, 6, this.#consumer());
    this.#turn();
  }

  // What is oldest for a consumer, as replay in order does.
  #settleOldest(): void {
    const consumer = this.#consumer();
    for (const { from, to } of this.#model.skipped)
      this.#vault.rig.settle(SettleKind.Skipped, from, to - from, consumer);
    const { watermark } = this.#vault.rig.vault.cursors.cursor(consumer);
    this.#settle(watermark, 60, consumer);
    this.#turn();
  }

  #settle(fromSeq: number, countMax: number, consumer: number): void {
    const { stored } = this.#model;
    let count = 0;
    const wanted = 1 + this.#random.below(countMax);
    while (count < wanted && stored.has(fromSeq + count)) count += 1;
    if (count === 0) return;
    this.#history.add(this.#place(), { kind: 'settled', consumer, fromSeq, count });
    this.#model.settle(consumer, fromSeq, count);
    this.#vault.rig.settle(SettleKind.Delivered, fromSeq, count, consumer);
  }

  #consumer(): number {
    return this.#random.below(this.#options.consumerCount);
  }

  // Somebody else's file on the same file system, in the page cache, in a transaction of its own.
  #writeElsewhere(): void {
    const path = join(dirname(this.#path), `else-${this.#scratchCount % 4}`);
    writeFileSync(path, Buffer.alloc(this.#random.below(40_000), this.#scratchCount));
    this.#scratchCount += 1;
  }

  #reopen(): void {
    if (this.#random.oneIn(2)) this.#vault.abandon();
    else this.#vault.close();
    this.#collect();
    this.#out.clear();
    this.#vault = this.#start();
  }
}

export function endOf({ rig }: PowerVault): DurableEnd {
  const end = new DurableEnd();
  rig.page.readEnd(end);
  return end;
}
