// What must be true of any block header: asserted before one is written, checked after one is read.
// Every length is held against its limit here, before anything is read or allocated by it.

import { frameSizeBytesMax, storedSizeBytesMax } from './block-size.ts';
import { sequenceMax } from './field-bytes.ts';
import {
  BlockFlag,
  BlockType,
  blockRawSizeBytesMax,
  entryAlignmentBytes,
  entryBlocksMax,
  entryHeaderSizeBytes,
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  lossRangeSizeBytes,
  lossRangesMax,
  segmentUnitsMax,
  sharedBlockRawSizeBytesMax,
  skippableTypeMin,
  trailerPayloadSizeBytes,
} from './format.ts';
import { ReadStatus } from './read-status.ts';

/** The part of a BlockHeader that has rules. */
export interface RuledBlock {
  readonly type: number;
  readonly flags: number;
  readonly sinceDurable: number;
  readonly segmentId: number;
  readonly epoch: number;
  readonly offsetUnits: number;
  readonly blockSeq: number;
  readonly firstEntrySeq: number;
  readonly entryCount: number;
  readonly storedSizeBytes: number;
  readonly rawSizeBytes: number;
  readonly groupIndex: number;
  readonly groupBlocks: number;
  readonly durableSeq: number;
}

/** Ok, or what is wrong with it. */
export function blockFault(block: RuledBlock): ReadStatus {
  if (!isWithinLimits(block)) return ReadStatus.BeyondLimit;
  if (!isPlaceInGroup(block) || !isBehindDurable(block)) return ReadStatus.Inconsistent;
  switch (block.type) {
    case BlockType.Data:
      return dataFault(block);
    case BlockType.Mark:
      return isEmptyOfEntries(block) && block.storedSizeBytes === 0 && block.rawSizeBytes === 0
        ? ReadStatus.Ok
        : ReadStatus.Inconsistent;
    case BlockType.Footer:
      return payloadFault(block, footerEntrySizeBytes, segmentUnitsMax);
    case BlockType.Trailer:
      return payloadFault(block, trailerPayloadSizeBytes, 1);
    case BlockType.Loss:
      return payloadFault(block, lossRangeSizeBytes, lossRangesMax);
    default:
      return block.type >= skippableTypeMin ? ReadStatus.Ok : ReadStatus.UnknownFeature;
  }
}

// A sequence that was refused is below zero.
function isWithinLimits(block: RuledBlock): boolean {
  return (
    block.segmentId >= 1 &&
    block.epoch >= 1 &&
    block.offsetUnits >= 1 &&
    block.offsetUnits < segmentUnitsMax &&
    block.blockSeq >= 1 &&
    block.firstEntrySeq >= 0 &&
    block.firstEntrySeq <= sequenceMax - block.entryCount &&
    block.durableSeq >= 0 &&
    block.groupBlocks <= entryBlocksMax &&
    block.storedSizeBytes <= storedSizeBytesMax
  );
}

function isPlaceInGroup(block: RuledBlock): boolean {
  const first = (block.flags & BlockFlag.GroupFirst) !== 0;
  const last = (block.flags & BlockFlag.GroupLast) !== 0;
  return (
    block.groupIndex < block.groupBlocks &&
    first === (block.groupIndex === 0) &&
    last === (block.groupIndex === block.groupBlocks - 1)
  );
}

// FOOTER and TRAILER repeat the last block's number, which is durable by then or was never acked.
function isBehindDurable(block: RuledBlock): boolean {
  const repeats = block.type === BlockType.Footer || block.type === BlockType.Trailer;
  return (
    block.durableSeq < block.blockSeq + (repeats ? 1 : 0) &&
    block.sinceDurable <= block.firstEntrySeq
  );
}

function dataFault(block: RuledBlock): ReadStatus {
  const continued = (block.flags & BlockFlag.Continued) !== 0;
  const more = (block.flags & BlockFlag.More) !== 0;
  if (block.rawSizeBytes > blockRawSizeBytesMax) return ReadStatus.BeyondLimit;
  if (block.storedSizeBytes > frameSizeBytesMax(block.rawSizeBytes)) return ReadStatus.BeyondLimit;
  if ((block.flags & BlockFlag.Frame) === 0) return ReadStatus.UnknownFeature;
  // All pieces of an entry are in one group, and a piece that is not the last fills its block.
  if (continued && block.groupIndex === 0) return ReadStatus.Inconsistent;
  if (more && block.groupIndex === block.groupBlocks - 1) return ReadStatus.Inconsistent;
  if (more && block.rawSizeBytes !== blockRawSizeBytesMax) return ReadStatus.Inconsistent;
  if (block.rawSizeBytes % entryAlignmentBytes !== 0) return ReadStatus.Inconsistent;
  if (block.storedSizeBytes === 0) return ReadStatus.Inconsistent;
  if (continued || more) {
    const begins = continued ? 0 : 1;
    if (block.entryCount !== begins) return ReadStatus.Inconsistent;
  }
  const entries = Math.max(block.entryCount, 1);
  if (!continued && block.entryCount === 0) return ReadStatus.Inconsistent;
  if (entries * entryHeaderSizeBytes > block.rawSizeBytes) return ReadStatus.Inconsistent;
  return entries > 1 && block.rawSizeBytes > sharedBlockRawSizeBytesMax
    ? ReadStatus.Inconsistent
    : ReadStatus.Ok;
}

/** One 5B frame with 1 to `countMax` parts of the same size. */
function payloadFault(block: RuledBlock, partSizeBytes: number, countMax: number): ReadStatus {
  if (block.rawSizeBytes > partSizeBytes * countMax) return ReadStatus.BeyondLimit;
  return isEmptyOfEntries(block) &&
    block.rawSizeBytes >= partSizeBytes &&
    block.rawSizeBytes % partSizeBytes === 0 &&
    block.storedSizeBytes === block.rawSizeBytes + frameHeadSizeBytes
    ? ReadStatus.Ok
    : ReadStatus.Inconsistent;
}

function isEmptyOfEntries(block: RuledBlock): boolean {
  const ofEntries = BlockFlag.Frame | BlockFlag.Continued | BlockFlag.More;
  return block.entryCount === 0 && (block.flags & ofEntries) === 0;
}
