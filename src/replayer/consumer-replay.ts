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
import type { EntryIntake } from './entry-intake.ts';
import type { EntrySupply } from './entry-supply.ts';
import { EntryPhase, type WindowEntry } from './entry-window.ts';
import { type Graveyard, verdict } from './graveyard.ts';
import type { ReadyEntries } from './ready-entries.ts';
import type { ReplayOrder } from './replay-order.ts';
import type { ReplayRoom } from './replay-room.ts';
import type { ReplayOutput, ReplayTurn } from './replay-turn.ts';
import type { RingOut } from './settle-outbox.ts';

export interface ConsumerParts {
  readonly index: number;
  /** A consumerTag(). */
  readonly tag: number;
  readonly ledger: ConsumerLedger;
  readonly order: ReplayOrder;
  readonly intake: EntryIntake;
  readonly supply: EntrySupply;
  /** Filled by the supply. */
  readonly ready: ReadyEntries;
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
/** Opening a file again costs more than a short while of idleness. */
const idleMsMax = 1_000;

/** What one turn may do before the others have theirs. */
const turnEntriesMax = 64;
const turnBytesMax = MiB;

export class ConsumerReplay {
  readonly parts: ConsumerParts;
  #outCount = 0;
  /** When to close the file, unless there is something to do before. */
  #restAtMs = 0;
  #stopping = false;
  /** By shard: its ring has taken no more in this turn. */
  readonly #isHeld: boolean[];

  constructor(parts: ConsumerParts) {
    this.parts = parts;
    this.#isHeld = parts.lanes.map(() => false);
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
    const { ready, ledger } = this.parts;
    for (const entry of ready.takeWhere(() => true)) ledger.window.remove(entry);
  }

  /** What is not out goes back to the disk: somebody needs the room for a moment. */
  giveWay(): void {
    const { supply, feed, graveyard } = this.parts;
    supply.giveBack();
    feed.leave();
    graveyard.giveWay();
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
    const { supply } = this.parts;
    let bytes = 0;
    this.#isHeld.fill(false);
    for (let count = 0; count < turnEntriesMax && bytes < turnBytesMax; count += 1) {
      const first = this.#firstToGo(turn);
      if (typeof first !== 'number') {
        bytes += first.bodyLengthBytes;
        this.#handOut(first, turn);
        continue;
      }
      const supplyMs = supply.next(turn);
      if (supplyMs > 0) return Math.min(first, supplyMs);
    }
    return 0;
  }

  /** The oldest of which the shard takes it now, or the ms until there is one. */
  #firstToGo({ nowMs, allowance }: ReplayTurn): WindowEntry | number {
    const { lanes, ready } = this.parts;
    const allowanceMs = allowance.waitMs(nowMs);
    let oldest: WindowEntry | undefined;
    let waitMs = forever;
    for (let shard = 0; shard < lanes.length; shard += 1) {
      const first = ready.first(shard);
      if (first === undefined) continue;
      const lane = lanes[shard]!; // one for each shard
      const laneMs = this.#isHeld[shard] ? ringFullMs : lane.waitMs(nowMs, first.bodyLengthBytes);
      const firstMs = Math.max(allowanceMs, laneMs);
      waitMs = Math.min(waitMs, firstMs);
      if (firstMs > 0) continue;
      if (oldest === undefined || first.entrySeq < oldest.entrySeq) oldest = first;
    }
    return oldest ?? waitMs;
  }

  /** A file that is open does not go away, and its space neither. */
  #rest(nowMs: number, workMs: number): void {
    const isIdle = workMs > 0 && this.parts.ledger.window.size === 0;
    if (!isIdle) this.#restAtMs = nowMs + idleMsMax;
    if (nowMs < this.#restAtMs) return;
    this.parts.feed.rest();
    this.#restAtMs = forever;
  }

  #handOut(entry: WindowEntry, { nowMs, allowance }: ReplayTurn): void {
    const { index, lanes, output, ready } = this.parts;
    const { bodyOffsetBytes: at, bodyLengthBytes: length, token, shard } = entry;
    const { resourceCount, recordCount } = entry;
    const low = lowWord(entry.entrySeq);
    const high = highWord(entry.entrySeq);
    const ring = output.delivery(shard);
    if (!ring.push(at, length, token, index, resourceCount, recordCount, low, high)) {
      this.#isHeld[shard] = true;
      return;
    }
    ready.takeFirst(shard);
    this.#outCount += 1;
    entry.phase = EntryPhase.Out;
    entry.attempts += 1;
    entry.handedOutMs = nowMs;
    lanes[shard]!.handedOut(length); // one for each shard
    allowance.take(length);
    output.wakeShard(shard);
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
    this.parts.ready.add(entry);
  }

  /** What was dropped, or delivered by a shard after all, need not go. */
  #discardSettled(): void {
    const { ledger, ready } = this.parts;
    const settled = ready.takeWhere(({ entrySeq }) => ledger.isSettled(entrySeq));
    for (const entry of settled) ledger.window.remove(entry);
  }
}
