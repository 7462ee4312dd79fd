// Dead letters whose batches go into the main log again, and from there to the destinations that
// they are owed to. A letter is settled after its batch is durable there: a crash in between makes
// a duplicate at worst. Letters go in batches, so that one sync and one cursor write do for many.

import { unreachable } from '../assert.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { SettleKind, VaultAnswer, VaultLogId } from '../vault/hand-over.ts';
import type { LetterSettle } from '../vault/letter-log.ts';
import { notTaken } from './consumer-ledger.ts';
import type { ConsumerReplay } from './consumer-replay.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LetterStop } from './letter-command.ts';
import { type LetterFacts, letterFacts } from './letter-count.ts';
import {
  addSettle,
  faultStop,
  type LetterDesk,
  type LetterRun,
  noRoomStop,
  RoomWait,
  redrivenWork,
  scatteredStop,
  stepLettersMax,
} from './letter-desk.ts';

export interface RedriveParts extends LetterDesk {
  readonly letters: DeadLetters;
  readonly consumers: readonly ConsumerReplay[];
  countDuplicates(count: number): void;
}

/** So many are appended before they are settled together; a crash repeats no more. */
const batchLettersMax = 256;

export class Redrive implements LetterRun {
  readonly #parts: RedriveParts;
  readonly #roomWait = new RoomWait();
  #settles: LetterSettle[] = [];
  /** By consumer: letters of this batch that it is owed and has in the log again. */
  readonly #redriven: number[];
  #outCount = 0;
  #takenCount = 0;
  /** The batch takes no more, and is settled when nothing of it is out. */
  #isClosed = false;
  /** Nothing comes after this batch. */
  #isLast = false;
  #isAsking = false;
  #isStopped = false;

  constructor(parts: RedriveParts) {
    this.#parts = parts;
    this.#redriven = parts.consumers.map(() => 0);
  }

  step(nowMs: number): boolean {
    if (this.#isAsking || this.#isStopped) return false;
    if (this.#isClosed) {
      if (this.#outCount === 0) this.#settle();
      return false;
    }
    if (this.#parts.isRed()) return this.#rest();
    for (let count = 0; count < stepLettersMax && !this.#isClosed; count += 1) {
      if (!this.#next(nowMs)) return false;
    }
    // The room is the replay's.
    this.#parts.scan.leave();
    return true;
  }

  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#parts.scan.close();
    // What is out is settled by its answers.
    if (this.#outCount === 0 && !this.#isAsking) this.#settleLast();
  }

  /** False: not now. */
  #next(nowMs: number): boolean {
    const { scan, count, isDryRun } = this.#parts;
    if (this.#takenCount >= batchLettersMax) return this.#close();
    const step = scan.next();
    switch (step.kind) {
      case 'letter':
        if (!isDryRun && !scan.canSettle(step.entrySeq)) return this.#end(scatteredStop);
        if (!this.#take()) return this.#close();
        break;
      case 'other':
        break;
      case 'damaged':
        count.damagedLetters += step.toSeq - step.fromSeq;
        break;
      case 'void':
        if (!isDryRun) this.#add(SettleKind.Skipped, step.fromSeq, step.toSeq - step.fromSeq);
        break;
      case 'no-room':
        return this.#makeRoom(step.entrySeq, step.sizeBytes, nowMs);
      case 'fault':
        return this.#end(faultStop(step.fault));
      case 'end':
        return this.#end(undefined);
      default:
        return unreachable(step, 'step of a scan');
    }
    scan.pass(step.kind === 'letter' ? step.entrySeq + 1 : step.toSeq);
    return true;
  }

  /** False: not before what is out has come back. */
  #take(): boolean {
    const { scan, letters, room, isDryRun } = this.#parts;
    const { feed } = scan;
    const facts = letterFacts(feed.entry);
    if (isDryRun) this.#count(facts);
    else {
      const at = letters.revive(feed.entry, feed.headerOffsetBytes, room, this.#outCount === 0);
      if (at === 0) return false;
      const isCopy = room.has(at) && at !== feed.extent;
      const extent = isCopy ? at : feed.extent;
      if (!isCopy) room.hold(extent);
      const answered = (answer: VaultAnswer, _: number, newSeq: number) => {
        room.release(extent);
        this.#answered(facts, answer, newSeq);
      };
      if (!letters.append(at, answered, VaultLogId.Main)) {
        room.release(extent);
        // Its bytes are those of another entry by now: it is read again.
        scan.leave();
        return false;
      }
      scan.settle(facts.entrySeq);
      this.#outCount += 1;
      this.#takenCount += 1;
    }
    return true;
  }

  #answered(facts: LetterFacts, answer: VaultAnswer, newSeq: number): void {
    const { count, countDuplicates, door } = this.#parts;
    this.#outCount -= 1;
    if (answer === VaultAnswer.Acked) {
      this.#add(SettleKind.Delivered, facts.entrySeq, 1);
      door.countRedriven(1);
      countDuplicates(this.#duplicatesOf(facts));
      this.#count(facts);
      this.#address(facts, newSeq);
    } else {
      count.stopped ??= stopOf(answer);
      this.#isClosed = true;
      this.#isLast = true;
    }
    if (this.#isStopped && this.#outCount === 0 && !this.#isAsking) this.#settleLast();
  }

  #count(facts: LetterFacts): void {
    this.#parts.count.add(facts);
    this.#parts.count.duplicates += this.#duplicatesOf(facts);
  }

  /** Those that are not owed the letter do not get it. */
  #address(facts: LetterFacts, newSeq: number): void {
    const { consumers, countDuplicates } = this.#parts;
    const owed = this.#owed(facts);
    for (const [index, { parts }] of consumers.entries()) {
      if (owed.includes(index))
        this.#redriven[index]! += 1; // one for each
      else if (parts.ledger.settle(SettleKind.Skipped, newSeq, 1) === notTaken) countDuplicates(1);
    }
  }

  /** Consumers by their index: all, if nobody says. */
  #owed({ owedTo }: LetterFacts): number[] {
    const { consumers } = this.#parts;
    const owed = [...consumers.keys()].filter((index) => consumers[index]?.parts.tag === owedTo);
    return owed.length === 0 ? [...consumers.keys()] : owed;
  }

  #duplicatesOf(facts: LetterFacts): number {
    const others = Math.max(0, this.#owed(facts).length - 1);
    return others + (facts.reason === DeadLetterReason.PartlyRejected ? 1 : 0);
  }

  #makeRoom(entrySeq: number, sizeBytes: number, nowMs: number): boolean {
    const { scan, room, count } = this.#parts;
    if (sizeBytes > room.sizeBytesMax) {
      count.tooLargeLetters += 1;
      scan.pass(entrySeq + 1);
      return true;
    }
    if (this.#outCount > 0) return this.#close();
    const next = this.#roomWait.next(room, sizeBytes, nowMs);
    return next === 'give-up' ? this.#end(noRoomStop) : next === 'again';
  }

  #add(kind: SettleKind, fromSeq: number, count: number): void {
    addSettle(this.#settles, { kind, fromSeq, count });
  }

  #close(): false {
    this.#isClosed = true;
    if (this.#outCount === 0) this.#settle();
    return false;
  }

  /** What is in the main log already is settled, and no file is kept open. */
  #rest(): false {
    if (this.#takenCount > 0) return this.#close();
    this.#parts.scan.close();
    return false;
  }

  #end(stop: LetterStop | undefined): false {
    this.#parts.count.stopped ??= stop;
    this.#isLast = true;
    return this.#close();
  }

  /** Of the batch; the last one gives the space back. */
  #settle(): void {
    const { scan, isDryRun, door, count, finished } = this.#parts;
    // Its room is the replay's while this waits.
    scan.leave();
    if (!isDryRun && this.#settles.length === 0 && !this.#isLast) {
      this.#isClosed = false;
      return;
    }
    this.#isAsking = true;
    const redriven = this.#redriven.slice();
    const settles = isDryRun ? [] : sorted(this.#settles.splice(0));
    this.#redriven.fill(0);
    this.#takenCount = 0;
    const work = redrivenWork(settles, redriven, this.#isLast && !isDryRun);
    door.ask(work, ({ isSettled, fault, waitingCount }) => {
      this.#isAsking = false;
      if (isSettled) this.#tellConsumers(redriven);
      count.stopped ??= fault;
      this.#isClosed = false;
      if (this.#isStopped) return;
      if (!this.#isLast && fault === undefined) return;
      this.#isStopped = true;
      scan.close();
      for (const { parts } of this.#parts.consumers) parts.graveyard.tryAgain();
      finished(waitingCount);
    });
  }

  /** After stop(): what is in the main log must not go there again. */
  #settleLast(): void {
    const settles = sorted(this.#settles.splice(0));
    if (settles.length === 0) return;
    const redriven = this.#redriven.slice();
    this.#parts.door.ask(redrivenWork(settles, redriven, false), ({ isSettled }) => {
      if (isSettled) this.#tellConsumers(redriven);
    });
  }

  /** As the vault thread has done to its copies. */
  #tellConsumers(redriven: readonly number[]): void {
    for (const [index, { parts }] of this.#parts.consumers.entries()) {
      parts.ledger.cursor.redriven(redriven[index]!); // one for each
    }
  }
}

/** Answers may come in another order than the letters have. */
function sorted(settles: readonly LetterSettle[]): LetterSettle[] {
  const joined: LetterSettle[] = [];
  for (const settle of [...settles].sort((a, b) => a.fromSeq - b.fromSeq)) {
    addSettle(joined, settle);
  }
  return joined;
}

function stopOf(answer: VaultAnswer): LetterStop {
  switch (answer) {
    case VaultAnswer.Full:
      return { code: 'VAULT_FULL', message: 'the vault has no room for more of them' };
    case VaultAnswer.TooLarge:
      return { code: 'VAULT_FULL', message: 'a letter is larger than a segment can hold' };
    default:
      return { code: 'VAULT_FAILED', message: 'the vault takes no batches now' };
  }
}
