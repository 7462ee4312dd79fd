// Fills an export buffer from the queue: whole batches one behind the other, because concatenated
// ExportLogsServiceRequests are one valid request. A batch that fits in no request goes in pieces.

import { assert } from '../assert.ts';
import type { BatchRenderer } from './destination.ts';
import { type ExportQueue, isBacklog } from './export-queue.ts';
import type { Piece, PieceGroup } from './queued-batch.ts';

export interface BuiltRequest {
  /** Taken from the queue; whoever gets the request puts them back or tells how they ended. */
  readonly pieces: readonly Piece[];
  readonly lengthBytes: number;
  /** That of an earlier request with the same content. */
  readonly requestId: string | undefined;
}

export class Batcher {
  readonly #queue: ExportQueue;
  readonly #renderer: BatchRenderer;
  readonly #refuse: (piece: Piece, message: string) => void;

  /** `refuse` is called with a piece, taken from the queue, that is too large for every request. */
  constructor(
    queue: ExportQueue,
    renderer: BatchRenderer,
    refuse: (piece: Piece, message: string) => void,
  ) {
    this.#queue = queue;
    this.#renderer = renderer;
    this.#refuse = refuse;
  }

  /**
   * Bound of the next request's size: at most `limitBytes`, or `capacityBytes` when it begins with
   * something larger, of which one record may have to go alone.
   */
  sizeBytesMax(limitBytes: number, capacityBytes: number): number {
    const first = this.#queue.firstWaiting;
    if (first === undefined) return 0;
    if (first.group !== undefined) return first.group.sizeBytesMax;
    let sizeBytes = this.#renderer.sizeBytesMax(first.batch);
    if (sizeBytes > limitBytes) return Math.min(sizeBytes, capacityBytes);
    for (let piece = first.next; piece !== undefined; piece = piece.next) {
      if (piece.group !== undefined || sizeBytes >= limitBytes) break;
      if (isBacklog(piece) !== isBacklog(first)) break;
      sizeBytes += this.#renderer.sizeBytesMax(piece.batch);
    }
    return Math.min(sizeBytes, limitBytes);
  }

  /**
   * Renders the next request at `dstOffsetBytes`. `limitBytes` is what the destination takes as far
   * as is known; a record larger than that is tried alone. Undefined: nothing is left to send.
   */
  build(
    dstOffsetBytes: number,
    capacityBytes: number,
    limitBytes: number,
  ): BuiltRequest | undefined {
    const first = this.#queue.firstWaiting;
    if (first === undefined) return undefined;
    const built = this.#build(first, dstOffsetBytes, capacityBytes, limitBytes);
    this.#queue.countTurn(first);
    return built;
  }

  #build(
    first: Piece,
    dstOffsetBytes: number,
    capacityBytes: number,
    limitBytes: number,
  ): BuiltRequest | undefined {
    if (first.group !== undefined) {
      const built = this.#buildGroup(first.group, dstOffsetBytes, capacityBytes);
      if (built !== undefined) return built;
    }
    const roomBytes = Math.min(capacityBytes, limitBytes);
    const pieces: Piece[] = [];
    let lengthBytes = 0;
    for (;;) {
      const piece = this.#queue.firstWaiting;
      if (piece === undefined || piece.group !== undefined) break;
      if (isBacklog(piece) !== isBacklog(first)) break;
      const writtenBytes = this.#renderPiece(
        piece,
        dstOffsetBytes + lengthBytes,
        roomBytes - lengthBytes,
      );
      if (writtenBytes >= 0) {
        this.#queue.take(piece);
        pieces.push(piece);
        lengthBytes += writtenBytes;
        continue;
      }
      if (pieces.length > 0) break;
      const part = this.#buildPart(piece, dstOffsetBytes, capacityBytes, roomBytes);
      if (part !== undefined) return part;
    }
    return pieces.length === 0 ? undefined : { pieces, lengthBytes, requestId: undefined };
  }

  /**
   * Undefined when not even its first piece fits; whatever did not fit belongs to no group any
   * more.
   */
  #buildGroup(
    group: PieceGroup,
    dstOffsetBytes: number,
    capacityBytes: number,
  ): BuiltRequest | undefined {
    const pieces: Piece[] = [];
    let lengthBytes = 0;
    for (const piece of group.pieces) {
      const roomBytes = capacityBytes - lengthBytes;
      const writtenBytes = this.#renderPiece(piece, dstOffsetBytes + lengthBytes, roomBytes);
      if (writtenBytes < 0) break;
      pieces.push(piece);
      lengthBytes += writtenBytes;
    }
    const whole = pieces.length === group.pieces.length;
    for (const piece of group.pieces) piece.group = undefined;
    for (const piece of pieces) this.#queue.take(piece);
    if (pieces.length === 0) return undefined;
    return { pieces, lengthBytes, requestId: whole ? group.requestId : undefined };
  }

  /**
   * As many records as fit, for a piece that is too large as a whole. Undefined: its first record
   * is refused.
   */
  #buildPart(
    piece: Piece,
    dstOffsetBytes: number,
    capacityBytes: number,
    roomBytes: number,
  ): BuiltRequest | undefined {
    const { batch, recordFrom, recordTo } = piece;
    let rendered = this.#renderer.renderRecords(
      batch,
      recordFrom,
      recordTo,
      dstOffsetBytes,
      roomBytes,
    );
    if (rendered.recordEnd === recordFrom && recordTo > recordFrom) {
      const recordEnd = recordFrom + 1;
      rendered = this.#renderer.renderRecords(
        batch,
        recordFrom,
        recordEnd,
        dstOffsetBytes,
        capacityBytes,
      );
    }
    const { lengthBytes, recordEnd } = rendered;
    assert(recordEnd >= recordFrom && recordEnd <= recordTo, 'rendered records out of range');
    this.#queue.take(piece);
    if (recordEnd === recordFrom) {
      const alone = recordTo - recordFrom <= 1 ? piece : this.#queue.cut(piece, recordFrom + 1);
      this.#refuse(alone, `record larger than the export limit of ${capacityBytes} bytes`);
      return undefined;
    }
    const part = recordEnd === recordTo ? piece : this.#queue.cut(piece, recordEnd);
    return { pieces: [part], lengthBytes, requestId: undefined };
  }

  /** Bytes written, or -1 when the piece does not fit whole. */
  #renderPiece(piece: Piece, dstOffsetBytes: number, roomBytes: number): number {
    const { batch, recordFrom, recordTo } = piece;
    if (recordFrom === 0 && recordTo === batch.recordCount) {
      return this.#renderer.renderBatch(batch, dstOffsetBytes, roomBytes);
    }
    const { lengthBytes, recordEnd } = this.#renderer.renderRecords(
      batch,
      recordFrom,
      recordTo,
      dstOffsetBytes,
      roomBytes,
    );
    return recordEnd === recordTo ? lengthBytes : -1;
  }
}
