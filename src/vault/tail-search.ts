// Finds the newest segment that is part of the log and where the log ends in it. A newest file
// whose first commit never became durable is torn as a whole: it is set aside, and the file before
// it is the newest. Changes nothing but one flush before the first read of a file.

import { type BlockFile, OpenMode, type VaultDirectory } from './block-file.ts';
import { BlockHeader } from './block-header.ts';
import { BlockProbe } from './block-probe.ts';
import type { ByteView } from './byte-view.ts';
import {
  BlockType,
  blockHeaderSizeBytes,
  segmentHeaderSizeBytes,
  unitSizeBytes,
} from './format.ts';
import type { Hash64 } from './hash64.ts';
import { HeaderScan } from './header-scan.ts';
import { IoFault } from './io-fault.ts';
import type { LogEvidence } from './log-evidence.ts';
import { FoundSegment, OriginSearch } from './origin-search.ts';
import type { Evidence } from './quarantine.ts';
import { ReadStatus } from './read-status.ts';
import { readSegmentHeader, SegmentHeader } from './segment-header.ts';
import type { SegmentSurvey } from './segment-survey.ts';
import { OriginSource } from './segment-table.ts';
import { TailVerdict, TailWalk } from './tail-walk.ts';
import { readTrailer, Trailer } from './trailer.ts';
import { UnitWindow } from './unit-window.ts';

export interface TailSearchParts {
  readonly directory: VaultDirectory;
  readonly area: ByteView;
  readonly windowOffsetBytes: number;
  readonly hash: Hash64;
  readonly direct: boolean;
}

/** A newest file of which nothing was ever durable. */
export interface TornFile {
  readonly segmentId: number;
  readonly sizeBytes: number;
}

export class TailSearch {
  readonly walk: TailWalk;
  /** 0: there is no segment. */
  segmentId = 0;
  /** The newest segment was sealed and cut: nothing was scanned. */
  isTrailed = false;
  isSynced = true;
  tornBlocks = 0;
  scannedBytes = 0;
  readonly tornFiles: TornFile[] = [];
  readonly evidence: Evidence[] = [];
  /** Of a call that says nothing about the file. */
  fault: IoFault = IoFault.None;
  /** A block that this build cannot read. */
  unknown: ReadStatus = ReadStatus.Ok;
  readonly #parts: TailSearchParts;
  readonly #window: UnitWindow;
  readonly #scan: HeaderScan;
  readonly #search: OriginSearch;
  readonly #header = new SegmentHeader();
  readonly #origin = new FoundSegment();

  constructor(parts: TailSearchParts) {
    this.#parts = parts;
    this.#window = new UnitWindow(parts.area, parts.windowOffsetBytes);
    this.#scan = new HeaderScan(parts.area, parts.hash);
    this.#search = new OriginSearch(parts.area, parts.hash);
    this.walk = new TailWalk(parts.area, parts.hash);
  }

  /** What lies behind the end in the survey's table is removed from it. */
  run(survey: SegmentSurvey, vaultTag: number, evidence: LogEvidence): void {
    const { table } = survey;
    while (table.count > 0 && this.segmentId === 0 && this.isDone) {
      const row = table.row(table.count - 1);
      const path = survey.pathOf(row.segmentId);
      const { direct, directory } = this.#parts;
      const opened = directory.open(path, { mode: OpenMode.Read, direct });
      this.fault = opened.fault;
      if (opened.fault !== IoFault.None) return;
      const isPart = this.#look(opened.file, row.segmentId, row.sizeBytes, vaultTag, evidence);
      opened.file.close();
      if (isPart) this.segmentId = row.segmentId;
      else if (this.isDone) table.removeLast();
    }
    if (table.count === 0 && this.isDone) this.#endWithoutSegments(evidence);
  }

  get isDone(): boolean {
    return this.fault === IoFault.None && this.unknown === ReadStatus.Ok;
  }

  /** False: torn as a whole, or it cannot be told (isDone). */
  #look(
    file: BlockFile,
    segmentId: number,
    sizeBytes: number,
    vaultTag: number,
    evidence: LogEvidence,
  ): boolean {
    // What a dead process left in the cache must not decide: from here on it is on the medium.
    this.isSynced = file.fdatasync() === IoFault.None;
    const window = this.#window;
    window.open(file, sizeBytes);
    const source = this.#findOrigin(segmentId, vaultTag);
    if (this.#hasFailed()) return false;
    if (source === undefined) {
      this.#setAside(segmentId, sizeBytes, this.#search.contentEndBytes);
      return false;
    }
    const origin = this.#origin;
    if (source !== OriginSource.Bound) evidence.addDurableBefore(origin);
    if (this.#takeTrailer(evidence)) return true;
    const scan = this.#scan;
    scan.run(window, origin, evidence);
    this.scannedBytes += window.fileEndBytes;
    if (this.#hasFailed()) return false;
    const { contentEndBytes } = scan;
    if (source !== OriginSource.Header && scan.lowestBlockSeq > evidence.durableSeq) {
      this.tornBlocks += scan.countBlocks(window, origin, segmentHeaderSizeBytes, contentEndBytes);
      this.#setAside(segmentId, sizeBytes, contentEndBytes);
      return false;
    }
    const hasPrevChain = source !== OriginSource.Bound;
    this.walk.run(window, origin, evidence, contentEndBytes, this.isSynced, hasPrevChain);
    this.#collect(contentEndBytes);
    return !this.#hasFailed();
  }

  // From the file again, since only now nothing of it can still change.
  #findOrigin(segmentId: number, vaultTag: number): OriginSource | undefined {
    const window = this.#window;
    const { area, hash } = this.#parts;
    const header = this.#header;
    const status = readSegmentHeader(area, window.at(0, unitSizeBytes), header, hash);
    if (status === ReadStatus.Ok && header.segmentId === segmentId) {
      this.#origin.setOrigin(header, vaultTag);
      return OriginSource.Header;
    }
    const source = this.#search.find(window, { vaultTag, segmentId });
    this.#origin.setOrigin(this.#search.found, vaultTag);
    return source;
  }

  /** A TRAILER in the last unit: the file was sealed and cut, and says where it ends. */
  #takeTrailer(evidence: LogEvidence): boolean {
    const window = this.#window;
    const { area, hash } = this.#parts;
    const lastBytes = window.fileEndBytes - unitSizeBytes;
    if (lastBytes < 2 * unitSizeBytes) return false;
    const header = new BlockHeader();
    const probe = new BlockProbe(area, hash);
    const at = window.at(lastBytes, unitSizeBytes);
    const status = probe.probe(at, at + unitSizeBytes, lastBytes, this.#origin, header);
    if (status !== ReadStatus.Ok || header.type !== BlockType.Trailer) return false;
    const trailer = new Trailer();
    if (readTrailer(area, at + blockHeaderSizeBytes, trailer) !== ReadStatus.Ok) return false;
    evidence.addBlock(header);
    this.walk.endAtTrailer(trailer, window.fileEndBytes, evidence);
    this.isTrailed = true;
    return true;
  }

  #endWithoutSegments(evidence: LogEvidence): void {
    const { end } = this.walk;
    end.lastBlockSeq = evidence.durableSeq;
    end.entryEnd = evidence.durableEntryEnd;
    // All that was durable was settled and deleted, unless a cursor says that it waits for more.
    const isLost = (evidence.settledBelow ?? end.entryEnd) < end.entryEnd;
    this.walk.verdict = isLost ? TailVerdict.DurableTailLost : TailVerdict.Clean;
  }

  #collect(contentEndBytes: number): void {
    const { walk } = this;
    const { segmentId } = this.#origin;
    for (const { fromBytes, toBytes } of walk.damage)
      this.evidence.push({ segmentId, fromBytes, toBytes, reason: 'damaged' });
    const isLost = walk.verdict === TailVerdict.DurableTailLost;
    const fromBytes = isLost ? walk.stopBytes : walk.end.positionBytes;
    const isCutOff = isLost || walk.isEntryCut || walk.verdict === TailVerdict.Torn;
    const toBytes = Math.max(contentEndBytes, walk.stopBytes);
    if (!isCutOff || toBytes <= fromBytes) return;
    this.tornBlocks += this.#scan.countBlocks(this.#window, this.#origin, fromBytes, toBytes);
    const reason = isLost ? 'tail-lost' : 'torn';
    this.evidence.push({ segmentId, fromBytes, toBytes, reason });
  }

  #setAside(segmentId: number, sizeBytes: number, contentEndBytes: number): void {
    this.tornFiles.push({ segmentId, sizeBytes });
    if (contentEndBytes === 0) return;
    this.evidence.push({ segmentId, fromBytes: 0, toBytes: contentEndBytes, reason: 'torn' });
  }

  #hasFailed(): boolean {
    const window = this.#window;
    this.fault = window.fault;
    // Not one unit: the device is gone, and may come back with everything.
    if (window.readableUnits === 0) this.fault = IoFault.Medium;
    this.unknown = this.#scan.unknown;
    return !this.isDone;
  }
}
