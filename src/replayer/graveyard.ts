// Entries of one consumer that will never be delivered, on their way into the dead letter. Only
// when that is on disk are they settled. A dead letter that is full drops nothing: the consumer is
// sent nothing more until it takes them.

import { assert } from '../assert.ts';
import type { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { SettleKind, VaultAnswer } from '../vault/hand-over.ts';
import { type ConsumerLedger, notTaken } from './consumer-ledger.ts';
import type { DeadLetters, Verdict } from './dead-letters.ts';
import { EntryPhase, type WindowEntry } from './entry-window.ts';
import type { ReplayRoom } from './replay-room.ts';

export interface GraveyardParts {
  readonly ledger: ConsumerLedger;
  readonly letters: DeadLetters;
  readonly room: ReplayRoom;
  /** The consumer's tag. */
  readonly owedTo: number;
  /** To be read again. */
  comesBack(entrySeq: number): void;
  countDuplicates(count: number): void;
}

const verdictsMax = 1_024;
const ringFullMs = 5;
const retryMsMin = 1_000;
const retryMsMax = 30_000;

export class Graveyard {
  readonly #parts: GraveyardParts;
  /** Of entries whose body must be read again, since it is not as it was received any more. */
  readonly #verdictBySeq = new Map<number, Verdict>();
  /** Dead letters that wait to be appended. */
  readonly #waiting: WindowEntry[] = [];
  #appendedCount = 0;
  #isFull = false;
  #retryAtMs = 0;
  #retryMs = retryMsMin;

  constructor(parts: GraveyardParts) {
    this.#parts = parts;
  }

  /** The dead letter takes no more: the consumer counts as faulty. */
  get isFull(): boolean {
    // With nothing to find it out by, as after a drop, the next dead letter will.
    return this.#isFull && this.#waiting.length + this.#appendedCount > 0;
  }

  /** Appends without an answer: their bytes are the vault thread's. */
  get appendedCount(): number {
    return this.#appendedCount;
  }

  verdictOf(entrySeq: number): Verdict | undefined {
    return this.#verdictBySeq.get(entrySeq);
  }

  /** The entry goes into the dead letter when it is read the next time. False: too many do. */
  sentence(entrySeq: number, verdict: Verdict): boolean {
    if (this.#verdictBySeq.size >= verdictsMax) this.#forgetSettled();
    const mayAdd = this.#verdictBySeq.size < verdictsMax || this.#verdictBySeq.has(entrySeq);
    if (mayAdd) this.#verdictBySeq.set(entrySeq, verdict);
    return mayAdd;
  }

  /** An entry of the window with its header, body as received behind it. False: no room. */
  bury(entry: WindowEntry, verdict: Verdict): boolean {
    const { letters, room, ledger, owedTo } = this.#parts;
    assert(entry.headerOffsetBytes !== 0, 'buries a body that is gone');
    const header = letters.headerAt(entry.headerOffsetBytes);
    const offsetBytes = letters.prepare(header, entry.headerOffsetBytes, verdict, owedTo, room);
    if (offsetBytes === 0) return false;
    if (offsetBytes !== entry.headerOffsetBytes) {
      ledger.window.releaseExtents(entry);
      entry.ownExtent = offsetBytes;
      entry.headerOffsetBytes = offsetBytes;
    }
    this.#verdictBySeq.delete(entry.entrySeq);
    entry.phase = EntryPhase.Burying;
    this.#waiting.push(entry);
    return true;
  }

  /** Appends what waits; ms until there is more to do. */
  work(nowMs: number): number {
    const { letters, ledger } = this.#parts;
    for (let entry = this.#waiting[0]; entry !== undefined; entry = this.#waiting[0]) {
      if (ledger.isSettled(entry.entrySeq)) {
        ledger.window.remove(entry); // dropped meanwhile
      } else {
        if (nowMs < this.#retryAtMs) return this.#retryAtMs - nowMs;
        // One at a time finds out whether there is space again.
        if (this.#isFull && this.#appendedCount > 0) break;
        if (!this.#append(letters, entry)) return ringFullMs;
      }
      this.#waiting.shift();
    }
    return Number.POSITIVE_INFINITY;
  }

  /** What was not appended goes back to the disk: somebody needs the room for a moment. */
  giveWay(): void {
    const { ledger, letters, comesBack } = this.#parts;
    for (const entry of this.#waiting.splice(0)) {
      const { entrySeq, headerOffsetBytes } = entry;
      const { reason, statusCode, attempts } = letters.headerAt(headerOffsetBytes);
      ledger.window.remove(entry);
      if (ledger.isSettled(entrySeq)) continue;
      // A sentence that cannot be kept is found out again. `as`: it was written from a verdict.
      this.sentence(entrySeq, verdict(reason as DeadLetterReason, statusCode, attempts));
      comesBack(entrySeq);
    }
  }

  /** There may be space again: the next one is tried at once. */
  tryAgain(): void {
    this.#retryAtMs = 0;
    this.#retryMs = retryMsMin;
  }

  /** What was not appended is given up, and comes again after a restart. */
  stop(): void {
    for (const entry of this.#waiting.splice(0)) this.#parts.ledger.window.remove(entry);
    this.#verdictBySeq.clear();
  }

  #forgetSettled(): void {
    for (const entrySeq of this.#verdictBySeq.keys()) {
      if (this.#parts.ledger.isSettled(entrySeq)) this.#verdictBySeq.delete(entrySeq);
    }
  }

  #append(letters: DeadLetters, entry: WindowEntry): boolean {
    const appended = letters.append(entry.headerOffsetBytes, (answer, nowMs) => {
      this.#appendedCount -= 1;
      this.#answered(entry, answer, nowMs);
    });
    if (appended) this.#appendedCount += 1;
    return appended;
  }

  #answered(entry: WindowEntry, answer: VaultAnswer, nowMs: number): void {
    if (answer !== VaultAnswer.Acked) {
      this.#isFull ||= answer === VaultAnswer.Full || answer === VaultAnswer.TooLarge;
      this.#retryAtMs = nowMs + this.#retryMs;
      this.#retryMs = Math.min(retryMsMax, 2 * this.#retryMs);
      this.#waiting.push(entry);
      return;
    }
    this.#isFull = false;
    this.#retryMs = retryMsMin;
    const { ledger, comesBack, countDuplicates } = this.#parts;
    const { entrySeq } = entry;
    ledger.window.remove(entry);
    if (ledger.settle(SettleKind.DeadLettered, entrySeq, 1) !== notTaken) return;
    countDuplicates(1);
    comesBack(entrySeq);
  }
}

export function verdict(reason: DeadLetterReason, statusCode: number, attempts: number): Verdict {
  return { reason, statusCode, attempts };
}
