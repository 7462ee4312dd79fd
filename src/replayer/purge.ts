// Dead letters that an operator gives up. They are read first, to count them and to see which were
// received when; then the vault thread writes down which they are and frees their space. Without a
// bound in time they go even if they cannot be read any more.

import { unreachable } from '../assert.ts';
import { SettleKind } from '../vault/hand-over.ts';
import type { LetterSettle } from '../vault/letter-log.ts';
import type { ConsumerReplay } from './consumer-replay.ts';
import type { LetterStop } from './letter-command.ts';
import { letterFacts } from './letter-count.ts';
import {
  addSettle,
  faultStop,
  type LetterDesk,
  type LetterRun,
  noRoomStop,
  RoomWait,
  stepLettersMax,
} from './letter-desk.ts';

export interface PurgeParts extends LetterDesk {
  readonly consumers: readonly ConsumerReplay[];
  /** Only letters of a certain time: what cannot be read stays. */
  readonly isTimed: boolean;
}

/** Pieces that are written down at once: some 50 KB of LOSS. */
const settlesMax = 1_000;

export class Purge implements LetterRun {
  readonly #parts: PurgeParts;
  readonly #roomWait = new RoomWait();
  #settles: LetterSettle[] = [];
  #writtenBytes = 0;
  #isAsking = false;
  #isOver = false;

  constructor(parts: PurgeParts) {
    this.#parts = parts;
  }

  step(nowMs: number): boolean {
    if (this.#isAsking || this.#isOver) return false;
    if (this.#parts.isDryRun && this.#parts.isRed()) {
      this.#parts.scan.close();
      return false;
    }
    for (let count = 0; count < stepLettersMax; count += 1) {
      if (this.#settles.length >= settlesMax) return this.#write(false);
      if (!this.#next(nowMs)) return false;
    }
    // The room is the replay's.
    this.#parts.scan.leave();
    return true;
  }

  stop(): void {
    if (!this.#isOver) this.#parts.scan.close();
    this.#isOver = true;
  }

  /** False: not now. */
  #next(nowMs: number): boolean {
    const { scan, count, isTimed } = this.#parts;
    const step = scan.next();
    switch (step.kind) {
      case 'letter':
        count.add(letterFacts(scan.feed.entry));
        this.#add(SettleKind.Dropped, step.entrySeq, step.entrySeq + 1);
        scan.pass(step.entrySeq + 1);
        return true;
      case 'other':
        scan.pass(step.toSeq);
        return true;
      case 'damaged':
        this.#unreadable(step.fromSeq, step.toSeq);
        return true;
      case 'void':
        this.#add(SettleKind.Skipped, step.fromSeq, step.toSeq);
        scan.pass(step.toSeq);
        return true;
      case 'no-room':
        return this.#makeRoom(step.entrySeq, step.sizeBytes, nowMs);
      case 'fault':
        if (isTimed) return this.#end(faultStop(step.fault));
        this.#unreadable(step.entrySeq, scan.endSeq);
        return true;
      case 'end':
        return this.#end(undefined);
      default:
        return unreachable(step, 'step of a scan');
    }
  }

  #unreadable(fromSeq: number, toSeq: number): void {
    const { scan, count, isTimed } = this.#parts;
    count.damagedLetters += toSeq - fromSeq;
    if (!isTimed) this.#add(SettleKind.Dropped, fromSeq, toSeq);
    scan.pass(toSeq);
  }

  #makeRoom(entrySeq: number, sizeBytes: number, nowMs: number): boolean {
    const { room, count, isTimed, scan } = this.#parts;
    if (sizeBytes > room.sizeBytesMax) {
      count.tooLargeLetters += 1;
      if (!isTimed) this.#add(SettleKind.Dropped, entrySeq, entrySeq + 1);
      scan.pass(entrySeq + 1);
      return true;
    }
    const next = this.#roomWait.next(room, sizeBytes, nowMs);
    return next === 'give-up' ? this.#end(noRoomStop) : next === 'again';
  }

  #add(kind: SettleKind, fromSeq: number, toSeq: number): void {
    addSettle(this.#settles, { kind, fromSeq, count: toSeq - fromSeq });
  }

  #end(stop: LetterStop | undefined): false {
    this.#parts.count.stopped ??= stop;
    return this.#write(true);
  }

  #write(isLast: boolean): false {
    const { scan, door, count, isDryRun, consumers, finished } = this.#parts;
    scan.leave();
    const settles = this.#settles.splice(0);
    const droppedBytes = count.bodyBytes - this.#writtenBytes;
    this.#writtenBytes = count.bodyBytes;
    this.#isAsking = true;
    const work = { settles: isDryRun ? [] : settles, redriven: [], droppedBytes };
    door.ask({ ...work, frees: isLast && !isDryRun }, ({ fault, waitingCount }) => {
      this.#isAsking = false;
      count.stopped ??= fault;
      if (this.#isOver || (!isLast && fault === undefined)) return;
      this.stop();
      for (const { parts } of consumers) parts.graveyard.tryAgain();
      finished(waitingCount);
    });
    return false;
  }
}
