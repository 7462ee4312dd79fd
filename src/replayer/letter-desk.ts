// What a redrive and a purge work with: the letters that are asked for, memory to read them into,
// and the vault thread, which alone writes down what became of them.

import type { IoFault } from '../vault/io-fault.ts';
import { ioFaultName } from '../vault/io-fault.ts';
import type { LetterLog, LetterResult, LetterSettle, LetterWork } from '../vault/letter-log.ts';
import { noLetterWork } from '../vault/letter-log.ts';
import type { EntryReader } from './block-feed.ts';
import type { LetterStop } from './letter-command.ts';
import type { LetterCount } from './letter-count.ts';
import type { LetterRoom } from './letter-room.ts';
import type { LetterScan } from './letter-scan.ts';

/** Over to the vault thread, and to the files of the dead letters. */
export interface LetterDoor {
  /** `answered` is called once, later. */
  ask(work: LetterWork, answered: (result: LetterResult) => void): void;
  /** A place of its own in their log. */
  openReader(log: LetterLog): EntryReader;
  /** So many of their batches are in the main log again. */
  countRedriven(count: number): void;
}

export interface LetterDesk {
  readonly scan: LetterScan;
  readonly room: LetterRoom;
  readonly count: LetterCount;
  readonly door: LetterDoor;
  readonly isDryRun: boolean;
  /** The disk is for producers alone: only what frees space is read for. */
  isRed(): boolean;
  /** Once: it is over, with so many letters left. */
  finished(waitingLetters: number): void;
}

/** One of the two, step by step. */
export interface LetterRun {
  /** True: there is more to do at once. */
  step(nowMs: number): boolean;
  /** Nothing more is begun; finished() is not called any more. */
  stop(): void;
}

/** Between two steps the replay has its turn. */
export const stepLettersMax = 256;

/** Entries that shards have give their room back; one whose destination hangs does not. */
const roomPatienceMs = 30_000;

/** For a block that finds no room: who else could give some, and how long that is waited for. */
export class RoomWait {
  #sinceMs = Number.POSITIVE_INFINITY;

  /** `again`: there is room now. `wait`: for what shards have. `give-up`: in vain. */
  next(room: LetterRoom, sizeBytes: number, nowMs: number): 'again' | 'wait' | 'give-up' {
    if (room.makeWay(sizeBytes)) {
      this.#sinceMs = Number.POSITIVE_INFINITY;
      return 'again';
    }
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
    return nowMs - this.#sinceMs < roomPatienceMs ? 'wait' : 'give-up';
  }
}

export const noRoomStop: LetterStop = {
  code: 'CONTROL_BUSY',
  message: 'no memory to read a letter into: the destinations have all of it and do not answer',
};

/** As the vault thread says it, too late: what is in the main log already would go there again. */
export const scatteredStop: LetterStop = {
  code: 'CONTROL_INVALID',
  message: 'too many letters in between stay: name a range of sequences instead',
};

export function faultStop(fault: IoFault): LetterStop {
  return {
    code: 'VAULT_FAILED',
    message: `the dead letters cannot be read: ${ioFaultName(fault)}`,
  };
}

/** Neighbours of one kind become one. */
export function addSettle(settles: LetterSettle[], settle: LetterSettle): void {
  const last = settles.at(-1);
  const isNext = last?.kind === settle.kind && last.fromSeq + last.count === settle.fromSeq;
  if (!isNext || last === undefined) settles.push(settle);
  else settles[settles.length - 1] = { ...last, count: last.count + settle.count };
}

/** Of letters that are settled; nothing is dropped. */
export function redrivenWork(
  settles: readonly LetterSettle[],
  redriven: readonly number[],
  frees: boolean,
): LetterWork {
  return { ...noLetterWork, settles, redriven, frees };
}
