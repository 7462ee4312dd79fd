// How many bytes things take on disk: entries, frames, blocks with their padding. The worst case of
// each is known before anything is compressed, so room is a matter of arithmetic.

import { assert } from '../assert.ts';
import { frameSizeBytesMax as lz4FrameSizeBytesMax } from '../kernel/lz4-abi.ts';
import {
  blockHeaderSizeBytes,
  blockRawSizeBytesMax,
  entryAlignmentBytes,
  entryHeaderSizeBytes,
  footerEntrySizeBytes,
  frameHeadSizeBytes,
  segmentUnitsMax,
  unitSizeBytes,
} from './format.ts';

/** Header, body or piece, and zeros to a multiple of 8. */
export function entrySizeBytes(pieceSizeBytes: number): number {
  assert(Number.isSafeInteger(pieceSizeBytes) && pieceSizeBytes >= 0, 'piece size is not a size');
  return entryHeaderSizeBytes + roundUp(pieceSizeBytes, entryAlignmentBytes);
}

/** Longest LZ4 frame of this many raw bytes: nothing shrinks, so all sub-blocks are stored raw. */
export function frameSizeBytesMax(rawSizeBytes: number): number {
  assert(rawSizeBytes >= 0 && rawSizeBytes <= blockRawSizeBytesMax, 'raw size off its limits');
  return lz4FrameSizeBytesMax(rawSizeBytes);
}

/** No block of any type stores more: the footer of a segment of 1 GiB in blocks of one unit. */
export const storedSizeBytesMax = frameHeadSizeBytes + footerEntrySizeBytes * segmentUnitsMax;

/**
 * Padding behind a block that ends there: to the next unit, and through one more unit if the head
 * of the padding frame does not fit in what is left.
 */
export function paddingSizeBytes(endBytes: number): number {
  const left = roundUp(endBytes, unitSizeBytes) - endBytes;
  return left === 0 || left >= frameHeadSizeBytes ? left : left + unitSizeBytes;
}

/** Header, stored bytes and padding. */
export function blockSizeBytes(storedSizeBytes: number): number {
  assert(Number.isSafeInteger(storedSizeBytes) && storedSizeBytes >= 0, 'stored size is no size');
  assert(storedSizeBytes <= storedSizeBytesMax, 'stored size above its limit');
  const endBytes = blockHeaderSizeBytes + storedSizeBytes;
  return endBytes + paddingSizeBytes(endBytes);
}

/**
 * The most that a block of this many raw bytes can take. Not simply the block of the longest frame:
 * a frame that is a few bytes shorter can leave less than 8 bytes, and then takes a unit more.
 */
export function blockSizeBytesMax(rawSizeBytes: number): number {
  const endBytes = blockHeaderSizeBytes + frameSizeBytesMax(rawSizeBytes);
  return roundUp(endBytes + frameHeadSizeBytes, unitSizeBytes);
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
