// The segments of one log as its readers see them: which there are, and where each ends. An older
// one ends where the one behind it says, whatever its file holds behind that: torn, poisoned and
// refused groups are void. The newest ends at the durable end. Nothing is ever asked of fstat.

import { assert } from '../assert.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { KiB, MiB } from '../limits.ts';
import type { Region } from '../memory/region.ts';
import type { DurableEnd } from '../memory/vault-page.ts';
import { type BlockFile, OpenMode, type VaultDirectory } from './block-file.ts';
import { BlockProbe } from './block-probe.ts';
import type { ByteView } from './byte-view.ts';
import { EntranceTable, type LogSegment } from './entrance-table.ts';
import { segmentFolder, segmentIdOf, segmentPath } from './file-names.ts';
import type { Hash64 } from './hash64.ts';
import { IoFault } from './io-fault.ts';
import { ReadWindow, readWindowSizeBytes } from './read-window.ts';
import { EntranceReader, type SegmentEntrance } from './segment-entrance.ts';
import { SegmentNames } from './segment-names.ts';
import { OriginSource } from './segment-table.ts';
import { unitWindowSizeBytes } from './unit-window.ts';
import { nameOf } from './vault-path.ts';
import { vaultTagOf } from './vault-uuid.ts';

export type { LogSegment } from './entrance-table.ts';

export interface LogSourceParts {
  /** The vault, or a SubDirectory of it. */
  readonly directory: VaultDirectory;
  /** O_DIRECT. */
  readonly direct: boolean;
  readonly vaultUuid: Uint8Array;
  readonly kernel: Kernel;
  /** The whole arena: offsets in it are arena offsets. */
  readonly area: ByteView;
  readonly hash: Hash64;
  /** logReadSizeBytes of the arena, of this thread alone. */
  readonly region: Region;
}

/** A window, the first piece of a cut entry, and the state of a hash over several reads. */
export const logReadSizeBytes = readWindowSizeBytes + MiB + 64 * KiB;

/** Where it ends at the latest: the live one at the durable end, the others nowhere. */
export function segmentLimitBytes(segment: LogSegment, end: DurableEnd): number {
  return segment.segmentId === end.liveSegmentId ? end.endBytes : Number.POSITIVE_INFINITY;
}

/** A file of the segment folder that is not part of the log. */
export interface StrangeFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly why: 'foreign' | 'newer' | 'unused' | 'copy' | 'void' | 'not published';
}

export class LogSource {
  readonly parts: LogSourceParts;
  readonly window: ReadWindow;
  readonly probe: BlockProbe;
  readonly #entrances: EntranceReader;
  readonly #strangers = new Map<string, StrangeFile>();
  /** Every segment of this vault, also those that are void. */
  readonly #found: EntranceTable;
  /** Of files that are called by the number of another segment. */
  readonly #misnamed = new Set<number>();
  /** Of the durable end that the segments were last looked at for. */
  #liveSegmentId = -1;
  /** And how far that went. */
  #blockSeq = 0;
  /** Ids up to here were looked at. */
  #lookedAtId = 0;

  constructor(parts: LogSourceParts) {
    const { region, area, hash } = parts;
    assert(region.sizeBytes >= logReadSizeBytes, 'region too small to read a log');
    this.parts = parts;
    assert(unitWindowSizeBytes <= logReadSizeBytes, 'region too small to look for a segment');
    this.window = new ReadWindow(area, region.offsetBytes);
    // Over the window and what is behind it: it reads nothing while readers do.
    this.#entrances = new EntranceReader(area, region.offsetBytes, hash);
    this.probe = new BlockProbe(area, hash);
    this.#found = new EntranceTable(vaultTagOf(parts.vaultUuid));
  }

  /** Arena offset of 1 MiB for whoever reads now. */
  get pieceOffsetBytes(): number {
    return this.parts.region.offsetBytes + readWindowSizeBytes;
  }

  /** Arena offset of 64 KiB for whoever reads now. */
  get stateOffsetBytes(): number {
    return this.pieceOffsetBytes + MiB;
  }

  /** Oldest first. Made anew, for tools: there may be very many. */
  get segments(): readonly LogSegment[] {
    const segments: LogSegment[] = [];
    for (let index = 0; index < this.#found.count; index += 1) {
      if (!this.#found.isVoid(index)) segments.push(this.#found.row(index));
    }
    return segments;
  }

  // What these four give is as of the last refresh().

  get newest(): LogSegment | undefined {
    const index = this.#before(this.#found.count);
    return index === -1 ? undefined : this.#found.row(index);
  }

  /** The first whose number is higher. */
  after(segmentId: number): LogSegment | undefined {
    const found = this.#found;
    let index = found.indexFrom(segmentId + 1);
    while (index < found.count && found.isVoid(index)) index += 1;
    return index === found.count ? undefined : found.row(index);
  }

  /** The last that begins at or before the entry. */
  lastFrom(entrySeq: number): LogSegment | undefined {
    const found = this.#found;
    for (let index = found.count - 1; index >= 0; index -= 1) {
      if (!found.isVoid(index) && found.firstEntrySeq(index) <= entrySeq) return found.row(index);
    }
    return undefined;
  }

  /** Where a segment ends that somebody has kept. One that was forgotten stays as it was. */
  renew(segment: LogSegment): void {
    const index = this.#found.indexFrom(segment.segmentId);
    const isThere = index < this.#found.count && !this.#found.isVoid(index);
    if (isThere && this.#found.segmentId(index) === segment.segmentId) {
      Object.assign(segment, this.#found.end(index));
    }
  }

  get strangers(): readonly StrangeFile[] {
    return [...this.#strangers.values()];
  }

  /** Looks for new segments when the durable end has gone into another one. */
  refresh(end: DurableEnd): IoFault {
    // A segment that was begun and has failed since the last look has left none, as it was before.
    const hasFailed = end.liveSegmentId === 0 && end.blockSeq !== this.#blockSeq;
    if (end.liveSegmentId !== this.#liveSegmentId || hasFailed) {
      const fault = this.#look(end);
      if (fault !== IoFault.None) return fault;
      this.#order(end);
      this.#liveSegmentId = end.liveSegmentId;
    }
    this.#blockSeq = end.blockSeq;
    const newest = this.#before(this.#found.count);
    if (newest !== -1) this.#found.setEnd(newest, end.blockSeq, end.entryEnd, true);
    return IoFault.None;
  }

  /** Segments that end by this entry are not asked for any more, and may be gone. */
  forgetBelow(entrySeq: number): void {
    const found = this.#found;
    const newest = this.#before(found.count);
    let goneCount = 0; // asked in every turn, and there may be very many
    for (let index = 0; index < newest; index += 1) {
      if (found.isVoid(index)) continue;
      if (found.entryEnd(index) > entrySeq) break;
      goneCount = index + 1;
    }
    found.removeFirst(goneCount);
  }

  /** Or a fault. */
  open(segment: LogSegment): BlockFile | Exclude<IoFault, typeof IoFault.None> {
    const { directory, direct } = this.parts;
    const opened = directory.open(segment.path, { mode: OpenMode.Read, direct });
    return opened.fault === IoFault.None ? opened.file : opened.fault;
  }

  #look(end: DurableEnd): IoFault {
    const { liveSegmentId } = end;
    const isNear = liveSegmentId > this.#lookedAtId && liveSegmentId - this.#lookedAtId <= nearIds;
    if (this.#liveSegmentId < 0 || !isNear) return this.#lookAtAll(end);
    for (let id = this.#lookedAtId + 1; id <= liveSegmentId; id += 1) {
      const path = segmentPath(id);
      const fault = this.#lookAt(path, nameOf(path), 0, end);
      // A number that no file has: a segment that was given up, or is gone again.
      if (fault !== IoFault.None && fault !== IoFault.NotFound) return fault;
    }
    this.#lookedAtId = liveSegmentId;
    return IoFault.None;
  }

  #lookAtAll(end: DurableEnd): IoFault {
    const names = new SegmentNames();
    const folders: string[] = [];
    const listed = this.parts.directory.visit(segmentFolder, (file) => {
      if (!names.add(file) && segmentIdOf(file.name) !== 0) folders.push(file.name);
    });
    if (listed !== IoFault.None) return listed;
    names.sort();
    this.#strangers.clear();
    this.#lookedAtId = end.liveSegmentId;
    for (const name of folders) this.#leave(name, 0, 'foreign');
    this.#found.reserve(names.count);
    for (let index = 0; index < names.count; index += 1) {
      const namedId = names.segmentId(index);
      if (this.#isKnown(namedId)) continue;
      const path = segmentPath(namedId);
      const fault = this.#lookAt(path, nameOf(path), names.sizeBytes(index), end);
      // Gone since it was listed: a segment that was settled.
      if (fault !== IoFault.None && fault !== IoFault.NotFound) return fault;
    }
    names.release();
    return IoFault.None;
  }

  #lookAt(path: string, name: string, sizeBytes: number, end: DurableEnd): IoFault {
    const { directory, direct, vaultUuid } = this.parts;
    const opened = directory.open(path, { mode: OpenMode.Read, direct });
    if (opened.fault === IoFault.NotAFile) return this.#leave(name, sizeBytes, 'foreign');
    if (opened.fault !== IoFault.None) return opened.fault;
    const read = this.#entrances.read(opened.file, segmentIdOf(name), vaultUuid);
    opened.file.close();
    this.window.forget();
    switch (read.kind) {
      case 'fault':
        return read.fault;
      case 'foreign':
      case 'newer':
      case 'unused':
        return this.#leave(name, sizeBytes, read.kind);
      case 'segment':
        return this.#take(read.entrance, name, sizeBytes, end);
    }
  }

  #take(entrance: SegmentEntrance, name: string, fileSizeBytes: number, end: DurableEnd): IoFault {
    const { segmentId, firstBlockSeq } = entrance;
    const { liveSegmentId } = end;
    const isPublished =
      liveSegmentId === 0 ? firstBlockSeq <= end.blockSeq : segmentId <= liveSegmentId;
    if (!isPublished) return this.#leave(name, fileSizeBytes, 'not published');
    this.#lookedAtId = Math.max(this.#lookedAtId, segmentId);
    const namedId = segmentIdOf(name);
    const found = this.#found;
    const index = found.indexFrom(segmentId);
    const isThere = index < found.count && found.segmentId(index) === segmentId;
    const otherId = isThere ? found.namedId(index) : namedId;
    if (otherId !== namedId) {
      if (namedId !== segmentId) return this.#leave(name, fileSizeBytes, 'copy');
      this.#misnamed.delete(otherId);
      this.#leave(nameOf(segmentPath(otherId)), found.row(index).fileSizeBytes, 'copy');
    }
    this.#strangers.delete(name);
    if (namedId !== segmentId) this.#misnamed.add(namedId);
    found.put(entrance, namedId, fileSizeBytes);
    return IoFault.None;
  }

  #isKnown(namedId: number): boolean {
    if (this.#misnamed.has(namedId)) return true;
    const index = this.#found.indexFrom(namedId);
    return index < this.#found.count && this.#found.namedId(index) === namedId;
  }

  #leave(name: string, sizeBytes: number, why: StrangeFile['why']): IoFault {
    this.#strangers.set(name, { name, sizeBytes, why });
    return IoFault.None;
  }

  /** Where each segment ends, from the newest back. */
  #order(end: DurableEnd): void {
    const found = this.#found;
    let { blockSeq, entryEnd } = end;
    let isExact = true;
    for (let index = found.count - 1; index >= 0; index -= 1) {
      const segment = found.bounds(index);
      if (segment.firstBlockSeq > blockSeq) {
        // All of it: a group that was given up, or written again elsewhere.
        const { path, fileSizeBytes } = found.row(index);
        this.#leave(nameOf(path), fileSizeBytes, 'void');
        found.setVoid(index);
        continue;
      }
      found.setEnd(index, blockSeq, entryEnd, isExact);
      blockSeq = segment.prevLastBlock; // below its first block, so the next one ends further back
      entryEnd = Math.min(entryEnd, segment.prevEntryEnd);
      isExact = segment.source !== OriginSource.Bound;
    }
  }

  /** The last below this index that counts; -1: none. */
  #before(index: number): number {
    let at = index - 1;
    while (at >= 0 && this.#found.isVoid(at)) at -= 1;
    return at;
  }
}

/** Further away a listing costs less than looking for each. */
const nearIds = 64;
