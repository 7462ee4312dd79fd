// What must be left in a segment. A group enters only if a MARK, the footer and the trailer still
// fit behind it, so that sealing a file never needs new space; and a segment must hold the largest
// entry, since a group never spans two.

import { assert } from '../assert.ts';
import { blockSizeBytes } from './block-size.ts';
import {
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  segmentHeaderSizeBytes,
  segmentSizeBytesMax,
  unitSizeBytes,
} from './format.ts';
import { GroupPlan } from './group-plan.ts';

export const markSizeBytes = blockSizeBytes(0);
export const trailerSizeBytes = unitSizeBytes;

/** Left for a LOSS of one unit, and for the MARK that an idle moment puts in front of it. */
export const lossBlocks = 2;

/** The footer block of a segment of this many blocks. */
export function footerBlockSizeBytes(blockCount: number): number {
  assert(blockCount >= 1, 'a segment without blocks has no footer');
  return blockSizeBytes(frameHeadSizeBytes + footerEntrySizeBytes * blockCount);
}

/** Does a group fit at `positionBytes`, behind `blockCount` blocks? */
export function groupFits(
  capacityBytes: number,
  positionBytes: number,
  blockCount: number,
  groupSizeBytesMax: number,
  groupBlockCount: number,
): boolean {
  assert(positionBytes % unitSizeBytes === 0, 'position is not at a unit');
  assert(positionBytes >= segmentHeaderSizeBytes, 'position inside the segment header');
  const blocksThen = blockCount + groupBlockCount + 1; // with the MARK
  const tailBytes = markSizeBytes + footerBlockSizeBytes(blocksThen) + trailerSizeBytes;
  return positionBytes + groupSizeBytesMax + tailBytes <= capacityBytes;
}

/** Least capacity of segments whose largest entry has this body; a whole number of units. */
export function segmentSizeBytesMin(bodySizeBytes: number): number {
  const group = new GroupPlan();
  group.add(bodySizeBytes);
  const blocks = footerBlockSizeBytes(group.blockCount + 1);
  const sizeBytes =
    segmentHeaderSizeBytes + group.sizeBytesMax + markSizeBytes + blocks + trailerSizeBytes;
  assert(sizeBytes % unitSizeBytes === 0, 'segment is not a whole number of units');
  assert(sizeBytes <= segmentSizeBytesMax, 'entry larger than any segment');
  return sizeBytes;
}
