// One batch at one destination, from enqueue() to settle(). It is sent in pieces: one that is all
// of it, until the destination's limits or refusals split it.

import { assert } from '../assert.ts';
import { ChainLink } from '../chain.ts';
import type { Batch, BatchSlice, Outcome } from './destination.ts';
import { OutcomeKind } from './destination.ts';

/**
 * Records of one batch that go in the same request. Waits in the queue, or is part of a request.
 */
export interface Piece extends BatchSlice {
  readonly queued: QueuedBatch;
  /**
   * Pieces of one group go in one request, without others; undefined: with whatever is next to it.
   */
  group: PieceGroup | undefined;
  /** Neighbours in the queue; undefined at its ends and while the piece does not wait. */
  previous: Piece | undefined;
  next: Piece | undefined;
  waits: boolean;
  /** Its request was counted in `searchRequests` when the search for a culprit planned it. */
  readonly isSearch: boolean;
}

/** Pieces that were in one request and are sent again together, or half of what was in one. */
export interface PieceGroup {
  /** In order; shrinks when a batch is abandoned. */
  pieces: readonly Piece[];
  /** Bound of the rendered size: what the request that it came from had. */
  readonly sizeBytesMax: number;
  /**
   * Of the request that ended unknown, for the downstream to recognise; undefined when the content
   * has changed.
   */
  requestId: string | undefined;
}

export function recordCountOf(piece: Piece): number {
  return piece.recordTo - piece.recordFrom;
}

export class QueuedBatch extends ChainLink {
  readonly batch: Batch;
  /** Order of enqueue(). */
  readonly sequence: number;
  readonly enqueuedMs: number;
  /**
   * Requests with records of it that the search for a culprit was begun by or has planned, sent or
   * not.
   */
  searchRequests = 0;
  readonly #settle: (outcome: Outcome) => void;
  readonly #onSettled: (queued: QueuedBatch, outcome: Outcome) => void;
  /** Mostly one. */
  readonly #waiting: Piece[] = [];
  #inFlightPieces = 0;
  #abandoned = false;
  #isLost = false;
  #lostRecords = 0;
  #settled = false;
  #anyDelivered = false;
  #rejectedRecords = 0;
  #message = '';

  constructor(
    batch: Batch,
    sequence: number,
    enqueuedMs: number,
    settle: (outcome: Outcome) => void,
    onSettled: (queued: QueuedBatch, outcome: Outcome) => void,
  ) {
    super();
    this.batch = batch;
    this.sequence = sequence;
    this.enqueuedMs = enqueuedMs;
    this.#settle = settle;
    this.#onSettled = onSettled;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  get isAbandoned(): boolean {
    return this.#abandoned;
  }

  get isInFlight(): boolean {
    return this.#inFlightPieces > 0;
  }

  /** True: some of its records are with the destination already. */
  get isPartlyDelivered(): boolean {
    return this.#anyDelivered;
  }

  /** Of an abandoned batch: what the destination has not got. */
  get lostRecords(): number {
    return this.#lostRecords;
  }

  get waitingPieces(): readonly Piece[] {
    return this.#waiting;
  }

  piece(recordFrom: number, recordTo: number, isSearch = false): Piece {
    assert(recordFrom <= recordTo, 'piece ends before it starts');
    return {
      batch: this.batch,
      queued: this,
      recordFrom,
      recordTo,
      group: undefined,
      previous: undefined,
      next: undefined,
      waits: false,
      isSearch,
    };
  }

  addWaiting(piece: Piece): void {
    assert(!this.#settled && !this.#abandoned, 'piece of a batch that is done');
    this.#waiting.push(piece);
  }

  removeWaiting(piece: Piece): void {
    const index = this.#waiting.indexOf(piece);
    assert(index >= 0, 'piece does not wait');
    this.#waiting.splice(index, 1);
  }

  /** A piece left the queue for a request. */
  started(): void {
    this.#inFlightPieces += 1;
  }

  /** The piece of a request goes back to the queue, or is replaced by others there. */
  stopped(): void {
    assert(this.#inFlightPieces > 0, 'no piece is in flight');
    this.#inFlightPieces -= 1;
  }

  delivered(rejectedRecords: number, message: string): void {
    this.stopped();
    this.#anyDelivered = true;
    this.#rejectedRecords += rejectedRecords;
    if (message !== '') this.#message = message;
    this.settleWhenDone();
  }

  /** The destination refused this many records for good, a piece that had left the queue. */
  refused(recordCount: number, message: string): void {
    this.stopped();
    this.#rejectedRecords += recordCount;
    this.#message = message;
    this.settleWhenDone();
  }

  /**
   * Nobody waits for it: what is not on the way is not sent. The queue has taken its waiting pieces
   * out.
   */
  abandon(): void {
    assert(this.#waiting.length === 0, 'abandoned with waiting pieces');
    this.#abandoned = true;
    this.settleWhenDone();
  }

  /** A piece will not be sent (again), because the batch is abandoned. */
  lose(piece: Piece): void {
    this.#isLost = true;
    this.#lostRecords += recordCountOf(piece);
  }

  settleWhenDone(): void {
    if (this.#settled || this.#waiting.length > 0 || this.#inFlightPieces > 0) return;
    this.#settled = true;
    const outcome: Outcome = {
      kind: this.#kind(),
      rejectedRecords: this.#rejectedRecords,
      message: this.#message,
    };
    this.#onSettled(this, outcome);
    this.#settle(outcome);
  }

  #kind(): OutcomeKind {
    if (this.#isLost) return OutcomeKind.Abandoned;
    return this.#anyDelivered ? OutcomeKind.Delivered : OutcomeKind.Rejected;
  }
}
