// The replay of one consumer: entries go from its window to the shards, come back answered, and
// each is settled once. Consumers share nothing but the byte rate and the rings, so one that is
// dead holds back no other.

import { assert } from '../assert.ts';
import { MiB } from '../limits.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { DoneKind, highWord, lowWord, SettleKind } from '../vault/hand-over.ts';
import type { BlockFeed } from './block-feed.ts';
import { type ConsumerLedger, notTaken } from './consumer-ledger.ts';
import type { DeliveryLane } from './delivery-lane.ts';
import { type EntryIntake, Intake } from './entry-intake.ts';
import { EntryPhase, type WindowEntry } from './entry-window.ts';
import { type Graveyard, verdict } from './graveyard.ts';
import { noEntry, type ReplayOrder } from './replay-order.ts';
import type { ReplayRoom } from './replay-room.ts';
import type { ReplayOutput, ReplayTurn } from './replay-turn.ts';
import type { RingOut } from './settle-outbox.ts';

export interface ConsumerParts {
  readonly index: number;
  readonly ledger: ConsumerLedger;
  readonly order: ReplayOrder;
  readonly intake: EntryIntake;
  readonly feed: BlockFeed;
  readonly room: ReplayRoom;
  readonly graveyard: Graveyard;
  /** By shard. */
  readonly lanes: readonly DeliveryLane[];
  readonly output: ReplayOutput;
  readonly random: () => number;
}

/** What a shard says about an entry that was handed out to it. */
export interface DoneRecord {
  readonly kind: DoneKind;
  readonly token: number;
  readonly entrySeq: number;
  readonly rejectedRecords: number;
  readonly statusCode: number;
}

/** Until something comes. */
const forever = Number.POSITIVE_INFINITY;
const ringFullMs = 5;
const laterMs = 1_000;
/** Opening a file again costs more than a short while of idleness. */
const idleMsMax = 1_000;

/** What one turn may do before the others have theirs. */
const turnEntriesMax = 64;
const turnBytesMax = MiB;

export class ConsumerReplay {
  readonly parts: ConsumerParts;
  /** Read, and not handed out yet or handed back; sorted by entry. */
  readonly #ready: WindowEntry[] = [];
  #outCount = 0;
  #laterAtMs = 0;
  /** When to close the file, unless there is something to do before. */
  #restAtMs = 0;
  #stopping = false;

  constructor(parts: ConsumerParts) {
    this.parts = parts;
  }

  /** Handed out, without an answer yet. */
  get outCount(): number {
    return this.#outCount;
  }

  /** Ms until there may be something to do, if nothing comes first; 0: go on. */
  work(turn: ReplayTurn, settles: RingOut): number {
    const { ledger, graveyard } = this.parts;
    const { outbox, window } = ledger;
    outbox.flush(settles);
    ledger.settleDropped();
    this.#discardSettled();
    // Each entry of the window settles once, in a record of its own at worst.
    const mayGo = !this.#stopping && !graveyard.isFull && outbox.room > window.size + 1;
    const workMs = mayGo ? this.#handOutSome(turn) : forever;
    const graveMs = graveyard.work(turn.nowMs);
    this.#rest(turn.nowMs, workMs);
    outbox.flush(settles);
    return Math.min(graveMs, workMs, outbox.isEmpty ? forever : ringFullMs);
  }

  /** Nothing goes out any more. */
  stop(): void {
    this.#stopping = true;
    this.parts.feed.rest();
    this.parts.graveyard.stop();
    for (const entry of this.#ready.splice(0)) this.parts.ledger.window.remove(entry);
  }

  /** After stop(): nothing is out, and the vault thread knows everything. */
  get isStopped(): boolean {
    const { ledger, graveyard } = this.parts;
    return this.#outCount === 0 && graveyard.appendedCount === 0 && ledger.outbox.isEmpty;
  }

  /** A shard sends the entry itself; this comes before the entry is durable. */
  held(entrySeq: number): void {
    const { ledger } = this.parts;
    if (!ledger.isSettled(entrySeq)) ledger.held.add(entrySeq);
  }

  /** The destination had the batch before the vault had it. */
  alreadyDelivered(entrySeq: number): void {
    const { ledger, output } = this.parts;
    if (ledger.settle(SettleKind.Delivered, entrySeq, 1) === notTaken) output.countDuplicates(1);
  }

  /** The shard that held it got it there, perhaps without some of its records. */
  liveSettled({ entrySeq, rejectedRecords, statusCode }: DoneRecord, end: DurableEnd): void {
    const { ledger, graveyard, order, output } = this.parts;
    ledger.held.remove(entrySeq);
    const isFree = !ledger.isSettled(entrySeq) && !ledger.isBusy(entrySeq);
    if (rejectedRecords > 0 && isFree) {
      const found = verdict(DeadLetterReason.PartlyRejected, statusCode, 1);
      if (graveyard.sentence(entrySeq, found)) {
        order.comesBack(entrySeq, end);
        return;
      }
    }
    const newCount = ledger.settle(SettleKind.Delivered, entrySeq, 1);
    if (newCount === 1) return;
    output.countDuplicates(1);
    if (newCount === notTaken) order.comesBack(entrySeq, end);
  }

  /** The shard that held it will not send it any more. */
  liveReleased(entrySeq: number, end: DurableEnd): void {
    const { ledger, order } = this.parts;
    if (ledger.held.remove(entrySeq)) order.comesBack(entrySeq, end);
  }

  done(record: DoneRecord, turn: ReplayTurn): void {
    const { kind, token, rejectedRecords, statusCode } = record;
    const { ledger, lanes, random } = this.parts;
    const entry = ledger.window.byToken(token);
    assert(entry !== undefined && entry.phase === EntryPhase.Out, 'answer for what is not out');
    assert(entry.entrySeq === record.entrySeq, 'answer for another entry');
    this.#outCount -= 1;
    const lane = lanes[entry.shard]!; // a lane for each shard
    if (kind === DoneKind.Again) {
      lane.refused(entry.bodyLengthBytes, turn.nowMs, random());
      if (this.#stopping || ledger.isSettled(entry.entrySeq)) ledger.window.remove(entry);
      else this.#makeReady(entry);
      return;
    }
    lane.answered(entry.bodyLengthBytes, entry.handedOutMs, turn.nowMs);
    if (kind === DoneKind.Rejected) {
      this.#bury(entry, DeadLetterReason.Rejected, statusCode, turn.end);
    } else if (rejectedRecords > 0) {
      this.#bury(entry, DeadLetterReason.PartlyRejected, statusCode, turn.end);
    } else {
      this.#delivered(entry, turn.end);
    }
  }

  #handOutSome(turn: ReplayTurn): number {
    const { intake, order, ledger, feed } = this.parts;
    let bytes = 0;
    for (let count = 0; count < turnEntriesMax && bytes < turnBytesMax; count += 1) {
      const first = this.#ready[0];
      if (first !== undefined) {
        const waitMs = this.#handOut(first, turn);
        if (waitMs > 0) return waitMs;
        bytes += first.bodyLengthBytes;
        continue;
      }
      if (ledger.window.isFull || !intake.hasRoom) return forever;
      const waitMs = Math.max(this.#laterAtMs - turn.nowMs, this.#paceMs(turn));
      if (waitMs > 0) return waitMs;
      const entrySeq = order.next(turn.end);
      if (entrySeq === noEntry) {
        feed.leave();
        return forever;
      }
      const intakeWaitMs = this.#fetch(entrySeq, turn);
      if (intakeWaitMs > 0) return intakeWaitMs;
    }
    return 0;
  }

  /** A file that is open does not go away, and its space neither. */
  #rest(nowMs: number, workMs: number): void {
    const isIdle = workMs > 0 && this.parts.ledger.window.size === 0;
    if (!isIdle) this.#restAtMs = nowMs + idleMsMax;
    if (nowMs < this.#restAtMs) return;
    this.parts.feed.rest();
    this.#restAtMs = forever;
  }

  /** Before anything is read: could anything go out at all? */
  #paceMs(turn: ReplayTurn): number {
    const { lanes } = this.parts;
    let laneMs = forever;
    for (const lane of lanes) laneMs = Math.min(laneMs, lane.waitMs(turn.nowMs, 0));
    return Math.max(turn.allowance.waitMs(turn.nowMs), laneMs);
  }

  #fetch(entrySeq: number, turn: ReplayTurn): number {
    const { intake } = this.parts;
    const found = intake.fetch(entrySeq, turn);
    if (found === Intake.Ready) {
      const entry = intake.takeReady();
      assert(entry !== undefined, 'entry is ready and not there');
      this.#makeReady(entry);
    }
    if (found === Intake.Later) this.#laterAtMs = turn.nowMs + laterMs;
    if (found === Intake.Later) return laterMs;
    return found === Intake.Wait ? forever : 0;
  }

  #handOut(entry: WindowEntry, turn: ReplayTurn): number {
    const { index, lanes, output } = this.parts;
    const { nowMs, allowance } = turn;
    const { bodyOffsetBytes: at, bodyLengthBytes: length, token } = entry;
    const { resourceCount, recordCount } = entry;
    const lane = lanes[entry.shard]!; // a lane for each shard
    const waitMs = Math.max(allowance.waitMs(nowMs), lane.waitMs(nowMs, length));
    if (waitMs > 0) return waitMs;
    const ring = output.delivery(entry.shard);
    const low = lowWord(entry.entrySeq);
    const high = highWord(entry.entrySeq);
    if (!ring.push(at, length, token, index, resourceCount, recordCount, low, high)) {
      return ringFullMs;
    }
    this.#ready.shift();
    this.#outCount += 1;
    entry.phase = EntryPhase.Out;
    entry.attempts += 1;
    entry.handedOutMs = nowMs;
    lane.handedOut(length);
    allowance.take(length);
    output.wakeShard(entry.shard);
    return 0;
  }

  #delivered(entry: WindowEntry, end: DurableEnd): void {
    const { ledger, output, order } = this.parts;
    const { entrySeq, bodyLengthBytes } = entry;
    ledger.window.remove(entry);
    output.countReplayed(bodyLengthBytes);
    const newCount = ledger.settle(SettleKind.Delivered, entrySeq, 1);
    if (newCount === 1) return;
    output.countDuplicates(1);
    if (newCount === notTaken) order.comesBack(entrySeq, end);
  }

  #bury(entry: WindowEntry, reason: DeadLetterReason, statusCode: number, end: DurableEnd): void {
    const { ledger, graveyard, order } = this.parts;
    const { entrySeq } = entry;
    if (ledger.isSettled(entrySeq) || this.#stopping) {
      ledger.window.remove(entry);
      return;
    }
    const found = verdict(reason, statusCode, entry.attempts);
    if (entry.headerOffsetBytes !== 0 && graveyard.bury(entry, found)) return;
    // Read once more: its body is not as it was received any more, or has no room beside it. A
    // sentence that cannot be kept is found out again.
    ledger.window.remove(entry);
    graveyard.sentence(entrySeq, found);
    order.comesBack(entrySeq, end);
  }

  #makeReady(entry: WindowEntry): void {
    entry.phase = EntryPhase.Ready;
    const ready = this.#ready;
    let at = ready.length;
    while (at > 0 && ready[at - 1]!.entrySeq > entry.entrySeq) at -= 1; // inside
    ready.splice(at, 0, entry);
  }

  /** What was dropped, or delivered by a shard after all, need not go. */
  #discardSettled(): void {
    const { ledger } = this.parts;
    for (let at = this.#ready.length - 1; at >= 0; at -= 1) {
      const entry = this.#ready[at]!; // inside
      if (!ledger.isSettled(entry.entrySeq)) continue;
      this.#ready.splice(at, 1);
      ledger.window.remove(entry);
    }
  }
}
