// Statuses that cross the door. src/kernel/kernel-abi.ts holds the same numbers; a test compares
// both.

export const OK: i32 = 0;

// No reader takes these.
export const TRUNCATED: i32 = 1;
export const BAD_TAG: i32 = 2;
export const BAD_VARINT: i32 = 3;
export const BAD_UTF8: i32 = 4;
export const TOO_DEEP: i32 = 5;
export const BAD_GROUP: i32 = 6;

// A lenient reader takes these, strict ones do not; scan() reads on and reports the first.
export const OVERRUN: i32 = 16;
export const WIRE_TYPE: i32 = 17;
export const VARINT_OVERFLOW: i32 = 18;

// Splice answers, in place of a size.
export const NO_ROOM: i32 = -1;
export const MALFORMED: i32 = -2;
export const BAD_PLAN: i32 = -3;
