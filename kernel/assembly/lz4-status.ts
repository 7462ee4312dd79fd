// Statuses of the LZ4 functions, given in place of a size. src/kernel/lz4-status.ts holds the same
// numbers; a test compares both.

/** The destination is too small. */
export const NO_ROOM: i32 = -1;
/** The input ends inside a block or a frame, or a block ends with a match. */
export const TRUNCATED: i32 = -2;
/** A match begins before everything that it may refer to, or has no distance. */
export const BAD_OFFSET: i32 = -3;
export const NOT_FRAME: i32 = -4;
/** A version, a reserved bit, a block size or a check byte that no frame of version 1 has. */
export const BAD_HEADER: i32 = -5;
/** The frame needs a dictionary. */
export const UNSUPPORTED: i32 = -6;
/** A block is larger, stored or decoded, than the header allows. */
export const BLOCK_TOO_LARGE: i32 = -7;
/** A checksum of a block, or of the content. */
export const BAD_CHECKSUM: i32 = -8;
/** The content is longer or shorter than the header says. */
export const SIZE_MISMATCH: i32 = -9;
/** Something follows the frame. */
export const TRAILING_BYTES: i32 = -10;
