// Batches of one destination at one shard that wait or are in flight: first in, first out, bounded
// in bytes and in number; those out of the vault behind all others, but for their turns. What fails
// goes back to its place in front. Nothing leaves it without being settled.

import { assert } from '../assert.ts';
import { Chain } from '../chain.ts';
import type { Clock } from '../clock.ts';
import type { QueueConfig } from '../config/config.ts';
import { DestinationCounter, type DestinationCounters } from '../memory/state-page.ts';
import { type Batch, type Outcome, OutcomeKind } from './destination.ts';
import { type Piece, type PieceGroup, QueuedBatch } from './queued-batch.ts';

export interface ExportQueueOptions {
  readonly config: QueueConfig;
  readonly clock: Clock;
  readonly counters: DestinationCounters;
}

/** What is known about the request that pieces which wait again will go in. */
export interface GroupPlan {
  readonly sizeBytesMax: number;
  readonly requestId?: string;
  /** Counted by the search for a culprit; absent: as it was. */
  readonly isSearch?: boolean;
}

/** Added to the order of what comes out of the vault. */
const backlogSequence = 2 ** 52;

/** While both wait, one request in ten is the backlog's, and none has both. */
const liveRequestsPerTurn = 9;

export class ExportQueue {
  readonly #config: QueueConfig;
  readonly #clock: Clock;
  readonly #counters: DestinationCounters;
  readonly #batches = new Chain<QueuedBatch>();
  #sizeBytes = 0;
  #waitingBytes = 0;
  #waitingBacklogBytes = 0;
  #sequence = 0;
  #first: Piece | undefined;
  /** The last that a producer waits for; behind it comes the backlog. */
  #lastLive: Piece | undefined;
  #last: Piece | undefined;
  #liveRequestsInARow = 0;
  #liveAtMs = Number.NEGATIVE_INFINITY;
  #idleWaiters: (() => void)[] = [];

  constructor(options: ExportQueueOptions) {
    this.#config = options.config;
    this.#clock = options.clock;
    this.#counters = options.counters;
  }

  /** Bytes of bodies waiting or in flight. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get batchCount(): number {
    return this.#batches.size;
  }

  /** Bytes of bodies of which some piece waits, of the backlog or of the others. */
  waitingBytes(isBacklog: boolean): number {
    return isBacklog ? this.#waitingBacklogBytes : this.#waitingBytes;
  }

  /** When the last batch came that a producer waits for. */
  get liveAtMs(): number {
    return this.#liveAtMs;
  }

  /** What the next request begins with. */
  get firstWaiting(): Piece | undefined {
    const isTurn = this.#liveRequestsInARow >= liveRequestsPerTurn;
    return (isTurn ? this.#firstBacklog : undefined) ?? this.#first;
  }

  /** A request that begins with this piece was built. */
  countTurn(first: Piece): void {
    const isOvertaken = !isBacklog(first) && this.#firstBacklog !== undefined;
    this.#liveRequestsInARow = isOvertaken ? this.#liveRequestsInARow + 1 : 0;
  }

  /** The backlog cannot go now. True: something else can, and is what firstWaiting says. */
  passTurn(): boolean {
    this.#liveRequestsInARow = 0;
    return this.#lastLive !== undefined;
  }

  get #firstBacklog(): Piece | undefined {
    return this.#lastLive === undefined ? this.#first : this.#lastLive.next;
  }

  hasRoom(bodyLengthBytes: number): boolean {
    return (
      this.#batches.size < this.#config.batchesMax &&
      this.#sizeBytes + bodyLengthBytes <= this.#config.sizeBytesMax
    );
  }

  enqueue(batch: Batch, settle: (outcome: Outcome) => void): QueuedBatch {
    assert(this.hasRoom(batch.bodyLengthBytes), 'batch enqueued beyond the bound');
    const queued = new QueuedBatch(
      batch,
      (batch.isBacklog === true ? backlogSequence : 0) + this.#sequence++,
      this.#clock.nowMs(),
      settle,
      (settledBatch, outcome) => this.#settled(settledBatch, outcome),
    );
    this.#batches.add(queued);
    this.#sizeBytes += batch.bodyLengthBytes;
    this.#count();
    if (batch.isBacklog !== true) this.#liveAtMs = queued.enqueuedMs;
    const behind = batch.isBacklog === true ? this.#last : this.#lastLive;
    this.#insertBehind(behind, queued.piece(0, batch.recordCount));
    return queued;
  }

  /** Takes a waiting piece out for a request. */
  take(piece: Piece): void {
    this.#unlink(piece);
    piece.queued.started();
  }

  /**
   * Of a piece that was just taken only the records before `recordEnd` went in: returns that, the
   * rest waits.
   */
  cut(piece: Piece, recordEnd: number): Piece {
    assert(recordEnd > piece.recordFrom && recordEnd < piece.recordTo, 'cut outside the piece');
    const { queued } = piece;
    this.#insertSorted(queued.piece(recordEnd, piece.recordTo));
    return queued.piece(piece.recordFrom, recordEnd);
  }

  /**
   * Pieces of a request that failed wait again, in their old place; those that nobody waits for are
   * done.
   */
  putBack(pieces: readonly Piece[], group?: GroupPlan): void {
    const wanted = pieces.filter((piece) => !piece.queued.isAbandoned);
    const again = wanted.map((piece) =>
      piece.queued.piece(piece.recordFrom, piece.recordTo, group?.isSearch ?? piece.isSearch),
    );
    if (group !== undefined && again.length > 0) {
      const unchanged = again.length === pieces.length;
      const pieceGroup: PieceGroup = {
        pieces: again,
        sizeBytesMax: group.sizeBytesMax,
        requestId: unchanged ? group.requestId : undefined,
      };
      for (const piece of again) piece.group = pieceGroup;
    }
    for (const piece of again) this.#insertSorted(piece);
    for (const piece of pieces) {
      piece.queued.stopped();
      if (piece.queued.isAbandoned) piece.queued.lose(piece);
      piece.queued.settleWhenDone();
    }
  }

  /** One piece of a request becomes two that wait, each for a request of its own. */
  putBackHalves(piece: Piece, plan: GroupPlan): void {
    const { queued, recordFrom, recordTo } = piece;
    const middle = recordFrom + Math.ceil((recordTo - recordFrom) / 2);
    assert(middle > recordFrom && middle < recordTo, 'piece cannot be halved');
    if (!queued.isAbandoned) {
      for (const half of [
        queued.piece(recordFrom, middle, plan.isSearch),
        queued.piece(middle, recordTo, plan.isSearch),
      ]) {
        half.group = { pieces: [half], sizeBytesMax: plan.sizeBytesMax, requestId: undefined };
        this.#insertSorted(half);
      }
    }
    queued.stopped();
    if (queued.isAbandoned) queued.lose(piece);
    queued.settleWhenDone();
  }

  /** Settles at once when no piece is in flight; else when the last one ends. */
  abandon(queued: QueuedBatch): void {
    if (queued.isSettled || queued.isAbandoned) return;
    for (const piece of [...queued.waitingPieces]) {
      this.#unlink(piece);
      queued.lose(piece);
      if (piece.group !== undefined) leaveGroup(piece, piece.group);
    }
    queued.abandon();
  }

  abandonAll(): void {
    for (const queued of this.#batches.links()) this.abandon(queued);
  }

  /** Abandons the oldest batch of which nothing is in flight; undefined when there is none. */
  abandonOldestWaiting(): QueuedBatch | undefined {
    for (let piece = this.#first; piece !== undefined; piece = piece.next) {
      if (piece.queued.isInFlight) continue;
      this.abandon(piece.queued);
      return piece.queued;
    }
    return undefined;
  }

  /** Resolves when nothing waits or is in flight. */
  idle(): Promise<void> {
    if (this.#batches.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  #settled(queued: QueuedBatch, outcome: Outcome): void {
    assert(queued.isChained, 'batch settled twice');
    this.#batches.delete(queued);
    this.#sizeBytes -= queued.batch.bodyLengthBytes;
    this.#count();
    this.#countOutcome(queued, outcome);
    if (this.#batches.size > 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  #countOutcome(queued: QueuedBatch, outcome: Outcome): void {
    if (outcome.kind === OutcomeKind.Delivered) {
      this.#counters.add(DestinationCounter.DeliveredBatches, 1);
    } else if (outcome.kind === OutcomeKind.Abandoned) {
      this.#counters.add(DestinationCounter.AbandonedBatches, 1);
      // The producer will send all of it again, and a part of that is with the destination already.
      if (queued.isPartlyDelivered) this.#counters.add(DestinationCounter.UnknownOutcomes, 1);
    }
  }

  #count(): void {
    this.#counters.set(DestinationCounter.QueuedBatches, this.#batches.size);
    this.#counters.set(DestinationCounter.QueuedBytes, this.#sizeBytes);
  }

  /** Few pieces are ahead of one that comes back, because it was taken from the front. */
  #insertSorted(piece: Piece): void {
    let behind: Piece | undefined;
    for (let next = this.#first; next !== undefined && isBefore(next, piece); next = next.next) {
      behind = next;
    }
    this.#insertBehind(behind, piece);
  }

  /** Undefined: at the very front. */
  #insertBehind(behind: Piece | undefined, piece: Piece): void {
    assert(!piece.waits, 'piece waits already');
    piece.waits = true;
    piece.previous = behind;
    piece.next = behind === undefined ? this.#first : behind.next;
    if (piece.previous === undefined) this.#first = piece;
    else piece.previous.next = piece;
    if (piece.next === undefined) this.#last = piece;
    else piece.next.previous = piece;
    if (!isBacklog(piece) && piece.previous === this.#lastLive) this.#lastLive = piece;
    if (piece.queued.waitingPieces.length === 0) this.#countWaiting(piece, 1);
    piece.queued.addWaiting(piece);
  }

  #unlink(piece: Piece): void {
    assert(piece.waits, 'piece does not wait');
    piece.waits = false;
    if (piece.previous === undefined) this.#first = piece.next;
    else piece.previous.next = piece.next;
    if (piece.next === undefined) this.#last = piece.previous;
    else piece.next.previous = piece.previous;
    if (this.#lastLive === piece) this.#lastLive = piece.previous;
    piece.previous = undefined;
    piece.next = undefined;
    piece.queued.removeWaiting(piece);
    if (piece.queued.waitingPieces.length === 0) this.#countWaiting(piece, -1);
  }

  #countWaiting(piece: Piece, sign: 1 | -1): void {
    const sizeBytes = sign * piece.batch.bodyLengthBytes;
    if (isBacklog(piece)) this.#waitingBacklogBytes += sizeBytes;
    else this.#waitingBytes += sizeBytes;
  }
}

/** Of the backlog, and of what a producer waits for, are never parts in one request. */
export function isBacklog(piece: Piece): boolean {
  return piece.batch.isBacklog === true;
}

function isBefore(a: Piece, b: Piece): boolean {
  if (a.queued.sequence !== b.queued.sequence) return a.queued.sequence < b.queued.sequence;
  return a.recordFrom < b.recordFrom;
}

function leaveGroup(piece: Piece, group: PieceGroup): void {
  group.pieces = group.pieces.filter((member) => member !== piece);
  group.requestId = undefined;
}
