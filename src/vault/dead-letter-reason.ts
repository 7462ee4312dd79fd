// Why an entry was set aside: the reason in the header of a dead letter. On disk: numbers are
// added, never changed.

export const DeadLetterReason = {
  /** Not an ExportLogsServiceRequest. */
  Malformed: 1,
  /** JSON that is no ExportLogsServiceRequest. */
  MalformedJson: 2,
  /** Does not decompress. */
  CorruptBody: 3,
  /** Decompresses to more than a message may have. */
  TooLarge: 4,
  /** The destination refused all of it for good. */
  Rejected: 5,
  /** The destination refused some of its records for good and has the others. */
  PartlyRejected: 6,
} as const;
export type DeadLetterReason = (typeof DeadLetterReason)[keyof typeof DeadLetterReason];
