// A position in one segment, and the block that should be there. Goes from block to block by their
// lengths; where the expected one is not, it looks for the next that is at home in the file.

import { assert } from '../assert.ts';
import { KiB } from '../limits.ts';
import { BlockHeader } from './block-header.ts';
import { isChained, isNextBlock } from './block-probe.ts';
import { blockSizeBytes } from './block-size.ts';
import { BlockFlag, segmentHeaderSizeBytes, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogSegment, LogSource } from './log-source.ts';
import { ReadStatus } from './read-status.ts';
import { nothingProven, type ReadableFile, readWindowSizeBytes } from './read-window.ts';
import { U64 } from './u64.ts';

export const Look = {
  /** The expected block: its header is in `header`, and the window is at it. */
  Block: 0,
  /** The same, but what it stores or its padding is damaged, as `status` says. */
  DamagedBody: 1,
  /** Not the expected block; `status` says what was found. */
  Missing: 2,
  /** A call failed: `fault`. */
  Fault: 3,
} as const;
export type Look = (typeof Look)[keyof typeof Look];

/** What a search may answer with. */
export interface SearchBounds {
  /** Nothing from here on counts. */
  readonly limitBytes: number;
  readonly lastBlockSeq: number;
  readonly entrySeq: number;
  readonly entryEnd: number;
}

export class BlockWalk {
  offsetBytes = 0;
  /** Expected there. */
  blockSeq = 0;
  readonly header = new BlockHeader();
  status: ReadStatus = ReadStatus.Ok;
  fault: IoFault = IoFault.None;
  /** Behind a search that found nothing: where the bytes end that it looked at. */
  searchedBytes = 0;
  readonly #source: LogSource;
  #segment: LogSegment | undefined;
  #open: ReadableFile | undefined;
  readonly #chain = new U64();
  /** False where the block before is not known: the chain starts anew. */
  #hasChain = false;

  constructor(source: LogSource) {
    this.#source = source;
  }

  get segment(): LogSegment | undefined {
    return this.#segment;
  }

  /** The file of the segment; undefined: `fault` says why it cannot be opened. */
  file(): ReadableFile | undefined {
    const segment = this.#segment;
    assert(segment !== undefined, 'reads from no segment');
    if (this.#open !== undefined) return this.#open;
    const opened = this.#source.open(segment);
    if (typeof opened === 'number') this.fault = opened;
    else this.#open = { file: opened, provenOffsetBytes: nothingProven };
    return this.#open;
  }

  /** To the first block. `chain` is that of the block before it, if it was read. */
  enter(segment: LogSegment, chainBefore: U64 | undefined): void {
    this.place(segment, segmentHeaderSizeBytes, segment.firstBlockSeq);
    if (segment.prevChain === undefined) return;
    this.#hasChain = true;
    this.#chain.copy(chainBefore ?? segment.prevChain);
    // The header repeats it. Where both disagree, the first block is held against what was read.
  }

  /** Of the block before the position. */
  get chain(): U64 | undefined {
    return this.#hasChain ? this.#chain : undefined;
  }

  /** To any block; the one before it is not known. */
  place(segment: LogSegment, offsetBytes: number, blockSeq: number): void {
    assert(offsetBytes >= unitSizeBytes && offsetBytes % unitSizeBytes === 0, 'not at a unit');
    if (segment.segmentId !== this.#segment?.segmentId) this.close();
    this.#segment = segment;
    this.offsetBytes = offsetBytes;
    this.blockSeq = blockSeq;
    this.#hasChain = false;
  }

  /** `wantBytes` is how much to read if anything is read; `withBody` whether to check all of it. */
  look(limitBytes: number, wantBytes: number, withBody: boolean): Look {
    const { window, probe } = this.#source;
    const segment = this.#segment;
    assert(segment !== undefined, 'looks for a block in no segment');
    const at = this.offsetBytes;
    if (at + unitSizeBytes > limitBytes) return this.#missing(ReadStatus.Truncated);
    if (!this.#load(unitSizeBytes, Math.min(wantBytes, limitBytes - at))) return Look.Fault;
    if (window.availableBytes < unitSizeBytes) return this.#missing(ReadStatus.Truncated);
    const { header } = this;
    const status = probe.readHeader(window.offsetBytes, at, segment, header);
    if (status !== ReadStatus.Ok) return this.#missing(status);
    if (!isNextBlock(header, this.blockSeq, this.chain)) return this.#missing(ReadStatus.Misplaced);
    const sizeBytes = blockSizeBytes(header.storedSizeBytes);
    if (at + sizeBytes > limitBytes) return this.#missing(ReadStatus.Inconsistent);
    if (!withBody) return Look.Block;
    return this.#lookAtBody(sizeBytes, Math.min(wantBytes, limitBytes - at));
  }

  /** Behind the block that look() has seen. */
  pass(): void {
    this.#chain.copy(this.header.headerHash);
    this.#hasChain = true;
    this.blockSeq += 1;
    this.offsetBytes += blockSizeBytes(this.header.storedSizeBytes);
  }

  /**
   * Goes to the next valid block behind the position, or stays, if there is none. Look.Block:
   * `header` is its header. Look.Missing: none.
   */
  search(bounds: SearchBounds): Look {
    const { window, probe } = this.#source;
    const segment = this.#segment;
    assert(segment !== undefined, 'looks for a block in no segment');
    const { header } = this;
    const startBytes = this.offsetBytes;
    const wantBytes = readWindowSizeBytes - unitSizeBytes;
    let at = startBytes + unitSizeBytes;
    for (; at + unitSizeBytes <= bounds.limitBytes; at += unitSizeBytes) {
      this.offsetBytes = at;
      const isLoaded = this.#load(unitSizeBytes, Math.min(wantBytes, bounds.limitBytes - at));
      this.offsetBytes = startBytes;
      if (!isLoaded) return Look.Fault;
      if (window.availableBytes < unitSizeBytes) break;
      if (probe.readHeader(window.offsetBytes, at, segment, header) !== ReadStatus.Ok) continue;
      if (!isWithin(header, this.blockSeq, bounds)) continue;
      this.place(segment, at, header.blockSeq);
      return Look.Block;
    }
    this.searchedBytes = at;
    return Look.Missing;
  }

  close(): void {
    this.#open?.file.close();
    this.#open = undefined;
    this.#segment = undefined;
  }

  #lookAtBody(sizeBytes: number, wantBytes: number): Look {
    const { window, probe } = this.#source;
    // Of a type to pass over: none that is read is as long.
    if (sizeBytes >= readWindowSizeBytes) return Look.Block;
    if (!this.#load(sizeBytes, wantBytes)) return Look.Fault;
    const endBytes = window.offsetBytes + window.availableBytes;
    this.status = probe.checkBody(window.offsetBytes, endBytes, this.header);
    return this.status === ReadStatus.Ok ? Look.Block : Look.DamagedBody;
  }

  #load(needBytes: number, wantBytes: number): boolean {
    const open = this.file();
    if (open === undefined) return false;
    const { window } = this.#source;
    // Readers that take turns would read a window for every block.
    const aheadBytes = window.isOf(open.file) ? wantBytes : Math.min(wantBytes, firstReadSizeBytes);
    this.fault = window.load(open, this.offsetBytes, needBytes, aheadBytes);
    return this.fault === IoFault.None;
  }

  #missing(status: ReadStatus): Look {
    this.status = status;
    return Look.Missing;
  }
}

const firstReadSizeBytes = 128 * KiB;

function isWithin(header: BlockHeader, blockSeq: number, bounds: SearchBounds): boolean {
  const isContinued = (header.flags & BlockFlag.Continued) !== 0;
  const entrySeq = header.firstEntrySeq + (isContinued ? 1 : 0);
  return (
    isChained(header) &&
    header.blockSeq >= blockSeq &&
    header.blockSeq <= bounds.lastBlockSeq &&
    entrySeq >= bounds.entrySeq &&
    header.firstEntrySeq + header.entryCount <= bounds.entryEnd
  );
}
