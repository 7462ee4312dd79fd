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
import { segmentFolder, segmentIdOf, segmentPath } from './file-names.ts';
import type { Hash64 } from './hash64.ts';
import { IoFault } from './io-fault.ts';
import { ReadWindow, readWindowSizeBytes } from './read-window.ts';
import { EntranceReader, type SegmentEntrance } from './segment-entrance.ts';
import { OriginSource } from './segment-table.ts';
import { unitWindowSizeBytes } from './unit-window.ts';

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

/** A segment that is part of the log. */
export interface LogSegment extends SegmentEntrance {
  readonly path: string;
  /** As listed; 0: not listed. Says where a trailer may be, and nothing about the log. */
  readonly fileSizeBytes: number;
  /** The last block that counts; of the newest segment the durable end's. */
  lastBlockSeq: number;
  /** Exclusive. */
  entryEnd: number;
  /** False: entryEnd is an upper bound. */
  isEndExact: boolean;
}

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
  /** Every segment of this vault by its id, also those that are void. */
  readonly #found = new Map<number, LogSegment>();
  #segments: LogSegment[] = [];
  /** Of the durable end that the segments were last looked at for. */
  #liveSegmentId = -1;
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
  }

  /** Arena offset of 1 MiB for whoever reads now. */
  get pieceOffsetBytes(): number {
    return this.parts.region.offsetBytes + readWindowSizeBytes;
  }

  /** Arena offset of 64 KiB for whoever reads now. */
  get stateOffsetBytes(): number {
    return this.pieceOffsetBytes + MiB;
  }

  /** Oldest first. Valid after refresh(), until the next. */
  get segments(): readonly LogSegment[] {
    return this.#segments;
  }

  get strangers(): readonly StrangeFile[] {
    return [...this.#strangers.values()];
  }

  /** Looks for new segments when the durable end has gone into another one. */
  refresh(end: DurableEnd): IoFault {
    if (end.liveSegmentId !== this.#liveSegmentId) {
      const fault = this.#look(end);
      if (fault !== IoFault.None) return fault;
      this.#order(end);
      this.#liveSegmentId = end.liveSegmentId;
    }
    const newest = this.#segments.at(-1);
    if (newest !== undefined) {
      newest.lastBlockSeq = end.blockSeq;
      newest.entryEnd = end.entryEnd;
      newest.isEndExact = true;
    }
    return IoFault.None;
  }

  /** Segments that end by this entry are not asked for any more, and may be gone. */
  forgetBelow(entrySeq: number): void {
    const kept = this.#segments.findIndex((segment) => segment.entryEnd > entrySeq);
    const from = kept === -1 ? Math.max(this.#segments.length - 1, 0) : kept;
    if (from === 0) return; // asked in every turn, and there may be very many
    this.#segments.splice(0, from);
    const oldest = this.#segments[0];
    for (const id of this.#found.keys())
      if (oldest === undefined || id < oldest.segmentId) this.#found.delete(id);
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
      const fault = this.#lookAt(path, path.slice(segmentFolder.length + 1), 0, end);
      // A number that no file has: a segment that was given up, or is gone again.
      if (fault !== IoFault.None && fault !== IoFault.NotFound) return fault;
    }
    this.#lookedAtId = liveSegmentId;
    return IoFault.None;
  }

  #lookAtAll(end: DurableEnd): IoFault {
    const listed = this.parts.directory.list(segmentFolder);
    if (listed.fault !== IoFault.None) return listed.fault;
    this.#strangers.clear();
    this.#lookedAtId = end.liveSegmentId;
    const known = new Set([...this.#found.values()].map((segment) => segment.path));
    for (const { name, sizeBytes } of listed.names) {
      const path = `${segmentFolder}/${name}`;
      if (segmentIdOf(name) === 0 || known.has(path)) continue;
      const fault = this.#lookAt(path, name, sizeBytes, end);
      // Gone since it was listed: a segment that was settled.
      if (fault !== IoFault.None && fault !== IoFault.NotFound) return fault;
    }
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
        return this.#take(read.entrance, path, name, sizeBytes, end);
    }
  }

  #take(
    entrance: SegmentEntrance,
    path: string,
    name: string,
    fileSizeBytes: number,
    end: DurableEnd,
  ): IoFault {
    const { segmentId, firstBlockSeq } = entrance;
    const { liveSegmentId } = end;
    const isPublished =
      liveSegmentId === 0 ? firstBlockSeq <= end.blockSeq : segmentId <= liveSegmentId;
    if (!isPublished) return this.#leave(name, fileSizeBytes, 'not published');
    this.#lookedAtId = Math.max(this.#lookedAtId, segmentId);
    const other = this.#found.get(segmentId);
    const hasItsName = segmentIdOf(name) === segmentId;
    if (other !== undefined && other.path !== path) {
      if (!hasItsName) return this.#leave(name, fileSizeBytes, 'copy');
      this.#leave(other.path.slice(segmentFolder.length + 1), other.fileSizeBytes, 'copy');
    }
    this.#strangers.delete(name);
    const segment = { ...entrance, path, fileSizeBytes };
    const end0 = { lastBlockSeq: 0, entryEnd: 0, isEndExact: true };
    this.#found.set(segmentId, { ...segment, ...end0 });
    return IoFault.None;
  }

  #leave(name: string, sizeBytes: number, why: StrangeFile['why']): IoFault {
    this.#strangers.set(name, { name, sizeBytes, why });
    return IoFault.None;
  }

  /** Where each segment ends, from the newest back. */
  #order(end: DurableEnd): void {
    const all = [...this.#found.values()].sort((a, b) => a.segmentId - b.segmentId);
    const kept: LogSegment[] = [];
    let { blockSeq, entryEnd } = end;
    let isExact = true;
    for (const segment of all.reverse()) {
      const name = segment.path.slice(segmentFolder.length + 1);
      if (segment.firstBlockSeq > blockSeq) {
        // All of it: a group that was given up, or written again elsewhere.
        this.#leave(name, segment.fileSizeBytes, 'void');
        continue;
      }
      segment.lastBlockSeq = blockSeq;
      segment.entryEnd = entryEnd;
      segment.isEndExact = isExact;
      kept.push(segment);
      blockSeq = segment.prevLastBlock; // below its first block, so the next one ends further back
      entryEnd = Math.min(entryEnd, segment.prevEntryEnd);
      isExact = segment.source !== OriginSource.Bound;
    }
    this.#segments = kept.reverse();
  }
}

/** Further away a listing costs less than looking for each. */
const nearIds = 64;
