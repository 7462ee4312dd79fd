// Statuses and bounds of the kernel's LZ4 functions. The statuses stand in
// kernel/assembly/lz4-status.ts with the same numbers; lz4.test.ts compares both.

/** Negative answers; anything else is the number of bytes written. */
export const Lz4Status = {
  /** The destination is too small. What was written to it is worthless. */
  NoRoom: -1,
  /** The input ends inside a block or a frame, or a block ends with a match. */
  Truncated: -2,
  /** A match refers to bytes before the first, or has no distance. */
  BadOffset: -3,
  NotFrame: -4,
  /** A version, reserved bit, block size or check byte that no frame of version 1 has. */
  BadHeader: -5,
  /** The frame needs a dictionary. */
  Unsupported: -6,
  /** A block is larger, stored or decoded, than the header allows. */
  BlockTooLarge: -7,
  /** A checksum of a block, or of the content. */
  BadChecksum: -8,
  /** The content is longer or shorter than the header says. */
  SizeMismatch: -9,
  /** Something follows the frame. */
  TrailingBytes: -10,
} as const;
export type Lz4Status = (typeof Lz4Status)[keyof typeof Lz4Status];

/** Scratch of a compression: where bytes were seen last, 8192 positions of two bytes. */
export const lz4TableSizeBytes = 16_384;

/** Positions of two bytes reach no further. */
export const lz4BlockSizeBytesMax = 65_536;

/** At 1 the ratio is best; at 256 a block of 64 KiB is looked at in a few hundred places. */
export const lz4AccelerationMax = 256;

/** No frame of this many bytes is larger: header 15, end mark 4, and 4 for each block. */
export function frameSizeBytesMax(rawLengthBytes: number): number {
  return rawLengthBytes + 4 * Math.ceil(rawLengthBytes / lz4BlockSizeBytesMax) + 19;
}

/** Room with which compressBlock() never answers NoRoom. */
export function compressedBlockSizeBytesMax(rawLengthBytes: number): number {
  return rawLengthBytes + Math.floor(rawLengthBytes / 128) + 16;
}
