// A random history of a vault: lives of a process on one disk, which fails, fills up, is read-only
// and loses power while batches come in and are settled. After each start, and now and then, the
// model looks at what the vault has.

import assert from 'node:assert/strict';
import { GopherShipError } from '../../src/errors.ts';
import { DurableEnd, VaultWord } from '../../src/memory/vault-page.ts';
import { metaPath } from '../../src/vault/file-names.ts';
import { SettleKind, VaultAnswer, VaultLogId } from '../../src/vault/hand-over.ts';
import { LogState } from '../../src/vault/log-state.ts';
import { listBlocks } from './block-list.ts';
import { type CallFaultsPlan, faultOf } from './call-faults.ts';
import { SimulatedCrash } from './call-script.ts';
import { HistoryDisk } from './history-disk.ts';
import { JumpingClock } from './jumping-clock.ts';
import { RigMemory } from './rig-memory.ts';
import { type Submission, VaultModel } from './vault-model.ts';
import { VaultRig } from './vault-rig.ts';

export interface HistoryOptions {
  readonly unitSizeBytes: number;
  readonly consumerCount: number;
  readonly segmentSizeBytes: number;
  /** What the limit leaves to the main log, with its two spares. */
  readonly limitSegments: number;
  readonly bodySizeBytesMax: number;
  readonly fullPolicy: 'reject' | 'drop_oldest';
  readonly direct: boolean;
}

/** A step of a history; what its numbers mean depends on the kind. */
export interface HistoryStep {
  readonly kind: string;
  readonly a: number;
  readonly b: number;
}

const shardCount = 2;
const memory = new RigMemory({ shardCount, slabsSizeBytes: 8 * 1024 * 1024 });

export class VaultHistory {
  readonly model: VaultModel;
  readonly disk: HistoryDisk;
  startCount = 0;
  readonly #options: HistoryOptions;
  readonly #clock = new JumpingClock();
  readonly #consumers: readonly string[];
  /** Of main appends without an answer, by slab; those of the dead letters have none. */
  readonly #out = new Map<number, Submission | undefined>();
  #rig: VaultRig;
  #given: Submission[] = [];

  constructor(options: HistoryOptions, faults?: CallFaultsPlan) {
    const { consumerCount, unitSizeBytes } = options;
    this.#options = options;
    this.model = new VaultModel(consumerCount, options.fullPolicy === 'drop_oldest');
    this.#consumers = Array.from({ length: consumerCount }, (_, index) => `file/${index}`);
    this.disk = new HistoryDisk(unitSizeBytes, this.#limitBytes, faults);
    this.#rig = this.#start();
    this.#look(true);
  }

  run({ kind, a, b }: HistoryStep): void {
    const actions: Readonly<Record<string, () => void>> = {
      append: () => this.#append(a, b),
      settle: () => this.#settle(a, b),
      'settle-old': () => this.#settleOld(a, b),
      pass: () => this.#guard(() => this.#rig.pass(b % 3 === 0 ? a % 5_000 : a % 300)),
      clock: () => this.#clock.jump((a % 10 ** 9) * (b % 2 === 0 ? -1 : 1)),
      close: () => this.#close(a, b),
      crash: () => this.#crash(a, b),
      'crash-at': () => this.disk.fail({ wait: a % 40, count: 1, injection: { kind: 'crash' } }),
      fault: () => this.disk.fail({ wait: a % 60, count: 1 + (b % 3), injection: faultOf(a, b) }),
      'read-only': () => {
        this.disk.now.isReadOnly = a % 2 === 0;
      },
      read: () => this.#look(false),
    };
    const action = actions[kind];
    assert.ok(action !== undefined, `no such step: ${kind}`);
    action();
  }

  /** Everything heals and is settled: V10, V14 and that nothing blocks for ever. */
  end(): void {
    this.disk.heal();
    this.#guard(() => this.#rig.pass(40_000, 500));
    const { page } = this.#rig;
    const isRecovered = page.get(VaultWord.State) !== LogState.ReadOnly;
    // To ask the disk takes a unit.
    const hasRoom = page.get(VaultWord.UsedBytes) + 4096 <= this.#limitBytes;
    assert.ok(isRecovered || !hasRoom, 'the vault never recovers');
    this.#look(false);
    this.#close(1, 0);
    if (!this.disk.isStrict) return;
    for (const consumer of this.#consumers.keys()) this.#settleAll(consumer);
    this.#rig.pass(6_000);
    this.#append(0, 0);
    this.#turn();
    assert.equal(this.#given.length, 0, 'a vault without anything in it takes no entry');
    assert.ok(this.disk.segmentCount() <= 1, 'V10: everything is settled, and is still there');
    this.#look(false);
    this.#rig.vault.close();
  }

  get #limitBytes(): number {
    const { segmentSizeBytes, limitSegments, consumerCount } = this.#options;
    // With the dead letters, four META files, and two files for each cursor.
    return (limitSegments + 2) * segmentSizeBytes + (4 * 8 + consumerCount * 128) * 1024;
  }

  // A start on whatever the disk is now. With faults it may be refused, for a reason.
  #start(): VaultRig {
    for (let tries = 0; ; tries += 1) {
      this.#out.clear();
      this.startCount += 1;
      const failedBefore = this.disk.failedCallCount;
      this.disk.isStarting = true;
      try {
        return new VaultRig({
          directory: this.disk.directory,
          consumers: this.#consumers,
          clock: this.#clock,
          direct: this.#options.direct,
          shardCount,
          memory,
          config: {
            limitBytes: this.#limitBytes,
            segmentSizeBytes: this.#options.segmentSizeBytes,
            deadLetterLimitBytes: 2 * this.#options.segmentSizeBytes,
            quarantineLimitBytes: this.#options.segmentSizeBytes,
            fullPolicy: this.#options.fullPolicy,
          },
        });
      } catch (error) {
        assert.ok(tries < 10, 'starts again and again');
        if (error instanceof SimulatedCrash) this.disk.crash(tries, tries);
        else if (!(error instanceof GopherShipError)) throw error;
        else {
          const hasReason = this.disk.failedCallCount > failedBefore || this.disk.now.isReadOnly;
          assert.ok(hasReason, String(error));
        }
        this.disk.heal();
      } finally {
        this.disk.isStarting = false;
      }
    }
  }

  #restart(): void {
    const blocks = this.disk.quietly(() => listBlocks(this.disk.now));
    this.model.left(blocks.map(({ header }) => header));
    this.#rig = this.#start();
    this.disk.now.isReadOnly = false;
    this.#look(true);
    this.#given = [];
  }

  #look(isStart: boolean): void {
    this.disk.quietly(() => {
      if (this.disk.isStrict) this.model.check(this.#rig, isStart);
      else this.model.checkOrigin(this.#rig);
    });
  }

  // The machine may stop in any of these.
  #guard(work: () => void): void {
    try {
      work();
      this.#collect();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      this.#collect();
      this.#crash(this.disk.callCount, 3);
    }
  }

  #append(a: number, b: number): void {
    this.#guard(() => {
      for (let count = 0; count <= a % 5; count += 1) {
        const producer = (a + count) % shardCount;
        const sizeBytes = 1 + ((b * (count + 1)) % this.#options.bodySizeBytesMax);
        if ((a + b) % 23 === 0) {
          const slab = this.#rig.append('dead', {
            producer: shardCount,
            log: VaultLogId.DeadLetter,
          });
          this.#out.set(slab, undefined);
        }
        const submission = this.model.submit(producer, sizeBytes);
        this.#out.set(this.#rig.append(submission.body, { producer }), submission);
        if (sizeBytes > 2 ** 18) break; // there are only so many slabs
      }
      if (a % 4 !== 0) this.#rig.turn();
    });
    if (this.#out.size > 8) this.#turn();
  }

  #turn(): void {
    this.#guard(() => this.#rig.turn());
  }

  #collect(): void {
    const rig = this.#rig;
    const acks: { submission: Submission; entrySeq: number }[] = [];
    const refused: Submission[] = [];
    for (let producer = 0; producer <= shardCount; producer += 1) {
      for (const { slab, answer, entrySeq } of rig.answers(producer)) {
        assert.ok(this.#out.has(slab), 'an answer that nobody waits for');
        const submission = this.#out.get(slab);
        this.#out.delete(slab);
        if (submission === undefined) continue;
        if (answer === VaultAnswer.Acked) acks.push({ submission, entrySeq });
        else refused.push(submission);
      }
    }
    rig.notices();
    const end = new DurableEnd();
    rig.page.readEnd(end);
    if (this.disk.isStrict) this.model.acknowledged(acks, end);
    else for (const { submission, entrySeq } of acks) this.model.store(entrySeq, submission);
    if (acks.length > 0) {
      this.model.voidUnacknowledged(this.#given);
      this.#given = [];
    }
    this.#given.push(...refused);
  }

  #settle(a: number, b: number): void {
    const seqs = [...this.model.stored.keys()].slice(-60);
    const fromSeq = seqs[a % Math.max(seqs.length, 1)];
    if (fromSeq === undefined) return;
    let count = 1;
    while (count <= b % 7 && this.model.stored.has(fromSeq + count)) count += 1;
    this.#push(SettleKind.Delivered, fromSeq, count, b % this.#options.consumerCount);
    this.#turn();
  }

  // What is oldest for a consumer, as replay in order does.
  #settleOld(a: number, b: number): void {
    const consumer = a % this.#options.consumerCount;
    const { watermark } = this.#rig.vault.cursors.cursor(consumer);
    this.#settleSkipped(consumer);
    let count = 0;
    while (count <= b % 40 && this.model.stored.has(watermark + count)) count += 1;
    if (count > 0) this.#push(SettleKind.Delivered, watermark, count, consumer);
    this.#turn();
  }

  #settleAll(consumer: number): void {
    this.#settleSkipped(consumer);
    for (const entrySeq of this.model.stored.keys())
      this.#push(SettleKind.Delivered, entrySeq, 1, consumer);
    this.#rig.turn();
  }

  #settleSkipped(consumer: number): void {
    for (const { from, to } of this.model.skipped)
      this.#push(SettleKind.Skipped, from, to - from, consumer);
  }

  #push(kind: SettleKind, fromSeq: number, count: number, consumer: number): void {
    if (this.#rig.links.replayToVault.length > 4_000) this.#rig.turn();
    if (kind !== SettleKind.Skipped) this.model.settle(consumer, fromSeq, count);
    this.#rig.settle(kind, fromSeq, count, consumer);
  }

  #close(a: number, b: number): void {
    try {
      this.#rig.vault.close();
      this.#collect();
    } catch (error) {
      if (!(error instanceof SimulatedCrash)) throw error;
      this.#collect();
    }
    this.disk.crash(a, 1 + (b % 2)); // a clean end leaves nothing open that matters, but let us see
    this.#damage(b);
    this.#restart();
  }

  #crash(a: number, b: number): void {
    this.disk.crash(a, b);
    this.#damage(b >>> 2);
    this.#restart();
  }

  #damage(pick: number): void {
    if (this.disk.damage(pick, this.#consumers) === metaPath) this.model.forgetNumbers();
  }
}
