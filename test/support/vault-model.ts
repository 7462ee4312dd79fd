// What a vault owes, as a plain list of what was handed over and what became of it, and the check
// that a vault keeps it: V1 to V4, V7 to V9, V14, V15 and V17 of the guarantees. The disk is the
// vault's own; nothing here looks at its bytes.

import assert from 'node:assert/strict';
import type { BlockHeader } from '../../src/vault/block-header.ts';
import { BlockType } from '../../src/vault/format.ts';
import type { OpenVault } from '../../src/vault/join-vault.ts';
import type { RigEntry, VaultRig } from './vault-rig.ts';

/** One batch that was handed over. Numbers count over the whole history, so also each producer's. */
export interface Submission {
  readonly number: number;
  readonly producer: number;
  readonly body: string;
}

interface Stored extends Submission {
  /** Consumers that it was settled for; perhaps the vault has forgotten it in a crash. */
  readonly settledFor: Set<number>;
}

export class VaultModel {
  readonly consumerCount: number;
  /** Part of the log: acknowledged, or found in it after a crash. By entrySeq, in this order. */
  readonly stored = new Map<number, Stored>();
  /** Handed over and never acknowledged: the next start may find it, or not. */
  readonly #open = new Map<string, Submission>();
  readonly #void = new Set<string>();
  readonly #bodies = new Set<string>();
  /** Ranges that nobody was given a number of, as the reader says. */
  readonly skipped: { readonly from: number; readonly to: number }[] = [];
  /** What is oldest may be dropped to make room. */
  readonly #drops: boolean;
  #entrySeqMax = -1;
  /** Also of what is void. */
  #givenSeqMax = -1;
  #blockSeqMax = 0;
  #segmentIdMax = 0;
  acknowledgedCount = 0;
  resurrectedCount = 0;
  #nextNumber = 0;

  constructor(consumerCount: number, drops: boolean) {
    this.#drops = drops;
    this.consumerCount = consumerCount;
  }

  submit(producer: number, sizeBytes: number): Submission {
    const number = this.#nextNumber;
    this.#nextNumber += 1;
    const body = bodyOf(number, sizeBytes);
    const submission = { number, producer, body };
    this.#open.set(body, submission);
    this.#bodies.add(body);
    return submission;
  }

  /** What one turn of the vault acknowledged, and where the log ends since. */
  acknowledged(
    acks: readonly { readonly submission: Submission; readonly entrySeq: number }[],
    end: { readonly liveSegmentId: number; readonly blockSeq: number },
  ): void {
    if (acks.length === 0) return;
    const before = Math.max(this.#entrySeqMax, this.#givenSeqMax);
    for (const { submission, entrySeq } of acks) {
      assert.ok(entrySeq > before && !this.stored.has(entrySeq), `V4: entry ${entrySeq} again`);
      this.store(entrySeq, submission);
    }
    assert.ok(end.blockSeq > this.#blockSeqMax, `V4: block ${end.blockSeq} again`);
    this.#blockSeqMax = end.blockSeq;
    if (end.liveSegmentId !== 0) {
      assert.ok(end.liveSegmentId >= this.#segmentIdMax, 'V4: a segment number again');
      this.#segmentIdMax = end.liveSegmentId;
    }
    this.acknowledgedCount += acks.length;
  }

  /** A group of the log became durable: what was given up before it is void for good. */
  voidUnacknowledged(submissions: readonly Submission[]): void {
    for (const { body } of submissions) {
      if (this.#open.delete(body)) this.#void.add(body);
    }
  }

  /** Numbers that left a trace on the disk, whether or not it counts, are never given again. */
  left(blocks: readonly BlockHeader[]): void {
    for (const { segmentId, blockSeq, type, firstEntrySeq, entryCount } of blocks) {
      this.#segmentIdMax = Math.max(this.#segmentIdMax, segmentId);
      this.#blockSeqMax = Math.max(this.#blockSeqMax, blockSeq);
      if (type !== BlockType.Data) continue;
      this.#givenSeqMax = Math.max(this.#givenSeqMax, firstEntrySeq + entryCount - 1);
    }
  }

  /** META is lost: what says that a number was given is the log, and it may be gone. */
  forgetNumbers(): void {
    this.#segmentIdMax = 0;
    this.#blockSeqMax = 0;
    this.#givenSeqMax = -1;
  }

  settle(consumer: number, fromSeq: number, count: number): void {
    for (let entrySeq = fromSeq; entrySeq < fromSeq + count; entrySeq += 1)
      this.stored.get(entrySeq)?.settledFor.add(consumer);
  }

  /**
   * Reads everything that some consumer still needs. `isStart`: nothing was handed over in this
   * life, and what earlier lives left open is decided now.
   */
  check(rig: VaultRig, isStart: boolean): void {
    this.#checkCursors(rig.vault);
    const fromSeq = rig.vault.cursors.lowestWatermark;
    const { entries, others } = rig.read(fromSeq);
    for (const other of others) {
      if (other.kind === 'skipped') {
        this.skipped.push({ from: other.fromEntrySeq, to: other.toEntrySeq });
        for (let seq = other.fromEntrySeq; seq < other.toEntrySeq; seq += 1)
          assert.ok(!this.stored.has(seq), `V1: entry ${seq} was skipped`);
      } else assert.fail(`V7: nothing is damaged, but: ${JSON.stringify(other)}`);
    }
    this.#checkOrder(entries);
    const read = new Set<number>();
    for (const entry of entries) {
      this.#checkEntry(entry, isStart);
      read.add(entry.entrySeq);
    }
    for (const entrySeq of this.stored.keys())
      assert.ok(entrySeq < fromSeq || read.has(entrySeq), `V1: entry ${entrySeq} is gone`);
    if (!isStart) return;
    for (const body of this.#open.keys()) this.#void.add(body);
    this.#open.clear();
  }

  /**
   * All that can be asked for if the disk lies: whatever is read was handed over, and nothing else
   * comes instead of what cannot be read than the word that it is lost.
   */
  checkOrigin(rig: VaultRig): void {
    const { entries } = rig.read(rig.vault.cursors.lowestWatermark);
    for (const { entrySeq, body } of entries)
      assert.ok(this.#bodies.has(body), `V8: entry ${entrySeq} was never handed over`);
    const seqs = entries.map(({ entrySeq }) => entrySeq);
    assert.deepEqual(
      seqs,
      [...new Set(seqs)].sort((x, y) => x - y),
      'V3: out of order',
    );
  }

  #checkEntry({ entrySeq, body }: RigEntry, isStart: boolean): void {
    const stored = this.stored.get(entrySeq);
    if (stored !== undefined) {
      assert.ok(stored.body === body, `V2: entry ${entrySeq} has another body`);
      return;
    }
    assert.ok(!this.#void.has(body), `V8: entry ${entrySeq} is void`);
    const submission = this.#open.get(body);
    assert.ok(submission !== undefined, `V8: entry ${entrySeq} was never handed over`);
    assert.ok(isStart, `V17: entry ${entrySeq} is read before it is durable`);
    assert.ok(entrySeq > this.#entrySeqMax, `V4: entry ${entrySeq} has a number that was given`);
    this.store(entrySeq, submission);
    this.resurrectedCount += 1;
  }

  #checkOrder(entries: readonly RigEntry[]): void {
    const numbers = new Map(entries.map(({ body }) => [body, numberOf(body)]));
    assert.equal(numbers.size, entries.length, 'V8: one batch was read twice');
    const last = new Map<number, number>();
    let before = -1;
    for (const { entrySeq, body } of entries) {
      assert.ok(entrySeq > before, `V3: entry ${entrySeq} comes behind ${before}`);
      before = entrySeq;
      const producer = this.stored.get(entrySeq)?.producer ?? this.#open.get(body)?.producer ?? 0;
      const number = numbers.get(body) ?? -1;
      assert.ok(number > (last.get(producer) ?? -1), `V3: producer ${producer} is out of order`);
      last.set(producer, number);
    }
  }

  #checkCursors(vault: OpenVault): void {
    for (let index = 0; index < this.consumerCount; index += 1) {
      const cursor = vault.cursors.cursor(index);
      const { base, watermark, ranges, ...counters } = cursor.snapshot();
      const inRanges = ranges.reduce((sum, bound, at) => sum + (at % 2 === 0 ? -bound : bound), 0);
      const counts = Object.values(counters);
      const total = counts.reduce((sum, count) => sum + count, 0);
      assert.equal(watermark - base + inRanges, total, 'V15: the ledger does not add up');
      assert.ok(Math.min(...counts) >= 0, 'V15: a counter below zero');
      // A cursor that was lost and begins anew does not know what was dropped before.
      const lowest = this.#drops ? base : 0;
      let others = 0;
      for (const [entrySeq, { settledFor }] of this.stored) {
        const isOurs = settledFor.has(index);
        if (!isOurs && entrySeq >= lowest && cursor.isSettled(entrySeq)) others += 1;
      }
      assert.ok(
        others <= counters.dropped,
        `V1: ${others} entries that nobody settled are settled`,
      );
    }
  }

  store(entrySeq: number, submission: Submission): void {
    this.#open.delete(submission.body);
    this.stored.set(entrySeq, { ...submission, settledFor: new Set() });
    this.#entrySeqMax = Math.max(this.#entrySeqMax, entrySeq);
  }
}

function numberOf(body: string): number {
  return Number.parseInt(body, 10);
}

/** Its number, then text that hardly shrinks. */
export function bodyOf(number: number, sizeBytes: number): string {
  const head = `${number}:`;
  const from = (number * 977) % 65_521;
  return (head + noise.slice(from, from + sizeBytes)).slice(0, Math.max(sizeBytes, head.length));
}

const noise = ((): string => {
  const bytes = Buffer.alloc(2 * 1024 * 1024 + 2 ** 17);
  let state = 0x2545f491;
  for (let at = 0; at < bytes.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[at] = 33 + ((state >>> 8) % 94);
  }
  return bytes.toString('latin1');
})();
