// What an operator can ask of the dead letters, and what is answered: plain data, for the way from
// thread to thread.

export type LetterCommand =
  /** Puts their batches into the log again. */
  | { readonly kind: 'redrive'; readonly choice: LetterChoice; readonly dryRun: boolean }
  /** Deletes them. */
  | { readonly kind: 'purge'; readonly choice: LetterChoice; readonly dryRun: boolean };

/** Those that meet all of it. */
export interface LetterChoice {
  /** [fromSeq, toSeq) of their own sequence; Infinity: no end. */
  readonly fromSeq: number;
  readonly toSeq: number;
  /** Unix ns; undefined: whenever it was. */
  readonly receivedBeforeNs: bigint | undefined;
}

export const allLetters: LetterChoice = {
  fromSeq: 0,
  toSeq: Number.POSITIVE_INFINITY,
  receivedBeforeNs: undefined,
};

/** Of a dry run: what would be. */
export interface LetterOutcome {
  /** Redriven or purged. */
  readonly letters: number;
  /** Bodies as they were received. */
  readonly bodyBytes: number;
  /** At least so many: batches that were not counted on arrival have none here. */
  readonly recordsMin: number;
  readonly uncountedLetters: number;
  /** Cannot be read: a redrive leaves them, a purge takes them along unless it asks for a time. */
  readonly damagedLetters: number;
  /** Larger than a batch may be by now: left by a redrive. */
  readonly tooLargeLetters: number;
  /** Batches that a destination may get although it has them, or some of their records. */
  readonly duplicates: number;
  /** By DeadLetterReason. */
  readonly reasons: readonly { readonly reason: number; readonly letters: number }[];
  /** Of `letters`; -1: there is none. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Letters that are there afterwards. */
  readonly waitingLetters: number;
  /** Why it ended before its end; undefined: it did not. */
  readonly stopped: LetterStop | undefined;
}

export interface LetterStop {
  readonly code: 'VAULT_FULL' | 'VAULT_FAILED' | 'CONTROL_BUSY' | 'CONTROL_INVALID';
  readonly message: string;
}
