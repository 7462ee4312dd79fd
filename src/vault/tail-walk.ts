// Where the log ends in its newest segment. Walks block by block, verifies each, and decides at the
// first place that does not hold: the end, a torn tail that nobody was told of, or damage to what
// was durable. Changes nothing.
//
//   s: number of the block expected there      D: last block known to be durable
//   s > D    the end, torn or not              s <= D   damage; goes on at the next valid block up
//                                                       to D + 1, or the durable tail is lost

import { BlockHeader } from './block-header.ts';
import {
  BlockProbe,
  entryEndOf,
  isChained,
  isNextBlock,
  type SegmentIdentity,
} from './block-probe.ts';
import { blockSizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import {
  BlockFlag,
  BlockType,
  blockHeaderSizeBytes,
  segmentHeaderSizeBytes,
  unitSizeBytes,
} from './format.ts';
import type { Hash64 } from './hash64.ts';
import type { LogEvidence } from './log-evidence.ts';
import { ReadStatus } from './read-status.ts';
import type { SegmentOrigin } from './segment-header.ts';
import { readTrailer, Trailer } from './trailer.ts';
import { U64 } from './u64.ts';
import { type UnitWindow, unitWindowSizeBytes } from './unit-window.ts';

/** What ends the walk; the rows of the table of recovery. */
export const TailVerdict = {
  Clean: 0,
  /** Never acknowledged: no loss. */
  Torn: 1,
  /** Blocks that were durable are gone, and nothing behind them says more. */
  DurableTailLost: 2,
} as const;
export type TailVerdict = (typeof TailVerdict)[keyof typeof TailVerdict];

/** A place in the log: behind a block. */
class LogPlace {
  positionBytes = 0;
  lastBlockSeq = 0;
  entryEnd = 0;
  readonly chain = new U64();

  copy(other: LogPlace): void {
    this.positionBytes = other.positionBytes;
    this.lastBlockSeq = other.lastBlockSeq;
    this.entryEnd = other.entryEnd;
    this.chain.copy(other.chain);
  }
}

export interface DamageRange {
  readonly segmentId: number;
  readonly fromBytes: number;
  readonly toBytes: number;
  /** First that is missing, and the one that the log goes on with. */
  readonly fromBlockSeq: number;
  readonly toBlockSeq: number;
}

/** Behind this many the ranges grow together: they are evidence, no decision depends on them. */
const damageRangesMax = 256;

export class TailWalk {
  verdict: TailVerdict = TailVerdict.Clean;
  /** The end that was decided; its position is where the file may be cut. */
  readonly end = new LogPlace();
  /** Where the walk stopped: X. */
  stopBytes = 0;
  /** A FOOTER stood at the end. */
  isSealed = false;
  /** The end fell into a cut entry, and is before its first piece. */
  isEntryCut = false;
  readonly damage: DamageRange[] = [];
  readonly #area: ByteView;
  readonly #probe: BlockProbe;
  readonly #header = new BlockHeader();
  readonly #trailer = new Trailer();
  /** Behind the last entry that is whole. */
  readonly #whole = new LogPlace();
  #nextBlockSeq = 0;
  /** False: the block before cannot be read, so the chain starts anew. */
  #hasChain = false;
  /** The entry of the block before goes on. */
  #isOpen = false;

  constructor(area: ByteView, hash: Hash64) {
    this.#area = area;
    this.#probe = new BlockProbe(area, hash);
  }

  /**
   * `contentEndBytes` is of the scan of the same file, whose blocks are evidence: one that it has
   * not seen was written since, by an engine that goes on while somebody looks, and is behind the
   * end. `isSynced` is false if the flush before the first read failed: what is not known to be
   * durable is void then.
   */
  run(
    window: UnitWindow,
    origin: SegmentOrigin & SegmentIdentity,
    evidence: LogEvidence,
    contentEndBytes: number,
    isSynced: boolean,
    hasPrevChain: boolean,
  ): void {
    this.#begin(origin, hasPrevChain);
    const { durableSeq, nextBlockSeq } = evidence;
    const end = this.end;
    while (end.positionBytes < window.fileEndBytes) {
      const isVoid = !isSynced && this.#nextBlockSeq > durableSeq;
      if (!isVoid && this.#step(window, origin, nextBlockSeq)) continue;
      if (this.isSealed || this.#nextBlockSeq > durableSeq) break;
      if (!this.#skipDamage(window, origin, durableSeq)) break;
    }
    this.#decide(evidence, contentEndBytes);
  }

  /** In place of run(): the segment was sealed, and its trailer says where it ends. */
  endAtTrailer(trailer: Trailer, fileEndBytes: number, evidence: LogEvidence): void {
    this.#begin(trailer, true);
    const { end } = this;
    this.isSealed = true;
    end.positionBytes = fileEndBytes;
    end.lastBlockSeq = trailer.lastBlockSeq;
    end.entryEnd = trailer.entryEnd;
    end.chain.copy(trailer.lastChain);
    this.#nextBlockSeq = trailer.lastBlockSeq + 1;
    this.#decide(evidence, fileEndBytes);
  }

  #begin(origin: SegmentOrigin, hasPrevChain: boolean): void {
    const { end } = this;
    end.positionBytes = segmentHeaderSizeBytes;
    end.lastBlockSeq = origin.prevLastBlock;
    end.entryEnd = origin.prevEntryEnd;
    end.chain.copy(origin.prevChain);
    this.#whole.copy(end);
    this.#nextBlockSeq = origin.firstBlockSeq;
    this.#hasChain = hasPrevChain;
    this.#isOpen = false;
    this.verdict = TailVerdict.Clean;
    this.isSealed = false;
    this.isEntryCut = false;
    this.damage.length = 0;
  }

  /**
   * True: the block that was expected is there, and the end is behind it. `beforeBlockSeq`: of the
   * first block that left no trace anywhere.
   */
  #step(window: UnitWindow, identity: SegmentIdentity, beforeBlockSeq: number): boolean {
    const { end } = this;
    const header = this.#header;
    const status = this.#read(window, end.positionBytes, identity);
    const isFooter = header.type === BlockType.Footer && header.blockSeq === this.#nextBlockSeq - 1;
    // Its header says all that counts; the rest of it can be rebuilt.
    if (status.header === ReadStatus.Ok && isFooter) {
      this.isSealed = true;
      this.#seal(window, identity);
      return false;
    }
    if (status.body !== ReadStatus.Ok || header.blockSeq >= beforeBlockSeq) return false;
    const chain = this.#hasChain ? end.chain : undefined;
    if (!isNextBlock(header, this.#nextBlockSeq, chain)) return false;
    const isContinued = (header.flags & BlockFlag.Continued) !== 0;
    if (!isContinued || !this.#isOpen) this.#whole.copy(end);
    this.#isOpen = (header.flags & BlockFlag.More) !== 0;
    end.positionBytes += blockSizeBytes(header.storedSizeBytes);
    end.lastBlockSeq = header.blockSeq;
    end.entryEnd = entryEndOf(header);
    end.chain.copy(header.headerHash);
    this.#nextBlockSeq = header.blockSeq + 1;
    this.#hasChain = true;
    return true;
  }

  // A trailer behind the footer stays: the file is a sealed one, and only its zeros are cut off. So
  // does a footer that alone knows of the damaged blocks in front of it.
  #seal(window: UnitWindow, identity: SegmentIdentity): void {
    const { end } = this;
    const footerEndBytes = end.positionBytes + blockSizeBytes(this.#header.storedSizeBytes);
    if (!this.#hasChain) end.positionBytes = Math.min(footerEndBytes, window.fileEndBytes);
    if (footerEndBytes >= window.fileEndBytes) return;
    const { body } = this.#read(window, footerEndBytes, identity);
    if (body !== ReadStatus.Ok || this.#header.type !== BlockType.Trailer) return;
    const payload = window.at(footerEndBytes, unitSizeBytes) + blockHeaderSizeBytes;
    if (readTrailer(this.#area, payload, this.#trailer) !== ReadStatus.Ok) return;
    if (this.#trailer.lastBlockSeq !== end.lastBlockSeq) return;
    end.chain.copy(this.#trailer.lastChain);
    end.positionBytes = footerEndBytes + unitSizeBytes;
  }

  /** Goes on at n, the next valid block. False: there is none up to D + 1. */
  #skipDamage(window: UnitWindow, identity: SegmentIdentity, durableSeq: number): boolean {
    const { end } = this;
    const from = end.positionBytes;
    for (let at = from + unitSizeBytes; at < window.fileEndBytes; at += unitSizeBytes) {
      const header = this.#header;
      const { body } = this.#read(window, at, identity);
      if (body !== ReadStatus.Ok) continue;
      if (header.blockSeq < this.#nextBlockSeq || header.blockSeq > durableSeq + 1) continue;
      this.#noteDamage(identity.segmentId, from, at, header.blockSeq);
      end.positionBytes = at;
      end.entryEnd = header.firstEntrySeq;
      end.chain.copy(header.prevChain);
      // The footer and the trailer repeat the last block's number.
      this.#nextBlockSeq = header.blockSeq + (isChained(header) ? 0 : 1);
      end.lastBlockSeq = this.#nextBlockSeq - 1;
      this.#hasChain = false;
      this.#isOpen = false;
      this.#whole.copy(end);
      if (header.type === BlockType.Trailer) {
        this.isSealed = true;
        end.positionBytes = at + unitSizeBytes;
      }
      return !this.isSealed;
    }
    return false;
  }

  #decide(evidence: LogEvidence, contentEndBytes: number): void {
    const { end } = this;
    this.stopBytes = end.positionBytes;
    if (this.#nextBlockSeq <= evidence.durableSeq) {
      this.verdict = TailVerdict.DurableTailLost;
      end.lastBlockSeq = evidence.durableSeq;
      end.entryEnd = Math.max(end.entryEnd, evidence.durableEntryEnd);
      end.chain.set(0, 0);
      // Only zeros are cut off: a unit that cannot be read today may be read tomorrow.
      end.positionBytes = Math.max(end.positionBytes, contentEndBytes);
      return;
    }
    const isTorn = !this.isSealed && contentEndBytes > end.positionBytes;
    this.verdict = isTorn ? TailVerdict.Torn : TailVerdict.Clean;
    if (!this.#isOpen) return;
    this.isEntryCut = true;
    end.copy(this.#whole);
  }

  #noteDamage(segmentId: number, fromBytes: number, toBytes: number, toBlockSeq: number): void {
    const fromBlockSeq = this.#nextBlockSeq;
    const range = { segmentId, fromBytes, toBytes, fromBlockSeq, toBlockSeq };
    const last = this.damage.at(-1);
    if (last === undefined || this.damage.length < damageRangesMax) this.damage.push(range);
    else this.damage[damageRangesMax - 1] = { ...last, toBytes, toBlockSeq };
  }

  /** Of the block at this place of the file: is the header Ok, and is all of it? */
  #read(window: UnitWindow, fileBytes: number, identity: SegmentIdentity) {
    const header = this.#header;
    const at = window.at(fileBytes, unitSizeBytes);
    const status = this.#probe.readHeader(at, fileBytes, identity, header);
    if (status !== ReadStatus.Ok) return { header: status, body: status };
    const sizeBytes = blockSizeBytes(header.storedSizeBytes);
    if (fileBytes + sizeBytes > window.fileEndBytes)
      return { header: status, body: ReadStatus.Truncated };
    // Larger than any block of entries: a footer, or a type that old readers may pass over.
    if (sizeBytes > unitWindowSizeBytes) return { header: status, body: status };
    const bodyAt = window.at(fileBytes, sizeBytes);
    for (let unit = 0; unit < sizeBytes; unit += unitSizeBytes)
      if (!window.isReadable(fileBytes + unit)) return { header: status, body: ReadStatus.Damaged };
    return { header: status, body: this.#probe.checkBody(bodyAt, window.endBytes, header) };
  }
}
