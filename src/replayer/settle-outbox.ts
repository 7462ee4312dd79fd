// Settles of one consumer on their way to the vault thread, in order. Neighbours of one kind go as
// one record. The vault thread applies what the replay thread has applied already, so nothing here
// may be lost or change its place; that is why there is a bound, and why the caller asks for room
// before it settles.

import { assert } from '../assert.ts';
import type { ThreadRing } from '../memory/thread-ring.ts';
import { highWord, lowWord, type SettleKind } from '../vault/hand-over.ts';

export type RingOut = Pick<ThreadRing, 'push'>;

/** Far more than a window of entries that all settle alone. */
export const outboxRunsMax = 4_096;

const countMax = 2 ** 32 - 1;
const runWords = 3;

export class SettleOutbox {
  readonly #consumer: number;
  readonly #runsMax: number;
  /** Kind, first entry and count of each run: a ring. Sequences are below 2^53. */
  readonly #runs: Float64Array;
  #first = 0;
  #runCount = 0;

  constructor(consumer: number, runsMax: number = outboxRunsMax) {
    assert(runsMax >= 1, 'outbox holds nothing');
    this.#consumer = consumer;
    this.#runsMax = runsMax;
    this.#runs = new Float64Array(runWords * runsMax);
  }

  get isEmpty(): boolean {
    return this.#runCount === 0;
  }

  /** How many settles may be added, whatever they are. */
  get room(): number {
    return this.#runsMax - this.#runCount;
  }

  add(kind: SettleKind, fromSeq: number, count: number): void {
    assert(count >= 1, 'settles no entry');
    if (this.#joins(kind, fromSeq, count)) return;
    assert(this.room > 0, 'outbox is full');
    const at = this.#place(this.#runCount);
    this.#runs[at] = kind;
    this.#runs[at + 1] = fromSeq;
    this.#runs[at + 2] = count;
    this.#runCount += 1;
  }

  /** Pushes what the ring takes; true if that was anything. */
  flush(ring: RingOut): boolean {
    let pushed = false;
    while (this.#runCount > 0 && this.#pushFirst(ring)) pushed = true;
    return pushed;
  }

  #pushFirst(ring: RingOut): boolean {
    const at = this.#place(0);
    const kind = this.#runs[at]!; // inside, as the next two
    const fromSeq = this.#runs[at + 1]!;
    const left = this.#runs[at + 2]!;
    const count = Math.min(left, countMax);
    const head = kind | (this.#consumer << 8);
    if (!ring.push(head, lowWord(fromSeq), highWord(fromSeq), count)) return false;
    if (count < left) {
      this.#runs[at + 1] = fromSeq + count;
      this.#runs[at + 2] = left - count;
      return true;
    }
    this.#first = (this.#first + 1) % this.#runsMax;
    this.#runCount -= 1;
    return true;
  }

  #joins(kind: SettleKind, fromSeq: number, count: number): boolean {
    if (this.#runCount === 0) return false;
    const at = this.#place(this.#runCount - 1);
    const lastFrom = this.#runs[at + 1]!; // inside, as the count
    const lastCount = this.#runs[at + 2]!;
    if (this.#runs[at] !== kind || lastFrom + lastCount !== fromSeq) return false;
    this.#runs[at + 2] = lastCount + count;
    return true;
  }

  #place(run: number): number {
    return runWords * ((this.#first + run) % this.#runsMax);
  }
}
