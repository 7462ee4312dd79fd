// An entry that is cut over several blocks, put together in its place: the header of the first
// piece and the whole body, as the producer had it in its slab.

import { entrySizeBytes } from './block-size.ts';
import { type BlockWalk, Look } from './block-walk.ts';
import { unpackFrame } from './entry-block.ts';
import { EntryHeader, readEntryHeader } from './entry-header.ts';
import {
  BlockFlag,
  BlockType,
  EntryFlag,
  entryHeaderSizeBytes,
  pieceSizeBytesMax,
} from './format.ts';
import type { EntryPlace } from './log-read.ts';
import type { LogSegment, LogSource } from './log-source.ts';
import { ReadStatus } from './read-status.ts';
import { readWindowSizeBytes } from './read-window.ts';

/** Where it is not an entry the walk stands at the block in question, with its status or fault. */
export type CutOutcome = 'entry' | 'no-room' | 'fault' | 'missing' | 'damaged';

export class CutEntry {
  /** Arena offset of the entry, and its size with header and padding. */
  rawOffsetBytes = 0;
  sizeBytes = 0;
  readonly #source: LogSource;
  readonly #walk: BlockWalk;
  readonly #first = new EntryHeader();
  readonly #piece = new EntryHeader();
  readonly #covered = new Uint8Array(entryHeaderSizeBytes);

  constructor(source: LogSource, walk: BlockWalk) {
    this.#source = source;
    this.#walk = walk;
  }

  /** The walk has seen the block with the first piece. */
  read(segment: LogSegment, limitBytes: number, entrySeq: number, place: EntryPlace): CutOutcome {
    const first = this.#readFirst(entrySeq);
    if (first !== ReadStatus.Ok) return this.#damaged(first);
    const { area } = this.#source.parts;
    this.sizeBytes = entrySizeBytes(this.#first.bodySizeBytes);
    this.rawOffsetBytes = place.take(this.sizeBytes);
    if (this.rawOffsetBytes === 0) return 'no-room';
    const { pieceOffsetBytes } = this.#source;
    const firstSizeBytes = entryHeaderSizeBytes + pieceSizeBytesMax;
    area.bytes.copyWithin(this.rawOffsetBytes, pieceOffsetBytes, pieceOffsetBytes + firstSizeBytes);
    return this.#readRest(segment, limitBytes);
  }

  #readFirst(entrySeq: number): ReadStatus {
    const { parts, pieceOffsetBytes } = this.#source;
    const status = unpackFrame(this.#source, this.#walk, pieceOffsetBytes);
    if (status !== ReadStatus.Ok) return status;
    const endBytes = pieceOffsetBytes + this.#walk.header.rawSizeBytes;
    const read = readEntryHeader(parts.area, pieceOffsetBytes, endBytes, this.#first);
    if (read !== ReadStatus.Ok) return read;
    const isFirst = this.#first.entrySeq === entrySeq && this.#first.flags === EntryFlag.FirstPiece;
    return isFirst ? ReadStatus.Ok : ReadStatus.Inconsistent;
  }

  #readRest(segment: LogSegment, limitBytes: number): CutOutcome {
    const walk = this.#walk;
    const { offsetBytes, blockSeq } = walk;
    const { bodySizeBytes } = this.#first;
    walk.pass();
    for (let at = pieceSizeBytesMax; at < bodySizeBytes; at += pieceSizeBytesMax) {
      if (walk.blockSeq > segment.lastBlockSeq) return this.#missing(ReadStatus.Truncated);
      const look = walk.look(limitBytes, readWindowSizeBytes, true);
      if (look === Look.Fault) {
        walk.place(segment, offsetBytes, blockSeq); // all of it again
        return 'fault';
      }
      if (look === Look.Missing) return 'missing';
      if (!this.#isPieceOfIt(at)) return this.#missing(ReadStatus.Inconsistent);
      if (look === Look.DamagedBody) return 'damaged';
      const status = this.#readPiece(at);
      if (status !== ReadStatus.Ok) return this.#damaged(status);
      walk.pass();
    }
    return 'entry';
  }

  #isPieceOfIt(pieceOffsetBytes: number): boolean {
    const { type, flags, firstEntrySeq } = this.#walk.header;
    const isLast = pieceOffsetBytes + pieceSizeBytesMax >= this.#first.bodySizeBytes;
    return (
      type === BlockType.Data &&
      firstEntrySeq === this.#first.entrySeq &&
      (flags & BlockFlag.Continued) !== 0 &&
      ((flags & BlockFlag.More) !== 0) === !isLast
    );
  }

  // Its header comes to lie over the end of the piece before, which is put back.
  #readPiece(pieceOffsetBytes: number): ReadStatus {
    const { area } = this.#source.parts;
    const at = this.rawOffsetBytes + pieceOffsetBytes;
    const restBytes = this.#first.bodySizeBytes - pieceOffsetBytes;
    const rawSizeBytes = entrySizeBytes(Math.min(restBytes, pieceSizeBytesMax));
    if (this.#walk.header.rawSizeBytes !== rawSizeBytes) return ReadStatus.Inconsistent;
    this.#covered.set(area.bytes.subarray(at, at + entryHeaderSizeBytes));
    const unpacked = unpackFrame(this.#source, this.#walk, at);
    const piece = this.#piece;
    const status =
      unpacked === ReadStatus.Ok ? readEntryHeader(area, at, at + rawSizeBytes, piece) : unpacked;
    area.bytes.set(this.#covered, at);
    if (status !== ReadStatus.Ok) return status;
    const first = this.#first;
    const isPiece =
      piece.entrySeq === first.entrySeq &&
      piece.kind === first.kind &&
      piece.codec === first.codec &&
      piece.pieceOffsetBytes === pieceOffsetBytes &&
      piece.bodySizeBytes === first.bodySizeBytes &&
      piece.bodyHash.equals(first.bodyHash);
    return isPiece ? ReadStatus.Ok : ReadStatus.Inconsistent;
  }

  #damaged(status: ReadStatus): CutOutcome {
    this.#walk.status = status;
    return 'damaged';
  }

  #missing(status: ReadStatus): CutOutcome {
    this.#walk.status = status;
    return 'missing';
  }
}
