// What a log can do at the moment, and with it the vault: a word of shared memory that shards read
// for every batch, so it stands apart from the writer.

export const LogState = {
  Ok: 0,
  /** No room that may be taken; left when a spare is ready. */
  Full: 1,
  /** The disk refuses writes, or the lock is lost; left by probe(). */
  ReadOnly: 2,
} as const;
export type LogState = (typeof LogState)[keyof typeof LogState];
