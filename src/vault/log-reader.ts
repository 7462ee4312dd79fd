// Reads one log from any entry on, block after block. Everything is verified before it is handed
// out; what does not hold becomes a range of lost entries, counted once and exactly: up to the next
// valid block, or at a segment's end up to where the next says that the log went on.
//
// One LogSource for each log and thread, one LogReader for each place in it.
//   oldest first   seek(entrySeq), then next() again and again
//   newest first   source.segments from the last to the first: index() each, then for its rows from
//                  the last to the first that have entries: moveTo() and one next()

import type { DurableEnd } from '../memory/vault-page.ts';
import { BlockFinder } from './block-finder.ts';
import type { BlockIndex } from './block-index.ts';
import { entryEndOf } from './block-probe.ts';
import { BlockWalk, Look } from './block-walk.ts';
import { CutEntry } from './cut-entry.ts';
import { EntryBlock } from './entry-block.ts';
import { BlockFlag, BlockType, segmentHeaderSizeBytes, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { EntryPlace, LogRead } from './log-read.ts';
import { type LogSegment, type LogSource, segmentLimitBytes } from './log-source.ts';
import { LossCount } from './loss-count.ts';
import { ReadStatus } from './read-status.ts';
import { readWindowSizeBytes } from './read-window.ts';
import { U64 } from './u64.ts';

export class LogReader {
  readonly #source: LogSource;
  readonly #walk: BlockWalk;
  readonly #entries: EntryBlock;
  readonly #cut: CutEntry;
  readonly #finder: BlockFinder;
  readonly #loss: LossCount;
  /** What seek() asked for and next() has not looked for yet; -1: nothing. */
  #soughtEntrySeq = 0;
  #entrySeq = 0;
  /** Blocks that end before it are passed over: what was sought, and never what was read. */
  #wantedEntrySeq = 0;
  #wantBytes = readAheadBytes;

  constructor(source: LogSource) {
    this.#source = source;
    this.#walk = new BlockWalk(source);
    this.#entries = new EntryBlock(source, this.#walk);
    this.#cut = new CutEntry(source, this.#walk);
    this.#finder = new BlockFinder(source);
    this.#loss = new LossCount(source, this.#walk);
  }

  /** All entries below were given, lost or skipped. */
  get nextEntrySeq(): number {
    return this.#soughtEntrySeq < 0 ? this.#entrySeq : this.#soughtEntrySeq;
  }

  /** Where it stands; for progress. */
  get place(): { readonly segmentId: number; readonly offsetBytes: number } {
    const { segment, offsetBytes } = this.#walk;
    return { segmentId: segment?.segmentId ?? 0, offsetBytes };
  }

  /** next() goes on with the block that has this entry; what it gives may begin before it. */
  seek(entrySeq: number): void {
    this.#soughtEntrySeq = entrySeq;
    this.#wantBytes = readAheadBytes;
  }

  /** Fills the index, or brings it up to date. `segment` is one of the source's. */
  index(segment: LogSegment, end: DurableEnd, index: BlockIndex): IoFault {
    return index.update(this.#source, segment, segmentLimitBytes(segment, end));
  }

  /**
   * The first entry of the block that has this one. What it was asked for, if a fault or damage
   * hides it.
   */
  blockStart(entrySeq: number, end: DurableEnd): number {
    return this.#finder.blockStart(entrySeq, end);
  }

  /** next() goes on with this row, and does not read ahead. */
  moveTo(segment: LogSegment, index: BlockIndex, row: number): void {
    this.#walk.place(segment, index.offsetBytes(row), index.blockSeq(row));
    this.#entrySeq = index.firstEntrySeq(row);
    this.#wantedEntrySeq = this.#entrySeq;
    this.#soughtEntrySeq = -1;
    this.#wantBytes = index.sizeBytes(row);
  }

  next(end: DurableEnd, place: EntryPlace): LogRead {
    const fault = this.#prepare(end);
    if (fault !== IoFault.None) return this.#fault(fault);
    for (;;) {
      const { segment } = this.#walk;
      const isOver = segment === undefined || this.#walk.blockSeq > segment.lastBlockSeq;
      const read = isOver ? this.#leave(segment, end) : this.#step(segment, end, place);
      if (read !== undefined) return read;
    }
  }

  /** Gives the descriptor back; next() takes a new one. */
  close(): void {
    if (this.#walk.segment !== undefined) this.seek(this.nextEntrySeq);
    this.#walk.close();
  }

  #prepare(end: DurableEnd): IoFault {
    const fault = this.#source.refresh(end);
    const { segment } = this.#walk;
    if (segment !== undefined) this.#source.renew(segment);
    if (fault !== IoFault.None || this.#soughtEntrySeq < 0) return fault;
    const found = this.#find(this.#soughtEntrySeq, end);
    // What is gone says so when it is read.
    if (found !== IoFault.None && found !== IoFault.NotFound) return found;
    this.#soughtEntrySeq = -1;
    return IoFault.None;
  }

  #find(soughtEntrySeq: number, end: DurableEnd): IoFault {
    const entrySeq = Math.min(soughtEntrySeq, end.entryEnd); // what is behind has no place yet
    this.#walk.close();
    this.#entrySeq = entrySeq;
    this.#wantedEntrySeq = entrySeq;
    const segment = this.#finder.segmentOf(entrySeq);
    if (segment === undefined) return IoFault.None; // before the first: next() begins with that
    this.#enter(segment, undefined);
    if (entrySeq === segment.firstEntrySeq) return IoFault.None;
    const { index } = this.#finder;
    const fault = this.#finder.update(segment, end);
    if (fault !== IoFault.None) {
      if (fault === IoFault.NotFound) this.#entrySeq = entrySeq; // lost from there on
      return fault;
    }
    const row = index.find(entrySeq);
    const isInside = row >= 0 && entrySeq < segment.entryEnd;
    if (isInside) {
      this.moveTo(segment, index, row);
      this.#wantBytes = readAheadBytes;
      this.#wantedEntrySeq = entrySeq;
      return IoFault.None;
    }
    const last = index.count - 1;
    const endBytes =
      last < 0 ? segmentHeaderSizeBytes : index.offsetBytes(last) + index.sizeBytes(last);
    this.#walk.place(segment, endBytes, segment.lastBlockSeq + 1);
    this.#entrySeq = entrySeq;
    return IoFault.None;
  }

  #enter(segment: LogSegment, chainBefore: U64 | undefined): void {
    this.#walk.enter(segment, chainBefore);
    this.#entrySeq = segment.firstEntrySeq;
  }

  /** On to the next segment; undefined: it was entered. */
  #leave(segment: LogSegment | undefined, end: DurableEnd): LogRead | undefined {
    const entrySeq = this.#entrySeq;
    if (segment !== undefined && entrySeq < segment.entryEnd)
      return this.#count(this.#loss.tail(segment, entrySeq));
    const id = segment?.segmentId ?? 0;
    const next = this.#source.after(id);
    if (next === undefined) {
      if (entrySeq >= end.entryEnd) return { kind: 'end' };
      return this.#count(this.#loss.file(0, entrySeq, end.entryEnd, true));
    }
    if (entrySeq < next.prevEntryEnd) return this.#count(this.#loss.before(next, id, entrySeq));
    if (entrySeq < next.firstEntrySeq) {
      this.#entrySeq = next.firstEntrySeq;
      return { kind: 'skipped', fromEntrySeq: entrySeq, toEntrySeq: next.firstEntrySeq };
    }
    if (entrySeq > next.firstEntrySeq) {
      // What was void came, since what says so is damaged: not everything again.
      const fault = this.#find(entrySeq, end);
      return fault === IoFault.None || fault === IoFault.NotFound ? undefined : this.#fault(fault);
    }
    const chain = this.#walk.chain;
    this.#enter(next, chain === undefined ? undefined : new U64().copy(chain));
    return undefined;
  }

  #step(segment: LogSegment, end: DurableEnd, place: EntryPlace): LogRead | undefined {
    const walk = this.#walk;
    const look = walk.look(segmentLimitBytes(segment, end), this.#wantBytes, true);
    switch (look) {
      case Look.Fault:
        return this.#count(this.#loss.gone(segment, end, this.#entrySeq));
      case Look.Missing:
        return this.#count(this.#loss.place(segment, end, this.#entrySeq, walk.status));
      case Look.DamagedBody:
        return this.#count(this.#loss.block(segment, end, this.#entrySeq, walk.status));
      case Look.Block:
        return this.#block(segment, end, place);
    }
  }

  #block(segment: LogSegment, end: DurableEnd, place: EntryPlace): LogRead | undefined {
    const walk = this.#walk;
    const { header } = walk;
    if (header.type !== BlockType.Data) {
      walk.pass();
      return undefined;
    }
    if (!this.#continuesHere(segment))
      return this.#count(this.#loss.place(segment, end, this.#entrySeq, ReadStatus.Inconsistent));
    if ((header.flags & BlockFlag.Continued) !== 0) {
      walk.pass(); // of an entry that is lost already
      return undefined;
    }
    return (header.flags & BlockFlag.More) !== 0
      ? this.#cutEntry(segment, end, place)
      : this.#wholeEntries(segment, end, place);
  }

  #wholeEntries(segment: LogSegment, end: DurableEnd, place: EntryPlace): LogRead | undefined {
    const { header } = this.#walk;
    const { rawSizeBytes, entryCount } = header;
    if (this.#entrySeq + entryCount <= this.#wantedEntrySeq) {
      this.#walk.pass();
      this.#entrySeq += entryCount;
      return undefined;
    }
    const rawOffsetBytes = place.take(rawSizeBytes);
    if (rawOffsetBytes === 0) return { kind: 'no-room', sizeBytes: rawSizeBytes };
    const status = this.#entries.unpack(rawOffsetBytes);
    if (status !== ReadStatus.Ok)
      return this.#count(this.#loss.block(segment, end, this.#entrySeq, status));
    this.#walk.pass();
    const firstEntrySeq = this.#entrySeq;
    this.#entrySeq += entryCount;
    return { kind: 'entries', rawOffsetBytes, rawSizeBytes, firstEntrySeq, entryCount };
  }

  #cutEntry(segment: LogSegment, end: DurableEnd, place: EntryPlace): LogRead | undefined {
    const cut = this.#cut;
    const outcome = cut.read(segment, segmentLimitBytes(segment, end), this.#entrySeq, place);
    switch (outcome) {
      case 'no-room':
        return { kind: 'no-room', sizeBytes: cut.sizeBytes };
      case 'fault':
        return this.#count(this.#loss.gone(segment, end, this.#entrySeq));
      case 'missing':
        return this.#count(this.#loss.place(segment, end, this.#entrySeq, this.#walk.status));
      case 'damaged':
        return this.#count(this.#loss.block(segment, end, this.#entrySeq, this.#walk.status));
      case 'entry': {
        const firstEntrySeq = this.#entrySeq;
        this.#entrySeq += 1;
        const { rawOffsetBytes, sizeBytes: rawSizeBytes } = cut;
        return { kind: 'entries', rawOffsetBytes, rawSizeBytes, firstEntrySeq, entryCount: 1 };
      }
    }
  }

  /** Is it the entry that comes next, or a further piece of one that is lost? */
  #continuesHere(segment: LogSegment): boolean {
    const { header } = this.#walk;
    const isContinued = (header.flags & BlockFlag.Continued) !== 0;
    const fromEntrySeq = header.firstEntrySeq + (isContinued ? 1 : 0);
    return fromEntrySeq === this.#entrySeq && entryEndOf(header) <= segment.entryEnd;
  }

  /** What is lost is counted once: the next read begins behind it. */
  #count(read: LogRead): LogRead {
    if (read.kind === 'lost') this.#entrySeq = read.toEntrySeq;
    return read;
  }

  #fault(fault: IoFault): LogRead {
    return { kind: 'fault', fault, segmentId: this.#walk.segment?.segmentId ?? 0 };
  }
}

const readAheadBytes = readWindowSizeBytes - unitSizeBytes;
