// What reading a structure can end with. The disk may say anything; no answer of it is an
// exception. Only after Ok are the fields that were read worth anything.

export const ReadStatus = {
  Ok: 0,
  /** It would end behind the bytes at hand. */
  Truncated: 1,
  /** Something else stands here: its magic is another one. */
  NotFound: 2,
  /** A hash or bytes that must be zero do not agree. */
  Damaged: 3,
  /** Intact, but in the place of another one: a misdirected or copied write. */
  Misplaced: 4,
  /** A length, count or sequence above its limit. */
  BeyondLimit: 5,
  /** Intact, but its fields contradict each other: no writer of ours made it. */
  Inconsistent: 6,
  /** Intact, and of a version that this build cannot read. Nothing may be written. */
  UnknownMajor: 7,
  /** Intact, with a feature that this build must know to read it. Nothing may be written. */
  UnknownFeature: 8,
} as const;
export type ReadStatus = (typeof ReadStatus)[keyof typeof ReadStatus];
