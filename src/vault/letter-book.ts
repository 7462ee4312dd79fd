// What became of the dead letters: redriven or purged, in a cursor of their own log. Only the vault
// thread writes it. Their space comes back segment by segment, once all letters of one are settled.
//
// A letter is settled as redriven after its batch is durable in the main log, so that a crash in
// between makes a duplicate at worst. One that is purged is written down as LOSS first.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { ConsumerCursor, settleRefused } from './consumer-cursor.ts';
import type { CursorSet } from './cursor-set.ts';
import { LossReason } from './format.ts';
import { SettleKind, VaultAnswer } from './hand-over.ts';
import { IoFault, ioFaultName } from './io-fault.ts';
import type {
  LetterFault,
  LetterLog,
  LetterResult,
  LetterSettle,
  LetterWork,
} from './letter-log.ts';
import { LogState } from './log-state.ts';
import { LossRange } from './loss-payload.ts';
import type { VaultLog } from './vault-loop.ts';
import { isNoRoom } from './write-failure.ts';

export interface LetterBookParts {
  readonly dead: VaultLog;
  readonly vaultUuid: Uint8Array;
  /** One, of letterConsumer. */
  readonly cursors: CursorSet;
  /** Of those whom letters are owed to. */
  readonly consumers: Pick<CursorSet, 'redriven'>;
  readonly clock: Clock;
  holdsLock(): boolean;
  /** The cursor's file is wanted from now on, and takes its room. */
  takeCursorRoom(): void;
}

export class LetterBook {
  readonly #parts: LetterBookParts;
  /** Where the log ended when its live segment was sealed last: only what came since can be. */
  #sealedEntryEnd: number;

  constructor(parts: LetterBookParts) {
    assert(parts.cursors.count === 1, 'not one cursor for the dead letters');
    this.#parts = parts;
    this.#sealedEntryEnd = parts.dead.writer.end.entryEnd;
  }

  get log(): LetterLog {
    const { dead, vaultUuid } = this.#parts;
    return { vaultUuid, end: { ...dead.writer.end }, cursor: this.#cursor.snapshot() };
  }

  /** Letters that are neither redriven nor purged. */
  get waitingCount(): number {
    return this.#cursor.unsettledCount(this.#parts.dead.writer.end.entryEnd);
  }

  /** Ever, as far as the cursor knows. */
  get redrivenCount(): number {
    return this.#cursor.slot.delivered;
  }

  get purgedCount(): number {
    return this.#cursor.slot.dropped;
  }

  /** All letters below are settled. */
  get watermark(): number {
    return this.#cursor.watermark;
  }

  /** The segments of all letters below are gone. */
  droppedBelow(entrySeq: number): void {
    this.#parts.cursors.settleAllBelow(SettleKind.Dropped, entrySeq);
  }

  work(work: LetterWork): LetterResult {
    const isLook = work.settles.length === 0 && !work.frees;
    const refusal = isLook ? undefined : this.#refusal(work);
    const fault = isLook ? undefined : (refusal ?? this.#settle(work));
    const { log, waitingCount } = this;
    return { log, waitingCount, isSettled: !isLook && refusal === undefined, fault };
  }

  close(): void {
    this.#parts.cursors.close();
  }

  get #cursor(): ConsumerCursor {
    return this.#parts.cursors.cursor(0);
  }

  #refusal({ settles }: LetterWork): LetterFault | undefined {
    const { dead, holdsLock } = this.#parts;
    if (!dead.isWritable || dead.writer.state === LogState.ReadOnly || !holdsLock()) {
      return { code: 'VAULT_FAILED', message: 'the vault may only be read now' };
    }
    if (this.#settledBy(settles) !== undefined) return undefined;
    const message = 'too many letters in between stay: name a range of sequences instead';
    return { code: 'CONTROL_INVALID', message };
  }

  #settle({ settles, redriven, droppedBytes, frees }: LetterWork): LetterFault | undefined {
    const { cursors, consumers } = this.#parts;
    const drops = settles.filter(({ kind }) => kind === SettleKind.Dropped);
    // What is written into a segment that goes would go with it.
    if (drops.length > 0) this.#sealIfSettled(this.#settledBy(settles)?.watermark ?? 0);
    let isRecorded = drops.length === 0 || this.#recordLoss(drops, droppedBytes);
    for (const { kind, fromSeq, count } of settles) cursors.settle(0, kind, fromSeq, count);
    for (const [index, count] of redriven.entries()) {
      if (count > 0) consumers.redriven(index, count);
    }
    const fault = settles.length === 0 ? IoFault.None : this.#writeCursor();
    const mustFree = frees || drops.length > 0;
    if (mustFree) this.#free();
    // A log that was full had no room before.
    if (!isRecorded) isRecorded = this.#recordLoss(drops, droppedBytes);
    if (fault === IoFault.None || this.#isAllGone) return undefined;
    const message = `the cursor of the dead letters was not written: ${ioFaultName(fault)}`;
    return { code: 'VAULT_FAILED', message };
  }

  /** The cursor as it would be; undefined: it cannot hold that. */
  #settledBy(settles: readonly LetterSettle[]): ConsumerCursor | undefined {
    const cursor = new ConsumerCursor();
    cursor.restore(this.#cursor.snapshot());
    for (const { kind, fromSeq, count } of settles) {
      if (cursor.settle(kind, fromSeq, count) === settleRefused) return undefined;
    }
    return cursor;
  }

  /** False: there was no room. */
  #recordLoss(drops: readonly LetterSettle[], droppedBytes: number): boolean {
    const { dead, clock } = this.#parts;
    const ranges = drops.map(({ fromSeq, count }, index) => {
      const range = new LossRange();
      range.fromEntrySeq = fromSeq;
      range.toEntrySeq = fromSeq + count;
      range.sizeBytes = index === 0 ? droppedBytes : 0;
      range.atNs.setNsOfMs(clock.wallMs());
      range.reason = LossReason.Operator;
      return range;
    });
    return dead.writer.appendLoss(ranges, ranges.length) === VaultAnswer.Acked;
  }

  /** Both slots, so that losing one of them brings no letter back. */
  #writeCursor(): IoFault {
    const { dead, cursors, takeCursorRoom } = this.#parts;
    const { writer } = dead;
    takeCursorRoom();
    let fault = cursors.writeThrough(writer.end);
    while (isNoRoom(fault) && writer.giveUpSpare()) fault = cursors.writeThrough(writer.end);
    return fault;
  }

  #free(): void {
    const { segments, makeFloorsDurable, writer } = this.#parts.dead;
    this.#sealIfSettled(this.#cursor.watermark);
    segments.deleteBelow(this.#cursor.watermark, Number.POSITIVE_INFINITY, makeFloorsDurable);
    segments.flush();
    // A log that was full takes letters again at once, and the record of their loss.
    if (writer.state === LogState.Full) while (writer.background(sparesPerCall));
  }

  /** All of the live segment is settled: it is finished, so that it can go. */
  #sealIfSettled(watermark: number): void {
    const { writer } = this.#parts.dead;
    const { entryEnd, liveSegmentId } = writer.end;
    if (liveSegmentId === 0 || watermark < entryEnd || entryEnd === this.#sealedEntryEnd) return;
    if (writer.seal()) this.#sealedEntryEnd = entryEnd;
  }

  /** Nothing of what is settled is left on the disk: nobody misses a cursor that says so. */
  get #isAllGone(): boolean {
    const { segments, writer } = this.#parts.dead;
    const { liveSegmentId, entryEnd } = writer.end;
    const liveFrom = liveSegmentId === 0 ? entryEnd : this.#sealedEntryEnd; // or later
    const oldest = segments.count > 0 ? segments.at(0).firstEntrySeq : liveFrom;
    return this.#cursor.settledEnd <= oldest;
  }
}

const sparesPerCall = 8;
