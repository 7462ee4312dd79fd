// What crosses the door to kernel.wasm: statuses and the layout of the scan's result block. The
// same numbers stand in kernel/assembly/status.ts; kernel.test.ts compares both.

/**
 * Verdict over one message. Ok is the only one that lets a message in. Up to `BadGroup` no protobuf
 * reader takes it. From `Overrun` on, @bufbuild/protobuf would read it, but strict readers (the
 * OpenTelemetry Collector among them) refuse it, together with every batch that it was concatenated
 * to.
 */
export const ScanStatus = {
  Ok: 0,
  /** A value ends beyond the message. */
  Truncated: 1,
  /** Field number 0, wire type 6 or 7, or more than 32 bits. */
  BadTag: 2,
  /** A varint of more than ten bytes. */
  BadVarint: 3,
  BadUtf8: 4,
  /** Messages, or groups of unknown fields, nested deeper than messageDepthMax. */
  TooDeep: 5,
  /** An end of group that closes none, or another one. */
  BadGroup: 6,
  /** A value ends beyond the message that it is in. */
  Overrun: 16,
  /** A known field with a wire type that is not its own. */
  WireType: 17,
  /**
   * A varint that loses bits: a length above 32 bits, any above 64, an unknown one of more than ten
   * bytes.
   */
  VarintOverflow: 18,
} as const;
export type ScanStatus = (typeof ScanStatus)[keyof typeof ScanStatus];

/** True: a lenient reader takes the message, strict ones do not. It is refused all the same. */
export function isLoose(status: ScanStatus): boolean {
  return status >= ScanStatus.Overrun;
}

/** Negative answers of the splice functions; anything else is the number of bytes written. */
export const SpliceStatus = {
  /** The destination is too small. What was written to it is worthless. */
  NoRoom: -1,
  /** The source is not a message that scan() calls Ok. */
  Malformed: -2,
  /** The plan is not one of encodeSplicePlan(). */
  BadPlan: -3,
} as const;
export type SpliceStatus = (typeof SpliceStatus)[keyof typeof SpliceStatus];

// Result block, little endian, any alignment:
//
//    0  u32  ResourceLogs in the message
//    4  u32  ScopeLogs
//    8  u32  LogRecords
//   12  u32  offset in the message: the end if it is Ok, the first leniency if it is loose, else
//            the tag or value that could not be read
//   16  work area of the scan: 99 open messages of 16 bytes {end address, unused, field table}
//
// Counts are whole only when the status is Ok or a loose one.
export const ScanResultOffsetBytes = { Resources: 0, Scopes: 4, Records: 8, Error: 12 } as const;
export const scanResultSizeBytes = 1600;
