// The way of an entry from the log into the window of one consumer: read, held against its hash,
// decoded. What cannot go out ends here: lost, skipped, empty, or on its way to the dead letter.

import { unreachable } from '../assert.ts';
import type { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { LossReason } from '../vault/format.ts';
import { SettleKind } from '../vault/hand-over.ts';
import type { LostRead } from '../vault/log-read.ts';
import { ReadStatus } from '../vault/read-status.ts';
import type { BlockFeed } from './block-feed.ts';
import { type ConsumerLedger, notTaken } from './consumer-ledger.ts';
import type { Verdict } from './dead-letters.ts';
import { Decoded, type EntryDecoder } from './entry-decoder.ts';
import { EntryPhase, type WindowEntry } from './entry-window.ts';
import { type Graveyard, verdict } from './graveyard.ts';
import type { ReceiveTimes } from './receive-times.ts';
import { noEntry, type ReplayOrder } from './replay-order.ts';
import type { ReplayRoom } from './replay-room.ts';
import type { ReplayOutput, ReplayTurn } from './replay-turn.ts';
import type { ShardGate } from './shard-gate.ts';
import type { ShardShares } from './shard-shares.ts';

export interface IntakeParts {
  /** Its index. */
  readonly consumer: number;
  readonly ledger: ConsumerLedger;
  readonly order: ReplayOrder;
  readonly feed: BlockFeed;
  readonly room: ReplayRoom;
  readonly decoder: EntryDecoder;
  readonly graveyard: Graveyard;
  readonly output: ReplayOutput;
  readonly gate: ShardGate;
  readonly shares: ShardShares;
  readonly shardCount: number;
}

export const Intake = {
  /** In the window now. */
  Ready: 1,
  /** Settled, passed over, or about to be buried: the next one. */
  Gone: 2,
  /** Not before something comes back. */
  Wait: 3,
  /** Not now: a call failed, or nothing could be settled. */
  Later: 4,
  /** Its shard may have no more in the window: `crowdedShard`. */
  Crowded: 5,
} as const;
export type Intake = (typeof Intake)[keyof typeof Intake];

export class EntryIntake {
  /** Only entries that were received then. */
  times: ReceiveTimes | undefined;
  readonly #parts: IntakeParts;
  /** Room that the next entry must find; 0: none. */
  #neededBytes = 0;
  #ready: WindowEntry | undefined;
  #crowdedShard = 0;
  /** Where the feed stands, and nothing was decoded since; noEntry: nowhere. */
  #standsAt = noEntry;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** False: nothing that is read now would find room. */
  get hasRoom(): boolean {
    return this.#neededBytes === 0 || this.#parts.room.fits(this.#neededBytes);
  }

  /** Of the last Crowded. */
  get crowdedShard(): number {
    return this.#crowdedShard;
  }

  /** Of the last Ready; once. */
  takeReady(): WindowEntry | undefined {
    const entry = this.#ready;
    this.#ready = undefined;
    return entry;
  }

  /** An entry that the order names. */
  fetch(entrySeq: number, turn: ReplayTurn): Intake {
    const { feed, output, consumer } = this.#parts;
    this.#neededBytes = 0;
    const isThere = this.#standsAt === entrySeq && feed.extent !== 0;
    this.#standsAt = noEntry;
    if (isThere) return this.#receive(entrySeq, turn.nowMs);
    const read = feed.fetch(entrySeq, turn.end);
    switch (read.kind) {
      case 'entry':
        return this.#receive(entrySeq, turn.nowMs);
      case 'lost':
        output.damaged(read);
        return this.#settleFree(SettleKind.Lost, read.fromEntrySeq, read.toEntrySeq);
      case 'skipped':
        return this.#settleFree(SettleKind.Skipped, read.fromEntrySeq, read.toEntrySeq);
      case 'no-room':
        return this.#waitOrPass(entrySeq, read.sizeBytes);
      case 'fault':
        output.cannotRead(consumer, read);
        return Intake.Later;
      case 'end':
        return Intake.Later;
      default:
        return unreachable(read, 'what was read');
    }
  }

  /** The feed stands at it. */
  #receive(entrySeq: number, nowMs: number): Intake {
    const { feed, order, graveyard, room, gate } = this.#parts;
    const sentence = graveyard.verdictOf(entrySeq);
    const isWanted = this.times === undefined || this.times.includes(feed.entry.receivedNs);
    if (!isWanted && sentence === undefined) {
      order.pass(entrySeq);
      return Intake.Gone;
    }
    if (sentence === undefined && !gate.admits(this.#shard, feed.extent, nowMs)) {
      this.#crowdedShard = this.#shard;
      this.#standsAt = entrySeq;
      return Intake.Crowded;
    }
    if (!feed.checkBody()) return this.#lose(entrySeq);
    if (sentence !== undefined) return this.#bury(entrySeq, sentence);
    const decoded = this.#parts.decoder.decode(feed, room);
    switch (decoded) {
      case Decoded.Ok:
        return this.#admit(entrySeq);
      case Decoded.Poison:
        return this.#condemn(entrySeq, this.#parts.decoder.reason);
      case Decoded.Skip:
        return this.#settleOne(SettleKind.Skipped, entrySeq);
      case Decoded.NoRoom:
        feed.leave();
        return this.#waitFor(room.sizeBytes);
      default:
        return unreachable(decoded, 'result of decoding');
    }
  }

  #admit(entrySeq: number): Intake {
    const { decoder, order, feed, room, shares } = this.#parts;
    const { ownExtent, recordCount } = decoder;
    if (recordCount === 0) {
      // A request without records is delivered by not sending it.
      if (ownExtent !== 0) room.release(ownExtent);
      return this.#settleOne(SettleKind.Delivered, entrySeq);
    }
    order.pass(entrySeq);
    const entry = this.#enter(entrySeq);
    entry.ownExtent = ownExtent;
    entry.headerOffsetBytes = decoder.keepsOriginal ? feed.headerOffsetBytes : 0;
    entry.bodyOffsetBytes = decoder.bodyOffsetBytes;
    entry.bodyLengthBytes = decoder.bodyLengthBytes;
    entry.resourceCount = decoder.resourceCount;
    entry.recordCount = recordCount;
    entry.shard = this.#shard;
    entry.phase = EntryPhase.Ready;
    shares.take(entry);
    this.#ready = entry;
    return Intake.Ready;
  }

  /** Of the entry that the feed stands at: all of one producer go to one. */
  get #shard(): number {
    const { feed, shardCount } = this.#parts;
    return feed.entry.producerHash.low % shardCount;
  }

  /** In the window, with a hold on its block. */
  #enter(entrySeq: number): WindowEntry {
    const { ledger, feed, room } = this.#parts;
    const entry = ledger.window.add(entrySeq);
    entry.blockExtent = feed.extent;
    if (entry.blockExtent !== 0) room.hold(entry.blockExtent);
    return entry;
  }

  #condemn(entrySeq: number, reason: DeadLetterReason): Intake {
    const { decoder, graveyard, feed } = this.#parts;
    const found = verdict(reason, 0, 0);
    if (decoder.keepsOriginal) return this.#bury(entrySeq, found);
    // Decoding has written over it.
    feed.leave();
    return graveyard.sentence(entrySeq, found) ? Intake.Gone : Intake.Wait;
  }

  #bury(entrySeq: number, found: Verdict): Intake {
    const { graveyard, order, feed, ledger, room } = this.#parts;
    const { bodySizeBytes } = feed.entry;
    const entry = this.#enter(entrySeq);
    entry.headerOffsetBytes = feed.headerOffsetBytes;
    if (graveyard.bury(entry, found)) {
      order.pass(entrySeq);
      return Intake.Gone;
    }
    // Its copy has no place beside its block now.
    ledger.window.remove(entry);
    feed.leave();
    graveyard.sentence(entrySeq, found);
    return this.#waitFor(Math.min(room.sizeBytes, 3 * (bodySizeBytes + blockHeadBytes)));
  }

  #lose(entrySeq: number): Intake {
    this.#parts.output.damaged(unlikeItsHash(entrySeq));
    return this.#settleOne(SettleKind.Lost, entrySeq);
  }

  #settleOne(kind: SettleKind, entrySeq: number): Intake {
    const { ledger, order } = this.#parts;
    if (ledger.settle(kind, entrySeq, 1) === notTaken) return Intake.Later;
    order.pass(entrySeq);
    return Intake.Gone;
  }

  #settleFree(kind: SettleKind, fromSeq: number, toSeq: number): Intake {
    return this.#parts.ledger.settleFree(kind, fromSeq, toSeq) ? Intake.Gone : Intake.Later;
  }

  /** What no wait would help is left in the vault, and holds back nothing behind it. */
  #waitOrPass(entrySeq: number, sizeBytes: number): Intake {
    const { room, order, output, consumer } = this.#parts;
    if (sizeBytes <= room.sizeBytes) return this.#waitFor(sizeBytes);
    output.cannotHold(consumer, entrySeq, sizeBytes);
    order.pass(entrySeq);
    return Intake.Gone;
  }

  #waitFor(sizeBytes: number): Intake {
    this.#neededBytes = sizeBytes;
    return Intake.Wait;
  }
}

const blockHeadBytes = 128;

// Its block was intact, so the producer's hash and the body went apart in memory: there is nothing
// on the disk to copy.
function unlikeItsHash(entrySeq: number): LostRead {
  return {
    kind: 'lost',
    fromEntrySeq: entrySeq,
    toEntrySeq: entrySeq + 1,
    exact: true,
    reason: LossReason.Damage,
    status: ReadStatus.Damaged,
    segmentId: 0,
    offsetBytes: 0,
    lengthBytes: 0,
    blockCount: 0,
  };
}
