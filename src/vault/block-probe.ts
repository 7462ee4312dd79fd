// Is there a block of this file at this unit? Everything that reads segments asks here: a block
// counts only if its header is intact, names the file and the place that it is read from, and what
// it stores is what it hashed. Stale, foreign and misdirected blocks fail at the first question.

import { assert } from '../assert.ts';
import { BlockBodyCheck } from './block-body.ts';
import { type BlockHeader, readBlockHeader } from './block-header.ts';
import { blockSizeBytes } from './block-size.ts';
import type { ByteView } from './byte-view.ts';
import { BlockFlag, BlockType, blockHeaderSizeBytes, unitSizeBytes } from './format.ts';
import type { Hash64 } from './hash64.ts';
import { ReadStatus } from './read-status.ts';
import type { U64 } from './u64.ts';

/** What every block of a segment repeats. */
export interface SegmentIdentity {
  readonly vaultTag: number;
  readonly segmentId: number;
  readonly epoch: number;
  readonly salt: U64;
}

export class BlockProbe {
  readonly #area: ByteView;
  readonly #hash: Hash64;
  readonly #body: BlockBodyCheck;

  constructor(area: ByteView, hash: Hash64) {
    this.#area = area;
    this.#hash = hash;
    this.#body = new BlockBodyCheck(hash);
  }

  /**
   * The header alone. `bufferBytes` is where the unit is in the area, `fileBytes` where it is in
   * its file. Misplaced: intact, and of another file or place; so are headers of a version that
   * this build cannot read, unless they are at home here.
   */
  readHeader(
    bufferBytes: number,
    fileBytes: number,
    identity: SegmentIdentity,
    header: BlockHeader,
  ): ReadStatus {
    const status = this.readAnyHeader(bufferBytes, fileBytes, header);
    if (!isIntact(status)) return status;
    return isAtHome(this.#area.view, bufferBytes, identity) ? status : ReadStatus.Misplaced;
  }

  /** Of whichever file, but at its own place in it: for a file whose header is lost. */
  readAnyHeader(bufferBytes: number, fileBytes: number, header: BlockHeader): ReadStatus {
    assert(fileBytes % unitSizeBytes === 0, 'probes a place that is not a unit');
    const status = readBlockHeader(this.#area, bufferBytes, header, this.#hash);
    if (!isIntact(status)) return status;
    const ownUnits = this.#area.view.getUint32(bufferBytes + 36, true);
    return ownUnits * unitSizeBytes === fileBytes ? status : ReadStatus.Misplaced;
  }

  /** The header was Ok here. Truncated: the block ends behind `bufferEndBytes`. */
  checkBody(bufferBytes: number, bufferEndBytes: number, header: BlockHeader): ReadStatus {
    const endBytes = bufferBytes + blockSizeBytes(header.storedSizeBytes);
    assert(bufferBytes + blockHeaderSizeBytes <= bufferEndBytes, 'header was not read here');
    if (endBytes > bufferEndBytes) return ReadStatus.Truncated;
    return this.#body.check(this.#area, bufferBytes, header);
  }

  /** Header and what is behind it. After Damaged or Truncated the header may be Ok or not. */
  probe(
    bufferBytes: number,
    bufferEndBytes: number,
    fileBytes: number,
    identity: SegmentIdentity,
    header: BlockHeader,
  ): ReadStatus {
    const status = this.readHeader(bufferBytes, fileBytes, identity, header);
    return status === ReadStatus.Ok ? this.checkBody(bufferBytes, bufferEndBytes, header) : status;
  }
}

/** FOOTER and TRAILER repeat the last blockSeq and are no part of the chain. */
export function isChained(header: BlockHeader): boolean {
  return header.type !== BlockType.Footer && header.type !== BlockType.Trailer;
}

/** Is it the block that comes next? `chain` is undefined where the block before cannot be read. */
export function isNextBlock(header: BlockHeader, blockSeq: number, chain: U64 | undefined) {
  if (!isChained(header) || header.blockSeq !== blockSeq) return false;
  return chain === undefined || header.prevChain.equals(chain);
}

/** Exclusive end of the entries that begin or go on in this block. */
export function entryEndOf(header: BlockHeader): number {
  const isContinued = (header.flags & BlockFlag.Continued) !== 0;
  return header.firstEntrySeq + (isContinued ? 1 : header.entryCount);
}

/** Exclusive end of the entries that were durable when this block was built. */
export function durableEntryEndOf(header: BlockHeader): number {
  return header.firstEntrySeq - header.sinceDurable;
}

// The hash holds: a writer made it, whether this build can read it or not.
function isIntact(status: ReadStatus): boolean {
  return (
    status === ReadStatus.Ok ||
    status === ReadStatus.UnknownMajor ||
    status === ReadStatus.UnknownFeature
  );
}

// Read from the bytes, since of an unknown version no field was taken; these places are fixed.
function isAtHome(view: DataView, bufferBytes: number, identity: SegmentIdentity): boolean {
  const { segmentId } = identity;
  return (
    view.getUint32(bufferBytes + 16, true) === identity.vaultTag &&
    view.getUint32(bufferBytes + 24, true) === segmentId % 2 ** 32 &&
    view.getUint32(bufferBytes + 28, true) === Math.floor(segmentId / 2 ** 32) &&
    view.getUint32(bufferBytes + 32, true) === identity.epoch &&
    identity.salt.equalsAt(view, bufferBytes + 40)
  );
}
