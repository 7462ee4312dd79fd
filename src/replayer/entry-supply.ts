// What one consumer is sent next: walks the log in the order that is asked for, and reads for the
// shards that take something. Where it can go no further for one that does not, it waits a little,
// since walking on costs reading again; then it goes on without that shard.

import { assert, unreachable } from '../assert.ts';
import { MiB } from '../limits.ts';
import type { BlockFeed } from './block-feed.ts';
import type { ConsumerLedger } from './consumer-ledger.ts';
import { type EntryIntake, Intake } from './entry-intake.ts';
import type { ReadyEntries } from './ready-entries.ts';
import { noEntry, type ReplayOrder } from './replay-order.ts';
import type { ReplayRoom } from './replay-room.ts';
import type { ReplayTurn } from './replay-turn.ts';
import type { ShardGate } from './shard-gate.ts';

export interface SupplyParts {
  readonly ledger: ConsumerLedger;
  readonly order: ReplayOrder;
  readonly intake: EntryIntake;
  readonly feed: BlockFeed;
  readonly room: ReplayRoom;
  readonly gate: ShardGate;
  readonly ready: ReadyEntries;
  readonly shardCount: number;
}

/** Until something comes. */
const forever = Number.POSITIVE_INFINITY;
const laterMs = 1_000;

/** An answer that is quick comes within this. */
const patienceMs = 250;

/**
 * Passed over for shards that are set aside, without one entry for another: there may be none, and
 * the whole vault would be read for nothing.
 */
const aheadBytesMax = 32 * MiB;

/** Newest first begins anew when it goes back, and reads everything that it passed over. */
const anewMs = 1_000;

export class EntrySupply {
  readonly #parts: SupplyParts;
  #laterAtMs = 0;
  /** Since when it can go no further; Infinity: it can. */
  #heldUpMs = forever;
  #aheadBytes = 0;
  #anewAtMs = 0;
  #isAtEnd = false;

  constructor(parts: SupplyParts) {
    this.#parts = parts;
  }

  /** The order begins anew. */
  beginAnew(): void {
    this.#heldUpMs = forever;
    this.#aheadBytes = 0;
    this.#isAtEnd = false;
  }

  /** Everything that is wanted was handed out and answered. */
  get isDone(): boolean {
    const { gate, ledger } = this.#parts;
    return this.#isAtEnd && !gate.hasAside && !gate.hasBehind && ledger.window.size === 0;
  }

  /** What is ready goes back to the disk: somebody needs the room for a moment. */
  giveBack(): void {
    for (let shard = 0; shard < this.#parts.shardCount; shard += 1) this.#putAside(shard);
  }

  /** One entry further. Ms until there may be more, if nothing comes first; 0: at once. */
  next(turn: ReplayTurn): number {
    const { gate } = this.#parts;
    const { nowMs } = turn;
    this.#goBack(turn);
    // Could anything go out at all? Before anything is read.
    const paceMs = Math.max(this.#laterAtMs - nowMs, turn.allowance.waitMs(nowMs));
    if (paceMs > 0) return paceMs;
    const gateMs = gate.waitMs(nowMs);
    const nextMs = gateMs > 0 ? gateMs : this.#next(turn);
    return nextMs > 0 ? Math.min(nextMs, gate.asideMs(nowMs)) : 0;
  }

  #next(turn: ReplayTurn): number {
    const { ledger, order, intake, feed } = this.#parts;
    if (ledger.window.isFull || !intake.hasRoom) return this.#makeRoom(turn.nowMs);
    if (!order.isBack && this.#aheadBytes >= aheadBytesMax) return forever;
    const entrySeq = order.next(turn.end);
    this.#isAtEnd = entrySeq === noEntry;
    if (entrySeq === noEntry) {
      feed.leave();
      return forever;
    }
    const found = intake.fetch(entrySeq, turn);
    switch (found) {
      case Intake.Ready:
        this.#makeReady();
        return 0;
      case Intake.Gone:
        this.#heldUpMs = forever;
        return 0;
      case Intake.Later:
        this.#laterAtMs = turn.nowMs + laterMs;
        return laterMs;
      case Intake.Wait:
        return this.#makeRoom(turn.nowMs);
      case Intake.Crowded:
        return this.#crowded(entrySeq, intake.crowdedShard, turn.nowMs);
      default:
        return unreachable(found, 'what became of an entry');
    }
  }

  #makeReady(): void {
    const { intake, order, ready } = this.#parts;
    const entry = intake.takeReady();
    assert(entry !== undefined, 'entry is ready and not there');
    ready.add(entry);
    this.#heldUpMs = forever;
    if (!order.isBack) this.#aheadBytes = 0;
  }

  #crowded(entrySeq: number, shard: number, nowMs: number): number {
    const { gate, order } = this.#parts;
    // The others do not wait for one that is behind.
    const isWaitedFor = !gate.isAside(shard) && !order.isBack;
    const waitMs = isWaitedFor ? this.#patienceMs(nowMs) : 0;
    if (waitMs === 0) this.#passOver(entrySeq, shard);
    return waitMs;
  }

  #passOver(entrySeq: number, shard: number): void {
    const { order, gate, feed, room } = this.#parts;
    if (!order.isBack) this.#aheadBytes += feed.entry.bodySizeBytes;
    gate.setAside(shard, entrySeq, room.extentSizeBytes(feed.extent));
    order.pass(entrySeq);
  }

  /** For shards that take something again; no further than to where the others are. */
  #goBack({ nowMs, end }: ReplayTurn): void {
    const { order, gate } = this.#parts;
    if (order.isBack) {
      if (!gate.hasBehind) order.goOn();
    } else if (gate.hasBehind) {
      gate.caughtUp();
      this.#aheadBytes = 0;
    }
    if (!gate.hasAside || nowMs < this.#anewAtMs) return;
    const fromSeq = gate.takeFreed(nowMs);
    if (fromSeq === noEntry) return;
    order.goBack(fromSeq, end);
    if (order.name === 'newest') this.#anewAtMs = nowMs + anewMs;
  }

  /** What is ready for shards that take nothing goes back to the disk, if nothing else helps. */
  #makeRoom(nowMs: number): number {
    const { gate, shardCount } = this.#parts;
    const waitMs = this.#patienceMs(nowMs);
    if (waitMs > 0) return waitMs;
    let isAny = false;
    for (let shard = 0; shard < shardCount; shard += 1) {
      if (gate.isHeld(shard, nowMs) && this.#putAside(shard)) isAny = true;
    }
    return isAny ? 0 : forever;
  }

  /** False: nothing of the shard is ready. */
  #putAside(shard: number): boolean {
    const { ready, gate, ledger, room } = this.#parts;
    const entries = ready.takeAll(shard);
    for (const entry of entries) {
      const { blockExtent } = entry;
      const neededBytes = blockExtent === 0 ? 0 : room.extentSizeBytes(blockExtent);
      gate.setAside(shard, entry.entrySeq, neededBytes);
      ledger.window.remove(entry);
    }
    return entries.length > 0;
  }

  /** Ms that it still waits; 0: it has waited long enough. */
  #patienceMs(nowMs: number): number {
    this.#heldUpMs = Math.min(this.#heldUpMs, nowMs);
    const waitMs = this.#heldUpMs + patienceMs - nowMs;
    if (waitMs > 0) return waitMs;
    this.#heldUpMs = forever;
    return 0;
  }
}
