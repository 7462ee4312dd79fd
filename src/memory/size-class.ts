// Size classes of small slabs: bodies of 2^k bytes, k = 8..18, each behind a header of 64 bytes. A
// region of small slabs is cut into spans; a span holds slabs of one class at a time.

import { assert } from '../assert.ts';
import { KiB } from '../limits.ts';

/**
 * Every slab starts at a multiple of this; a slab number is its offset in the arena divided by it.
 */
export const slabUnitBytes = 64;

/**
 * In front of each body, room for the header that a batch gets when it becomes an entry of the
 * vault.
 */
export const slabHeaderSizeBytes = 64;

export const smallBodySizeBytesMax = 256 * KiB;
export const sizeClassCount = 11; // 256 B, 512 B ... 256 KiB

const bodyBitsMin = 8;

// 257 KiB and not one slab of the largest class (256 KiB + 64 B): sixteen slabs of 16 KiB + 64 B
// fill it exactly, and two of 128 KiB fit, of which 256 KiB + 64 B would hold one. It costs 0.4 %
// there.
export const spanSizeBytes = 257 * KiB;

/** The class for a body of this many bytes, 0 to sizeClassCount - 1. An empty body is a body. */
export function sizeClassOf(bodySizeBytes: number): number {
  assert(
    Number.isInteger(bodySizeBytes) && bodySizeBytes >= 0,
    'body size is not a count of bytes',
  );
  assert(bodySizeBytes <= smallBodySizeBytesMax, 'body too large for a small slab');
  const bits = 32 - Math.clz32(Math.max(bodySizeBytes, 1) - 1);
  return Math.max(bits, bodyBitsMin) - bodyBitsMin;
}

export function classBodySizeBytes(sizeClass: number): number {
  assert(sizeClass >= 0 && sizeClass < sizeClassCount, 'no such size class');
  return 1 << (sizeClass + bodyBitsMin);
}

export function classSlabSizeBytes(sizeClass: number): number {
  return classBodySizeBytes(sizeClass) + slabHeaderSizeBytes;
}

/** Slabs of this class that a span holds. */
export function classSlotCount(sizeClass: number): number {
  return Math.floor(spanSizeBytes / classSlabSizeBytes(sizeClass));
}
