// Where the blocks of one segment are, for reading from any place in it and for reading the newest
// first: from the footer, or by a walk over the headers where there is none that holds. Places
// where blocks are missing have a row too, so that nothing lost is passed over.

import { assert } from '../assert.ts';
import { KiB } from '../limits.ts';
import { blockSizeBytes } from './block-size.ts';
import { BlockWalk, Look } from './block-walk.ts';
import { readFooter } from './footer-read.ts';
import { BlockFlag, BlockType, segmentHeaderSizeBytes, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogSegment, LogSource } from './log-source.ts';

/** Columns of the rows; grown as needed, at most one row a unit of the largest segment. */
interface Columns {
  readonly offsetUnits: Uint32Array;
  readonly units: Uint32Array;
  readonly blockSeq: Float64Array;
  readonly firstEntrySeq: Float64Array;
  readonly entryCount: Float64Array; // of a hole: what is lost in it, which no block could hold
}

/** Reused: holds one segment at a time. */
export class BlockIndex {
  segmentId = 0;
  /** False: it was walked. */
  isFromFooter = false;
  #count = 0;
  #columns = columnsOf(64);
  /** Where a walk goes on when the segment has grown. */
  #nextOffsetBytes = 0;
  #nextBlockSeq = 0;
  #nextEntrySeq = 0;

  get count(): number {
    return this.#count;
  }

  offsetBytes(row: number): number {
    return this.#columns.offsetUnits[this.#inside(row)]! * unitSizeBytes; // inside
  }

  sizeBytes(row: number): number {
    return this.#columns.units[this.#inside(row)]! * unitSizeBytes; // inside
  }

  blockSeq(row: number): number {
    return this.#columns.blockSeq[this.#inside(row)]!; // inside
  }

  firstEntrySeq(row: number): number {
    return this.#columns.firstEntrySeq[this.#inside(row)]!; // inside
  }

  /** Entries that begin in this row; 0: nothing to read from it. */
  entryCount(row: number): number {
    return this.#columns.entryCount[this.#inside(row)]!; // inside
  }

  /** The last row whose first entry is not behind this one; -1: none. */
  find(entrySeq: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.firstEntrySeq(middle) <= entrySeq) low = middle + 1;
      else high = middle;
    }
    // Behind it there may be rows without entries, which begin where it ends.
    let row = low - 1;
    while (row > 0 && this.entryCount(row) === 0) row -= 1;
    return row;
  }

  clear(): void {
    this.segmentId = 0;
    this.#count = 0;
  }

  /**
   * Makes this the index of the segment up to `limitBytes`, or adds what the segment has more than
   * when this was called last.
   */
  update(source: LogSource, segment: LogSegment, limitBytes: number): IoFault {
    const walk = new BlockWalk(source);
    try {
      if (this.segmentId !== segment.segmentId) {
        this.#begin(segment);
        walk.place(segment, segmentHeaderSizeBytes, segment.firstBlockSeq);
        const fault = this.#readFooter(source, walk, segment);
        if (fault !== IoFault.None) return fault;
      }
      return this.#nextBlockSeq > segment.lastBlockSeq
        ? IoFault.None
        : this.#walk(walk, segment, limitBytes);
    } finally {
      walk.close();
    }
  }

  #begin(segment: LogSegment): void {
    this.clear();
    this.segmentId = segment.segmentId;
    this.isFromFooter = false;
    this.#nextOffsetBytes = segmentHeaderSizeBytes;
    this.#nextBlockSeq = segment.firstBlockSeq;
    this.#nextEntrySeq = segment.firstEntrySeq;
  }

  #readFooter(source: LogSource, walk: BlockWalk, segment: LogSegment): IoFault {
    const open = walk.file();
    if (open === undefined) return walk.fault;
    const found = readFooter(source, open, segment, (entry) => {
      if (entry.blockSeq > segment.lastBlockSeq) return;
      const { offsetUnits, units, blockSeq, firstEntrySeq, entryCount, type } = entry;
      const count = type === BlockType.Data ? entryCount : 0;
      this.#add(offsetUnits, units, blockSeq, firstEntrySeq, count);
      this.#nextOffsetBytes = (offsetUnits + units) * unitSizeBytes;
      this.#nextBlockSeq = blockSeq + 1;
      this.#nextEntrySeq = firstEntrySeq + count;
    });
    if (found.kind === 'footer') this.isFromFooter = true;
    else this.#begin(segment);
    return found.kind === 'fault' ? found.fault : IoFault.None;
  }

  #walk(walk: BlockWalk, segment: LogSegment, limitBytes: number): IoFault {
    walk.place(segment, this.#nextOffsetBytes, this.#nextBlockSeq);
    const { lastBlockSeq, entryEnd } = segment;
    while (walk.blockSeq <= lastBlockSeq) {
      const { offsetBytes, blockSeq, header } = walk;
      const look = walk.look(limitBytes, walkReadSizeBytes, false);
      if (look === Look.Fault) return walk.fault;
      if (look === Look.Block) {
        const isData = header.type === BlockType.Data;
        const units = blockSizeBytes(header.storedSizeBytes) / unitSizeBytes;
        const firstEntrySeq = isData ? header.firstEntrySeq : this.#nextEntrySeq;
        this.#add(offsetBytes / unitSizeBytes, units, blockSeq, firstEntrySeq, header.entryCount);
        // While an entry goes on this stands behind it already.
        this.#nextEntrySeq = Math.max(this.#nextEntrySeq, firstEntrySeq + header.entryCount);
        walk.pass();
      } else {
        const entrySeq = this.#nextEntrySeq;
        const found = walk.search({ limitBytes, lastBlockSeq, entrySeq, entryEnd });
        if (found === Look.Fault) return walk.fault;
        const toBytes = found === Look.Block ? walk.offsetBytes : walk.searchedBytes;
        const isContinued = (header.flags & BlockFlag.Continued) !== 0;
        const next = found === Look.Block ? header.firstEntrySeq + (isContinued ? 1 : 0) : entryEnd;
        const units = (toBytes - offsetBytes) / unitSizeBytes;
        const lost = Math.max(next - entrySeq, 0);
        this.#add(offsetBytes / unitSizeBytes, Math.max(units, 1), blockSeq, entrySeq, lost);
        this.#nextEntrySeq = entrySeq + lost;
        if (found !== Look.Block) {
          walk.place(segment, Math.max(toBytes, offsetBytes), lastBlockSeq + 1);
        }
      }
      this.#nextOffsetBytes = walk.offsetBytes;
      this.#nextBlockSeq = walk.blockSeq;
    }
    return IoFault.None;
  }

  #add(
    offsetUnits: number,
    units: number,
    blockSeq: number,
    firstEntrySeq: number,
    entryCount: number,
  ): void {
    if (this.#count === this.#columns.units.length) this.#columns = grown(this.#columns);
    const columns = this.#columns;
    columns.offsetUnits[this.#count] = offsetUnits;
    columns.units[this.#count] = units;
    columns.blockSeq[this.#count] = blockSeq;
    columns.firstEntrySeq[this.#count] = firstEntrySeq;
    columns.entryCount[this.#count] = entryCount;
    this.#count += 1;
  }

  #inside(row: number): number {
    assert(row >= 0 && row < this.#count, 'no such row in the index');
    return row;
  }
}

/** A walk looks at one unit of each block: small blocks are read together, large ones are not. */
const walkReadSizeBytes = 32 * KiB;

function columnsOf(count: number): Columns {
  return {
    offsetUnits: new Uint32Array(count),
    units: new Uint32Array(count),
    blockSeq: new Float64Array(count),
    firstEntrySeq: new Float64Array(count),
    entryCount: new Float64Array(count),
  };
}

function grown(columns: Columns): Columns {
  const larger = columnsOf(2 * columns.units.length);
  larger.offsetUnits.set(columns.offsetUnits);
  larger.units.set(columns.units);
  larger.blockSeq.set(columns.blockSeq);
  larger.firstEntrySeq.set(columns.firstEntrySeq);
  larger.entryCount.set(columns.entryCount);
  return larger;
}
