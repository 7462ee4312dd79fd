// What a redrive or a purge has met, counted for its answer.

import type { EntryHeader } from '../vault/entry-header.ts';
import { recordsNotCounted } from '../vault/format.ts';
import type { LetterOutcome, LetterStop } from './letter-command.ts';

export class LetterCount {
  damagedLetters = 0;
  tooLargeLetters = 0;
  duplicates = 0;
  stopped: LetterStop | undefined;
  #letters = 0;
  #bodyBytes = 0;
  #recordsMin = 0;
  #uncountedLetters = 0;
  #firstSeq = -1;
  #lastSeq = -1;
  readonly #byReason = new Map<number, number>();

  get letters(): number {
    return this.#letters;
  }

  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  add(facts: LetterFacts): void {
    const { entrySeq, bodySizeBytes, recordCount, reason } = facts;
    this.#letters += 1;
    this.#bodyBytes += bodySizeBytes;
    if (recordCount === recordsNotCounted) this.#uncountedLetters += 1;
    else this.#recordsMin += recordCount;
    this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + 1);
    this.#firstSeq = this.#firstSeq === -1 ? entrySeq : Math.min(this.#firstSeq, entrySeq);
    this.#lastSeq = Math.max(this.#lastSeq, entrySeq);
  }

  outcome(waitingLetters: number): LetterOutcome {
    const { damagedLetters, tooLargeLetters, duplicates, stopped } = this;
    return {
      letters: this.#letters,
      bodyBytes: this.#bodyBytes,
      recordsMin: this.#recordsMin,
      uncountedLetters: this.#uncountedLetters,
      ...{ damagedLetters, tooLargeLetters, duplicates, stopped, waitingLetters },
      reasons: [...this.#byReason].map(([reason, letters]) => ({ reason, letters })),
      firstSeq: this.#firstSeq,
      lastSeq: this.#lastSeq,
    };
  }
}

/** Of a letter, kept when its header is that of another entry already. */
export interface LetterFacts {
  readonly entrySeq: number;
  readonly bodySizeBytes: number;
  readonly recordCount: number;
  readonly reason: number;
  readonly owedTo: number;
}

export function letterFacts(header: EntryHeader): LetterFacts {
  const { entrySeq, bodySizeBytes, recordCount, reason, owedTo } = header;
  return { entrySeq, bodySizeBytes, recordCount, reason, owedTo };
}
