// The way of an entry into the dead letter: a header in front of its body that says what it is, why
// it is here and whom it is owed to, and an append like that of a shard. Entries wait here for
// their answers; what their consumers do then is graveyard.ts. And the way back (redrive.ts).

import { assert } from '../assert.ts';
import { copyBytes } from '../memory/copy-bytes.ts';
import { linkRecordsMax } from '../memory/vault-links.ts';
import type { ByteView } from '../vault/byte-view.ts';
import type { DeadLetterReason } from '../vault/dead-letter-reason.ts';
import { EntryHeader, readEntryHeader, writeEntryHeader } from '../vault/entry-header.ts';
import {
  EntryFlag,
  EntryKind,
  entryHeaderSizeBytes,
  pieceSizeBytesMax,
  wholeEntryFlags,
} from '../vault/format.ts';
import { type VaultAnswer, VaultLogId } from '../vault/hand-over.ts';
import type { BlockRoom } from './block-feed.ts';
import { extentAlignmentBytes } from './replay-room.ts';
import type { RingOut } from './settle-outbox.ts';

/** Why an entry is set aside. */
export interface Verdict {
  readonly reason: DeadLetterReason;
  /** Of the destination's answer; 0: there was none. */
  readonly statusCode: number;
  readonly attempts: number;
}

/** `entrySeq` counts only when it is Acked. */
type Answered = (answer: VaultAnswer, nowMs: number, entrySeq: number) => void;

const attemptsMax = 255;

export class DeadLetters {
  readonly #area: ByteView;
  readonly #ring: RingOut;
  readonly #answeredBySlab = new Map<number, Answered>();
  readonly #header = new EntryHeader();

  /** `area` is the arena. */
  constructor(area: ByteView, ring: RingOut) {
    this.#area = area;
    this.#ring = ring;
  }

  /**
   * Makes a dead letter of the entry with this header, body behind it: in its place if that can be
   * a slab, or else copied to an extent of its own. Returns the header's offset, or 0: no room.
   */
  prepare(
    header: EntryHeader,
    headerOffsetBytes: number,
    verdict: Verdict,
    owedTo: number,
    room: BlockRoom,
  ): number {
    const at = this.#slabFor(header, headerOffsetBytes, room);
    if (at === 0) return 0;
    header.originalKind = header.kind;
    header.kind = EntryKind.DeadLetter;
    header.reason = verdict.reason;
    header.owedTo = owedTo;
    header.attempts = Math.min(verdict.attempts, attemptsMax);
    header.statusCode = verdict.statusCode;
    this.#writeHeader(header, at);
    return at;
  }

  /**
   * The way back: makes of a dead letter the entry that it was. Without room for a copy it is moved
   * a little to the front, if `mayMove`: nobody needs what lies before it.
   */
  revive(
    header: EntryHeader,
    headerOffsetBytes: number,
    room: BlockRoom,
    mayMove: boolean,
  ): number {
    assert(header.kind === EntryKind.DeadLetter, 'revives what is no dead letter');
    const copied = this.#slabFor(header, headerOffsetBytes, room);
    if (copied === 0 && !mayMove) return 0;
    const at = copied === 0 ? this.#moveToFront(header, headerOffsetBytes) : copied;
    header.kind = header.originalKind;
    header.originalKind = 0;
    header.reason = 0;
    header.owedTo = 0;
    header.attempts = 0;
    header.statusCode = 0;
    this.#writeHeader(header, at);
    return at;
  }

  /** Appends without an answer. */
  get outCount(): number {
    return this.#answeredBySlab.size;
  }

  /** False: not now. Else `answered` is called once, and until then nobody touches the bytes. */
  append(
    headerOffsetBytes: number,
    answered: Answered,
    log: VaultLogId = VaultLogId.DeadLetter,
  ): boolean {
    assert(headerOffsetBytes % extentAlignmentBytes === 0, 'dead letter is not a slab');
    const slab = headerOffsetBytes / extentAlignmentBytes;
    assert(!this.#answeredBySlab.has(slab), 'dead letter appended twice');
    // So many that their answers always fit their ring.
    if (this.#answeredBySlab.size >= linkRecordsMax) return false;
    if (!this.#ring.push(slab, 0, log)) return false;
    this.#answeredBySlab.set(slab, answered);
    return true;
  }

  answered(slab: number, answer: VaultAnswer, nowMs: number, entrySeq: number): void {
    const answered = this.#answeredBySlab.get(slab);
    assert(answered !== undefined, 'answer for a dead letter that nobody appended');
    this.#answeredBySlab.delete(slab);
    answered(answer, nowMs, entrySeq);
  }

  /** Reads back the header of an entry that is still as it was received. */
  headerAt(offsetBytes: number): EntryHeader {
    const status = readEntryHeader(this.#area, offsetBytes, this.#area.bytes.length, this.#header);
    assert(status === 0, 'header of an entry in the window has changed');
    return this.#header;
  }

  /** Where it can be a slab: in its place, or copied to an extent of its own; 0: no room. */
  #slabFor(header: EntryHeader, headerOffsetBytes: number, room: BlockRoom): number {
    if (headerOffsetBytes % extentAlignmentBytes === 0) return headerOffsetBytes;
    const at = room.take(slabSizeBytes(header));
    if (at !== 0) this.#copyBody(header, headerOffsetBytes, at);
    return at;
  }

  #moveToFront(header: EntryHeader, headerOffsetBytes: number): number {
    const at = headerOffsetBytes - (headerOffsetBytes % extentAlignmentBytes);
    this.#copyBody(header, headerOffsetBytes, at);
    return at;
  }

  /** And the zeros behind it. */
  #copyBody({ bodySizeBytes }: EntryHeader, fromHeaderBytes: number, toHeaderBytes: number): void {
    const { bytes } = this.#area;
    const from = fromHeaderBytes + entryHeaderSizeBytes;
    const to = toHeaderBytes + entryHeaderSizeBytes;
    copyBytes(bytes, to, bytes, from, from + bodySizeBytes);
    bytes.fill(0, to + bodySizeBytes, to + roundUp(bodySizeBytes));
  }

  // The vault thread cuts what is longer than a piece; what it finds is the first of them.
  #writeHeader(header: EntryHeader, offsetBytes: number): void {
    const isWhole = header.bodySizeBytes <= pieceSizeBytesMax;
    header.flags = isWhole ? wholeEntryFlags : EntryFlag.FirstPiece;
    header.entrySeq = 0; // given by the writer
    header.pieceOffsetBytes = 0;
    header.pieceSizeBytes = Math.min(header.bodySizeBytes, pieceSizeBytesMax);
    writeEntryHeader(this.#area, offsetBytes, header);
  }
}

function slabSizeBytes({ bodySizeBytes }: EntryHeader): number {
  return entryHeaderSizeBytes + roundUp(bodySizeBytes);
}

function roundUp(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 8) * 8;
}
