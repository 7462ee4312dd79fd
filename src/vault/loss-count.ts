// What is lost where the walk stands, and where reading goes on. Each loss is counted up to the
// next valid block, or at a segment's end up to where the next one says that the log went on; so
// it is exact, and the same for every reader.

import type { DurableEnd } from '../memory/vault-page.ts';
import { entryEndOf } from './block-probe.ts';
import { blockSizeBytes } from './block-size.ts';
import { type BlockWalk, Look } from './block-walk.ts';
import { BlockFlag, BlockType, LossReason } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogRead, LostRead } from './log-read.ts';
import { type LogSegment, type LogSource, segmentLimitBytes } from './log-source.ts';
import { ReadStatus } from './read-status.ts';
import { OriginSource } from './segment-table.ts';

type Evidence = Pick<LostRead, EvidenceField>;
type EvidenceField = 'segmentId' | 'offsetBytes' | 'lengthBytes' | 'blockCount' | 'status';

/** `entrySeq` is the entry that was expected, everywhere. */
export class LossCount {
  readonly #source: LogSource;
  readonly #walk: BlockWalk;

  constructor(source: LogSource, walk: BlockWalk) {
    this.#source = source;
    this.#walk = walk;
  }

  /** The block at the position is known by its header; what it stores is damaged. */
  block(segment: LogSegment, end: DurableEnd, entrySeq: number, status: ReadStatus): LogRead {
    const { header, offsetBytes } = this.#walk;
    const toEntrySeq = header.type === BlockType.Data ? entryEndOf(header) : entrySeq;
    // Its numbers do not fit either: as if it were not there.
    if (toEntrySeq < entrySeq || toEntrySeq > segment.entryEnd)
      return this.place(segment, end, entrySeq, status);
    const lengthBytes = blockSizeBytes(header.storedSizeBytes);
    this.#walk.pass();
    const { segmentId } = segment;
    const evidence = { segmentId, offsetBytes, lengthBytes, blockCount: 1, status };
    return this.#damage(entrySeq, toEntrySeq, true, evidence);
  }

  /** The expected block is not at the position: everything up to the next valid one is lost. */
  place(segment: LogSegment, end: DurableEnd, entrySeq: number, status: ReadStatus): LogRead {
    const walk = this.#walk;
    const { segmentId, lastBlockSeq, entryEnd } = segment;
    const { offsetBytes, blockSeq } = walk;
    const limitBytes = segmentLimitBytes(segment, end);
    const look = walk.search({ limitBytes, lastBlockSeq, entrySeq, entryEnd });
    if (look === Look.Fault) return { kind: 'fault', fault: walk.fault, segmentId };
    if (look === Look.Block) {
      const { header } = walk;
      const isContinued = (header.flags & BlockFlag.Continued) !== 0;
      const toEntrySeq = header.firstEntrySeq + (isContinued ? 1 : 0);
      const lengthBytes = walk.offsetBytes - offsetBytes;
      return this.#damage(entrySeq, toEntrySeq, true, {
        ...{ segmentId, offsetBytes, lengthBytes, blockCount: header.blockSeq - blockSeq, status },
      });
    }
    const isLive = segmentId === end.liveSegmentId;
    const lengthBytes = Math.max(Math.min(walk.searchedBytes, limitBytes) - offsetBytes, 0);
    const atBytes = isLive ? limitBytes : walk.searchedBytes;
    walk.place(segment, Math.max(atBytes, offsetBytes), lastBlockSeq + 1);
    const blockCount = Math.max(lastBlockSeq + 1 - blockSeq, 0);
    const evidence = { segmentId, offsetBytes, lengthBytes, blockCount, status };
    return this.#toEnd(segment, entrySeq, evidence);
  }

  /** All blocks are there, and some entries are not. */
  tail(segment: LogSegment, entrySeq: number): LogRead {
    const { segmentId } = segment;
    const { offsetBytes } = this.#walk;
    const place = { segmentId, offsetBytes, lengthBytes: 0, blockCount: 0 };
    const evidence = { ...place, status: ReadStatus.Truncated };
    return this.#toEnd(segment, entrySeq, evidence);
  }

  /** A file that is not there any more is lost with all that it had; other faults pass. */
  gone(segment: LogSegment, end: DurableEnd, entrySeq: number): LogRead {
    const { segmentId, lastBlockSeq, entryEnd, isEndExact } = segment;
    const { fault, offsetBytes } = this.#walk;
    if (fault !== IoFault.NotFound) return { kind: 'fault', fault, segmentId };
    const atBytes = segmentId === end.liveSegmentId ? end.endBytes : offsetBytes;
    this.#walk.place(segment, atBytes, lastBlockSeq + 1);
    return this.file(segmentId, entrySeq, Math.max(entryEnd, entrySeq), isEndExact);
  }

  /** Between the segment of this id and the next there is a hole. */
  before(next: LogSegment, segmentId: number, entrySeq: number): LogRead {
    const isExact = next.source !== OriginSource.Bound;
    return this.file(segmentId, entrySeq, next.prevEntryEnd, isExact);
  }

  file(segmentId: number, entrySeq: number, toEntrySeq: number, exact: boolean): LogRead {
    const nothing = { offsetBytes: 0, lengthBytes: 0, blockCount: 0 };
    const place = { segmentId, ...nothing, status: ReadStatus.Ok };
    const reason = LossReason.MissingSegment;
    return { kind: 'lost', fromEntrySeq: entrySeq, toEntrySeq, exact, reason, ...place };
  }

  #damage(fromEntrySeq: number, toEntrySeq: number, exact: boolean, evidence: Evidence): LogRead {
    const reason = LossReason.Damage;
    return { kind: 'lost', fromEntrySeq, toEntrySeq, exact, reason, ...evidence };
  }

  #toEnd(segment: LogSegment, entrySeq: number, evidence: Evidence): LogRead {
    const { entryEnd, isEndExact, segmentId } = segment;
    const next = this.#source.after(segmentId);
    // The next segment names another one as that before it: a whole file is missing.
    const isFile =
      next !== undefined && next.prevSegmentId !== 0 && next.prevSegmentId !== segmentId;
    const reason = isFile ? LossReason.MissingSegment : LossReason.Damage;
    const toEntrySeq = Math.max(entryEnd, entrySeq);
    const range = { fromEntrySeq: entrySeq, toEntrySeq, exact: isEndExact, reason };
    return { kind: 'lost', ...range, ...evidence };
  }
}
