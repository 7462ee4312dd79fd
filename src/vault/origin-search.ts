// Whose is a file whose header is damaged? The trailer repeats the whole header, the first block
// what recovery decides by, and any block at least the file's identity. A name is believed only
// where the blocks do not say otherwise.

import { BlockHeader } from './block-header.ts';
import { BlockProbe, durableEntryEndOf, type SegmentIdentity } from './block-probe.ts';
import type { ByteView } from './byte-view.ts';
import {
  BlockType,
  blockHeaderSizeBytes,
  segmentHeaderSizeBytes,
  unitSizeBytes,
} from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import { SegmentOrigin } from './segment-header.ts';
import { OriginSource } from './segment-table.ts';
import { readTrailer, Trailer } from './trailer.ts';
import { type UnitWindow, unitWindowSizeBytes } from './unit-window.ts';

/** A segment and what its blocks name it by. Reused. */
export class FoundSegment extends SegmentOrigin implements SegmentIdentity {
  vaultTag = 0;

  setOrigin(origin: SegmentOrigin, vaultTag: number): this {
    this.segmentId = origin.segmentId;
    this.epoch = origin.epoch;
    this.flags = origin.flags;
    this.salt.copy(origin.salt);
    this.firstBlockSeq = origin.firstBlockSeq;
    this.firstEntrySeq = origin.firstEntrySeq;
    this.prevSegmentId = origin.prevSegmentId;
    this.prevLastBlock = origin.prevLastBlock;
    this.prevEntryEnd = origin.prevEntryEnd;
    this.prevChain.copy(origin.prevChain);
    this.createdNs.copy(origin.createdNs);
    this.capacityUnits = origin.capacityUnits;
    this.vaultTag = vaultTag;
    return this;
  }
}

/** As far as it is known: any tag, any segment. */
export interface Wanted {
  readonly vaultTag: number | undefined;
  /** What the file's name says; a block of it is preferred. */
  readonly segmentId: number;
}

export class OriginSearch {
  readonly found = new FoundSegment();
  /** After find(): behind the last unit that is not zero, if all of them were looked at. */
  contentEndBytes = 0;
  readonly #area: ByteView;
  readonly #probe: BlockProbe;
  readonly #header = new BlockHeader();
  readonly #trailer = new Trailer();

  constructor(area: ByteView, hash: Hash64) {
    this.#area = area;
    this.#probe = new BlockProbe(area, hash);
  }

  /** undefined: there is no valid block of this vault at any unit. Look at window.fault as well. */
  find(window: UnitWindow, wanted: Wanted): OriginSource | undefined {
    const { fileEndBytes } = window;
    if (fileEndBytes <= segmentHeaderSizeBytes) return this.#scan(window, wanted);
    if (this.#takeTrailer(window, fileEndBytes - unitSizeBytes, wanted))
      return OriginSource.Repeated;
    if (this.#takeBlock(window, segmentHeaderSizeBytes, wanted, true)) return OriginSource.Repeated;
    return this.#scan(window, wanted);
  }

  /** A header names another segment than the file: does what is behind it belong to the file? */
  isNamedRightly(window: UnitWindow, wanted: Wanted): boolean {
    const { fileEndBytes } = window;
    if (fileEndBytes <= segmentHeaderSizeBytes) return false;
    if (this.#takeTrailer(window, fileEndBytes - unitSizeBytes, wanted)) return true;
    return this.#takeBlock(window, segmentHeaderSizeBytes, wanted, true);
  }

  // A trailer anywhere says more than any block: of an uncut file it is not the last unit.
  #scan(window: UnitWindow, wanted: Wanted): OriginSource | undefined {
    const { fileEndBytes } = window;
    let ownBytes = 0;
    let strangerBytes = 0;
    this.contentEndBytes = 0;
    for (let from = 0; from < fileEndBytes; from += unitWindowSizeBytes) {
      const endBytes = Math.min(from + unitWindowSizeBytes, fileEndBytes);
      window.at(from, unitWindowSizeBytes);
      this.contentEndBytes = Math.max(this.contentEndBytes, window.contentEndBytes);
      for (let at = Math.max(from, unitSizeBytes); at < endBytes; at += unitSizeBytes) {
        if (this.#takeTrailer(window, at, wanted)) return OriginSource.Repeated;
        if (ownBytes === 0 && this.#takeBlock(window, at, wanted, true)) ownBytes = at;
        if (strangerBytes === 0 && this.#takeBlock(window, at, wanted, false)) strangerBytes = at;
      }
    }
    const foundBytes = ownBytes === 0 ? strangerBytes : ownBytes;
    if (foundBytes === 0) return undefined;
    return this.#takeBlock(window, foundBytes, wanted, false) ? OriginSource.Bound : undefined;
  }

  #takeTrailer(window: UnitWindow, fileBytes: number, wanted: Wanted): boolean {
    const at = window.at(fileBytes, unitSizeBytes);
    if (!this.#isOfVault(at, fileBytes, wanted)) return false;
    const header = this.#header;
    if (header.type !== BlockType.Trailer || header.segmentId !== wanted.segmentId) return false;
    if (this.#probe.checkBody(at, window.endBytes, header) !== ReadStatus.Ok) return false;
    const status = readTrailer(this.#area, at + blockHeaderSizeBytes, this.#trailer);
    if (status !== ReadStatus.Ok) return false;
    this.found.setOrigin(this.#trailer, header.vaultTag);
    return true;
  }

  /** Of the wanted segment, or of any. Right for the first block; a bound for any other. */
  #takeBlock(window: UnitWindow, fileBytes: number, wanted: Wanted, isWanted: boolean): boolean {
    const at = window.at(fileBytes, unitSizeBytes);
    if (!this.#isOfVault(at, fileBytes, wanted)) return false;
    const header = this.#header;
    if (isWanted && header.segmentId !== wanted.segmentId) return false;
    const { found } = this;
    const isFirst = fileBytes === segmentHeaderSizeBytes;
    found.segmentId = header.segmentId;
    found.epoch = header.epoch;
    found.flags = 0;
    found.salt.copy(header.salt);
    found.firstBlockSeq = header.blockSeq;
    found.firstEntrySeq = header.firstEntrySeq;
    found.prevSegmentId = 0;
    found.prevLastBlock = isFirst ? header.durableSeq : header.blockSeq - 1;
    found.prevEntryEnd = isFirst ? durableEntryEndOf(header) : header.firstEntrySeq;
    found.prevChain.copy(header.prevChain);
    found.vaultTag = header.vaultTag;
    return true;
  }

  #isOfVault(at: number, fileBytes: number, { vaultTag }: Wanted): boolean {
    const status = this.#probe.readAnyHeader(at, fileBytes, this.#header);
    if (status !== ReadStatus.Ok) return false;
    return vaultTag === undefined || this.#header.vaultTag === vaultTag;
  }
}
