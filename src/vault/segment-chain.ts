// The files of one log as its writer has them: the live segment, the one that was sealed before it
// and still has to be cut, and the spare that comes next. A file that failed is closed and never
// touched again; it stays in the log as far as it was durable.

import { assert } from '../assert.ts';
import type { Clock } from '../clock.ts';
import { BlockRows } from './block-rows.ts';
import { segmentPath } from './file-names.ts';
import { SegmentFlag, unitSizeBytes } from './format.ts';
import { IoFault } from './io-fault.ts';
import type { LogOrigin } from './log-origin.ts';
import type { LogPosition } from './log-position.ts';
import type { SegmentFolder } from './segment-folder.ts';
import { SegmentHeader } from './segment-header.ts';
import type { SegmentList } from './segment-list.ts';
import { SegmentWriter } from './segment-writer.ts';
import type { SparePath } from './spare-file.ts';
import type { Spares } from './spares.ts';
import type { U64 } from './u64.ts';
import type { VaultBuffers } from './vault-buffers.ts';
import type { WriterCounts } from './writer-counts.ts';

export interface SegmentChainParts {
  readonly folder: SegmentFolder;
  readonly segments: SegmentList;
  readonly buffers: VaultBuffers;
  readonly origin: LogOrigin;
  readonly position: LogPosition;
  readonly spares: Spares;
  readonly clock: Clock;
  readonly counts: WriterCounts;
  readonly capacityBytes: number;
  readonly direct: boolean;
  readonly software: string;
  /** Random bits for each new file. */
  readonly drawSalt: (salt: U64) => void;
}

export class SegmentChain {
  readonly #parts: SegmentChainParts;
  readonly #rows = new BlockRows();
  #live: SegmentWriter | undefined;
  #sealed: SegmentWriter | undefined;

  constructor(parts: SegmentChainParts) {
    this.#parts = parts;
  }

  get live(): SegmentWriter | undefined {
    return this.#live;
  }

  /** Left in the live segment. */
  get roomBytes(): number {
    return this.#live === undefined ? 0 : this.#live.capacityBytes - this.#live.endBytes;
  }

  /** The spare becomes the live segment. What fails here has lost that file, or nothing. */
  open(path: SparePath): IoFault {
    assert(this.#live === undefined, 'opens a segment beside the live one');
    const { folder, position, spares } = this.#parts;
    const segmentId = position.takeSegmentId();
    const opened = spares.take(path, segmentId);
    if (opened.fault !== IoFault.None) return opened.fault;
    const header = this.#header(segmentId);
    const segment = new SegmentWriter({ ...this.#parts, rows: this.#rows }, opened.file, header);
    this.#become(segment);
    const synced = folder.sync();
    if (synced !== IoFault.None) this.poison();
    return synced;
  }

  /** The live segment is finished. After a fault it is poisoned, and finished as well. */
  seal(): IoFault {
    const live = this.#live;
    assert(live !== undefined, 'seals a segment that is not there');
    this.cut();
    const fault = live.seal();
    if (fault !== IoFault.None) {
      this.poison();
      return fault;
    }
    this.#finish(live);
    this.#sealed = live;
    this.#parts.counts.sealedSegments += 1;
    return IoFault.None;
  }

  /** The live file failed: it is closed, and never written or synced again. */
  poison(): void {
    const live = this.#live;
    assert(live !== undefined, 'poisons a segment that is not there');
    const { counts, folder } = this.#parts;
    live.close();
    counts.poisonedFiles += 1;
    this.#become(undefined);
    // Nothing of a file without a durable block is part of the log; it need not wait for its turn.
    const path = segmentPath(live.segmentId);
    if (live.endBytes === 0 && folder.unlink(path, live.capacityBytes) === IoFault.None) return;
    this.#finish(live);
  }

  get hasCut(): boolean {
    return this.#sealed !== undefined;
  }

  /**
   * Gives back what a sealed file does not need. Nothing waits for it, and nothing is lost if it
   * fails: the file stays as large as it was.
   */
  cut(): IoFault {
    const sealed = this.#sealed;
    if (sealed === undefined) return IoFault.None;
    this.#sealed = undefined;
    const { folder, segments } = this.#parts;
    let fault: IoFault = IoFault.None;
    // It may have been deleted already.
    if (segments.has(sealed.segmentId)) {
      fault = sealed.cut();
      if (fault === IoFault.None) {
        segments.resize(sealed.segmentId, sealed.endBytes);
        folder.space.release(sealed.capacityBytes - sealed.endBytes);
      }
    }
    sealed.close();
    return fault;
  }

  /** Gives the descriptors back and leaves the files as they are. */
  close(): void {
    this.#sealed?.close();
    this.#sealed = undefined;
    const live = this.#live;
    if (live === undefined) return;
    live.close();
    this.#become(undefined);
    this.#finish(live);
  }

  #header(segmentId: number): SegmentHeader {
    const { origin, clock, capacityBytes, direct, software, drawSalt } = this.#parts;
    const header = new SegmentHeader();
    header.vaultUuid.set(origin.vaultUuid);
    header.segmentId = segmentId;
    header.epoch = origin.epoch;
    header.flags = direct ? SegmentFlag.Direct : 0;
    drawSalt(header.salt);
    header.createdNs.setNsOfMs(clock.wallMs());
    header.capacityUnits = capacityBytes / unitSizeBytes;
    header.software = software;
    return header;
  }

  #become(segment: SegmentWriter | undefined): void {
    this.#live = segment;
    this.#parts.segments.hasNewer = segment !== undefined;
  }

  #finish(segment: SegmentWriter): void {
    const { position, segments } = this.#parts;
    const entryEnd = position.durableEntryEnd;
    const isVoid = segment.endBytes === 0;
    this.#live = undefined;
    this.#parts.segments.hasNewer = false;
    segments.append({
      segmentId: segment.segmentId,
      sizeBytes: segment.capacityBytes,
      firstEntrySeq: isVoid ? entryEnd : segment.header.firstEntrySeq,
      entryEnd,
    });
  }
}
