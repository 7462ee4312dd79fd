// The end of a segment, FOOTER and TRAILER, as they are written in one call when it is full.

import { assert } from '../assert.ts';
import { finishBlockBody } from './block-body.ts';
import { type BlockHeader, writeBlockHeader } from './block-header.ts';
import type { BlockRows } from './block-rows.ts';
import { putFooterHead } from './footer.ts';
import {
  BlockFlag,
  BlockType,
  blockHeaderSizeBytes,
  frameHeadSizeBytes,
  unitSizeBytes,
} from './format.ts';
import type { LogPosition } from './log-position.ts';
import type { ReceivedRange } from './received-range.ts';
import type { SegmentHeader } from './segment-header.ts';
import { footerBlockSizeBytes, trailerSizeBytes } from './segment-room.ts';
import { Trailer, writeTrailer } from './trailer.ts';
import type { VaultBuffers } from './vault-buffers.ts';

export interface SegmentSealParts {
  readonly buffers: VaultBuffers;
  /** Everything in the segment is durable. */
  readonly position: LogPosition;
  readonly rows: BlockRows;
  readonly header: SegmentHeader;
  readonly received: ReceivedRange;
}

/** Bounds the blocks of a segment: what seals it is put together in staging. */
export function sealFitsStaging(stagingSizeBytes: number, blockCount: number): boolean {
  return footerBlockSizeBytes(blockCount) + trailerSizeBytes <= stagingSizeBytes;
}

/**
 * To the beginning of staging; `block` is that of the segment, `endBytes` where it ends. Returns
 * the size of both.
 */
export function putSeal(parts: SegmentSealParts, block: BlockHeader, endBytes: number): number {
  const { buffers, position, rows } = parts;
  const { area, staging, hash } = buffers;
  const footerBytes = footerBlockSizeBytes(rows.count);
  assert(footerBytes + trailerSizeBytes <= staging.sizeBytes, 'footer is larger than staging');
  block.flags = BlockFlag.GroupFirst | BlockFlag.GroupLast;
  block.groupIndex = 0;
  block.groupBlocks = 1;
  // Both repeat the last block and stand outside of the chain.
  block.blockSeq = position.durableSeq;
  block.durableSeq = position.durableSeq;
  block.prevChain.copy(position.durableChain);
  block.firstEntrySeq = position.durableEntryEnd;
  block.sinceDurable = 0;
  block.entryCount = 0;
  block.newestReceivedNs.copy(parts.received.newest);

  block.type = BlockType.Footer;
  const bodyBytes = staging.offsetBytes + blockHeaderSizeBytes;
  block.storedSizeBytes = putFooterHead(area, bodyBytes, rows.count);
  rows.copyTo(area, bodyBytes + frameHeadSizeBytes);
  const footerEndBytes = finish(staging.offsetBytes, endBytes);
  assert(footerEndBytes === staging.offsetBytes + footerBytes, 'footer of another size');

  block.type = BlockType.Trailer;
  const trailer = trailerOf(parts, endBytes);
  block.storedSizeBytes = writeTrailer(area, footerEndBytes + blockHeaderSizeBytes, trailer);
  const trailerEndBytes = finish(footerEndBytes, endBytes + footerBytes);
  assert(trailerEndBytes - footerEndBytes === trailerSizeBytes, 'trailer is not one unit');
  return trailerEndBytes - staging.offsetBytes;

  function finish(offsetBytes: number, fileBytes: number): number {
    block.rawSizeBytes = block.storedSizeBytes - frameHeadSizeBytes;
    block.offsetUnits = fileBytes / unitSizeBytes;
    const blockEndBytes = finishBlockBody(area, offsetBytes, block, hash);
    writeBlockHeader(area, offsetBytes, block, hash);
    return blockEndBytes;
  }
}

function trailerOf(
  { position, rows, header, received }: SegmentSealParts,
  endBytes: number,
): Trailer {
  const trailer = new Trailer();
  trailer.segmentId = header.segmentId;
  trailer.epoch = header.epoch;
  trailer.flags = header.flags;
  trailer.salt.copy(header.salt);
  trailer.firstBlockSeq = header.firstBlockSeq;
  trailer.firstEntrySeq = header.firstEntrySeq;
  trailer.prevSegmentId = header.prevSegmentId;
  trailer.prevLastBlock = header.prevLastBlock;
  trailer.prevEntryEnd = header.prevEntryEnd;
  trailer.prevChain.copy(header.prevChain);
  trailer.createdNs.copy(header.createdNs);
  trailer.capacityUnits = header.capacityUnits;
  trailer.footerOffsetUnits = endBytes / unitSizeBytes;
  trailer.footerUnits = footerBlockSizeBytes(rows.count) / unitSizeBytes;
  trailer.blockCount = rows.count;
  trailer.lastBlockSeq = position.durableSeq;
  trailer.entryEnd = position.durableEntryEnd;
  trailer.lastChain.copy(position.durableChain);
  trailer.oldestReceivedNs.copy(received.oldest);
  trailer.newestReceivedNs.copy(received.newest);
  return trailer;
}
