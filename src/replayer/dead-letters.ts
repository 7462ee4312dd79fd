// The way of an entry into the dead letter: a header in front of its body that says what it is and
// why it is here, and an append like that of a shard. Entries wait here for their answers; what
// their consumers do then is graveyard.ts.

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
import { extentAlignmentBytes, type ReplayRoom } from './replay-room.ts';
import type { RingOut } from './settle-outbox.ts';

/** Why an entry is set aside. */
export interface Verdict {
  readonly reason: DeadLetterReason;
  /** Of the destination's answer; 0: there was none. */
  readonly statusCode: number;
  readonly attempts: number;
}

type Answered = (answer: VaultAnswer, nowMs: number) => void;

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
    room: ReplayRoom,
  ): number {
    const sizeBytes = entryHeaderSizeBytes + roundUp(header.bodySizeBytes);
    let at = headerOffsetBytes;
    if (at % extentAlignmentBytes !== 0) {
      at = room.take(sizeBytes);
      if (at === 0) return 0;
      const from = headerOffsetBytes + entryHeaderSizeBytes;
      const { bytes } = this.#area;
      const bodyEndBytes = at + entryHeaderSizeBytes + header.bodySizeBytes;
      copyBytes(bytes, at + entryHeaderSizeBytes, bytes, from, from + header.bodySizeBytes);
      bytes.fill(0, bodyEndBytes, at + sizeBytes);
    }
    this.#writeHeader(header, at, verdict);
    return at;
  }

  /** False: not now. Else `answered` is called once, and until then nobody touches the bytes. */
  append(headerOffsetBytes: number, answered: Answered): boolean {
    assert(headerOffsetBytes % extentAlignmentBytes === 0, 'dead letter is not a slab');
    const slab = headerOffsetBytes / extentAlignmentBytes;
    assert(!this.#answeredBySlab.has(slab), 'dead letter appended twice');
    // So many that their answers always fit their ring.
    if (this.#answeredBySlab.size >= linkRecordsMax) return false;
    if (!this.#ring.push(slab, 0, VaultLogId.DeadLetter)) return false;
    this.#answeredBySlab.set(slab, answered);
    return true;
  }

  answered(slab: number, answer: VaultAnswer, nowMs: number): void {
    const answered = this.#answeredBySlab.get(slab);
    assert(answered !== undefined, 'answer for a dead letter that nobody appended');
    this.#answeredBySlab.delete(slab);
    answered(answer, nowMs);
  }

  /** Reads back the header of an entry that is still as it was received. */
  headerAt(offsetBytes: number): EntryHeader {
    const status = readEntryHeader(this.#area, offsetBytes, this.#area.bytes.length, this.#header);
    assert(status === 0, 'header of an entry in the window has changed');
    return this.#header;
  }

  // The vault thread cuts what is longer than a piece; what it finds is the first of them.
  #writeHeader(header: EntryHeader, offsetBytes: number, verdict: Verdict): void {
    const isWhole = header.bodySizeBytes <= pieceSizeBytesMax;
    header.originalKind = header.kind;
    header.kind = EntryKind.DeadLetter;
    header.flags = isWhole ? wholeEntryFlags : EntryFlag.FirstPiece;
    header.entrySeq = 0; // given by the writer
    header.pieceOffsetBytes = 0;
    header.pieceSizeBytes = Math.min(header.bodySizeBytes, pieceSizeBytesMax);
    header.reason = verdict.reason;
    header.attempts = Math.min(verdict.attempts, attemptsMax);
    header.statusCode = verdict.statusCode;
    writeEntryHeader(this.#area, offsetBytes, header);
  }
}

function roundUp(sizeBytes: number): number {
  return Math.ceil(sizeBytes / 8) * 8;
}
