// What the replay thread is told of the dead letters, and what it asks the vault thread to do with
// them: plain data, for the way from thread to thread.

import type { CursorSnapshot } from './consumer-cursor.ts';
import type { SettleKind } from './hand-over.ts';

/** The name of its cursor, in the folder of the dead letters. */
export const letterConsumer = 'dead-letter';

/** The log of the dead letters, as of one moment. */
export interface LetterLog {
  readonly vaultUuid: Uint8Array;
  /** As in DurableEnd. */
  readonly end: {
    readonly liveSegmentId: number;
    readonly endBytes: number;
    readonly blockSeq: number;
    readonly entryEnd: number;
  };
  /** Delivered: redriven. Dropped: purged. */
  readonly cursor: CursorSnapshot;
}

export interface LetterSettle {
  readonly kind: SettleKind;
  readonly fromSeq: number;
  readonly count: number;
}

export interface LetterWork {
  /** Taken all together, or not at all. */
  readonly settles: readonly LetterSettle[];
  /** By consumer: so many of them are owed to it, and in its log again. */
  readonly redriven: readonly number[];
  /** Of the bodies of those that are dropped, for the record of the loss. */
  readonly droppedBytes: number;
  /** Give back the space of what is settled, and no letter is in. */
  readonly frees: boolean;
}

/** Looks, and changes nothing. */
export const noLetterWork: LetterWork = {
  settles: [],
  redriven: [],
  droppedBytes: 0,
  frees: false,
};

export interface LetterResult {
  /** Afterwards. */
  readonly log: LetterLog;
  /** Letters that are neither redriven nor purged. */
  readonly waitingCount: number;
  /** In memory: nobody is given them again in this life. */
  readonly isSettled: boolean;
  /** Undefined: done, and durable. */
  readonly fault: LetterFault | undefined;
}

export interface LetterFault {
  readonly code: 'VAULT_FAILED' | 'CONTROL_INVALID';
  readonly message: string;
}
